"""What one may ask for."""

import math
from typing import Any

import pytest

from model.requests import SEED_LIMIT, PoemRequest


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"seed": 0},
        {"seed": SEED_LIMIT - 1},
        {"temperature": 0},
        {"temperature": 10},
        {"top_k": 10**30},
        {"top_p": 1},
        {"top_p": 1e-300},
        {"candidates": 1024},
        {"on_unknown": "keep"},
    ],
)
def test_what_may_be_asked_for(values: dict[str, Any]) -> None:
    assert PoemRequest(**values) == PoemRequest(**values)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"seed": -1}, "a seed is a whole number from 0 to 9223372036854775807, not -1"),
        ({"seed": SEED_LIMIT}, "a seed is a whole number"),
        ({"temperature": -0.1}, "a temperature lies between 0 and 10, not at -0.1"),
        ({"temperature": 10.5}, "a temperature lies between 0 and 10"),
        ({"temperature": math.nan}, "a temperature lies between 0 and 10"),
        ({"temperature": math.inf}, "a temperature lies between 0 and 10"),
        ({"top_k": -1}, "top_k is zero .all characters. or more, not -1"),
        ({"top_p": 0}, "top_p is more than 0 and at most 1 .all characters., not 0"),
        ({"top_p": 1.01}, "top_p is more than 0"),
        ({"top_p": math.nan}, "top_p is more than 0"),
        ({"candidates": 0}, "there are 1 to 1024 candidates, not 0"),
        ({"candidates": 1025}, "there are 1 to 1024 candidates"),
        ({"on_unknown": "ignore"}, "on_unknown is 'error' or 'keep', not 'ignore'"),
    ],
)
def test_what_may_not_be_asked_for(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        PoemRequest(**values)
