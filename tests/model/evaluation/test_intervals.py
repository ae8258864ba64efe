"""Intervals: against drawing again and again, and against known values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.evaluation.intervals import Share, bootstrap_ratio


def test_the_bootstrap_draws_poems() -> None:
    random = np.random.default_rng(1)
    totals, weights = random.gamma(2, 50, 80), random.integers(20, 57, 80)
    drawn = random.integers(0, 80, (4000, 80))
    values = totals[drawn].sum(axis=1) / weights[drawn].sum(axis=1)
    low, high = bootstrap_ratio(totals, weights)
    assert low == pytest.approx(np.quantile(values, 0.025), abs=0.1 * (high - low))
    assert high == pytest.approx(np.quantile(values, 0.975), abs=0.1 * (high - low))
    assert bootstrap_ratio(totals, weights) == (low, high)


def test_any_number_of_draws_is_made() -> None:
    low, high = bootstrap_ratio([1.0, 2.0, 3.0], [1, 1, 1], resamples=7)
    assert 1 <= low <= high <= 3
    assert bootstrap_ratio([5.0], [2.0]) == (2.5, 2.5)


def test_nothing_has_no_interval() -> None:
    with pytest.raises(ValueError, match="there are no poems to draw from"):
        bootstrap_ratio([], [])
    assert math.isnan(Share(0, 0).value)
    assert Share(0, 0).interval == (0, 1)
    assert str(Share(0, 0)) == "–"


def test_shares_have_wilsons_interval() -> None:
    assert Share(10, 20).interval == pytest.approx((0.2993, 0.7007), abs=1e-4)
    assert Share(0, 10).interval == pytest.approx((0, 0.2775), abs=1e-4)
    assert str(Share.count([True, False, True])) == "66.7%"


@given(st.lists(st.booleans(), min_size=1))
def test_the_share_lies_in_its_interval(flags: list[bool]) -> None:
    share = Share.count(flags)
    low, high = share.interval
    assert 0 <= low <= share.value + 1e-12
    assert share.value - 1e-12 <= high <= 1
