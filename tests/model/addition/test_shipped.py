"""What the weights that come with the project can do, and what their card says."""

import hashlib

import numpy as np
import pytest

from model.addition import Adder
from model.addition.evaluation import judge
from model.addition.pairs import draw_pairs, repeated_columns
from model.shipped import SHIPPED

WEIGHTS = SHIPPED / "adder.safetensors"


@pytest.fixture(scope="module")
def shipped() -> Adder:
    return Adder.load(WEIGHTS)


def test_the_first_sum_anyone_types(shipped: Adder) -> None:
    addition = shipped.add("123", "456")
    assert addition.text == "579"
    assert addition.correct
    assert addition.carries == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("a", "b"),
    [("0", "0"), ("9", "9"), ("1", "999999999"), ("999999999", "999999999"), ("000", "7"), ("9" * 1000, "1")],
)
def test_hard_sums(shipped: Adder, a: str, b: str) -> None:
    addition = shipped.add(a, b)
    assert addition.correct
    assert addition.text == addition.expected


def test_every_sum_of_two_digits(shipped: Adder) -> None:
    columns = np.array([[[a % 10, b % 10], [a // 10, b // 10], [0, 0]] for a in range(100) for b in range(100)])
    verdict = judge(shipped._network, columns.transpose(1, 0, 2).astype(np.uint8))
    assert verdict.exact == verdict.sums == 10_000


def test_ten_thousand_pairs_of_the_test_range(shipped: Adder) -> None:
    columns = draw_pairs(np.random.Generator(np.random.Philox(7)), 10_000, 555_555_555, 10**9)
    verdict = judge(shipped._network, columns)
    assert verdict.exact == 10_000
    assert verdict.carries == 1.0


def test_one_column_over_and_over(shipped: Adder) -> None:
    verdict = judge(shipped._network, repeated_columns(100))
    assert verdict.exact == verdict.sums


def test_the_card_belongs_to_the_weights(shipped: Adder) -> None:
    card = (SHIPPED / "adder.md").read_text(encoding="utf-8")
    assert hashlib.sha256(WEIGHTS.read_bytes()).hexdigest() in card
    assert shipped.weights in card
    assert shipped.header is not None
    assert f"--seed {shipped.header.seed}" in card
    assert WEIGHTS.stat().st_size < 4_000_000
