import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.addition import Adder, evaluation
from model.addition.evaluation import fit_probe, judge
from model.addition.folded import FoldedNetwork
from model.addition.operations import OPERATIONS
from model.addition.pairs import random_columns, true_columns

ADD = OPERATIONS["add"]


def folded(adder: Adder) -> FoldedNetwork:
    return adder._network


def test_the_verdict_is_that_of_the_sums_one_by_one(adder: Adder) -> None:
    columns = random_columns(np.random.default_rng(3), ADD, 40, 6)
    network = folded(adder)
    # The last digit of every sum whose units make nine is spoilt: some sums must come out wrong.
    spoilt = dataclasses.replace(network, output_bias=network.output_bias - 20.0 * (np.arange(10) == 9))
    verdict = judge(spoilt, columns)
    digits, carries = true_columns(ADD, columns)
    states = spoilt.read(columns, spoilt.begin(40))
    logits = spoilt.logits(states)
    right = logits.argmax(-1) == digits
    assert verdict.sums == 40
    assert verdict.exact == right.all(axis=0).sum() < 40
    assert verdict.margin < 0
    assert verdict.carries == pytest.approx((spoilt.carries(states) == carries).mean())


def test_the_verdict_does_not_depend_on_the_pieces(adder: Adder, monkeypatch: pytest.MonkeyPatch) -> None:
    columns = random_columns(np.random.default_rng(4), ADD, 30, 50)
    whole = judge(folded(adder), columns)
    monkeypatch.setattr(evaluation, "_STATES_AT_ONCE", 64)
    monkeypatch.setattr(evaluation, "_SUMS_AT_ONCE", 8)
    pieces = judge(folded(adder), columns)
    assert pieces.margin == pytest.approx(whole.margin)
    assert dataclasses.replace(pieces, margin=whole.margin) == whole


@given(st.integers(0, 2**31), st.floats(0.0, 2.0))
@settings(deadline=None, max_examples=30)
def test_the_probe_is_where_the_slope_vanishes(seed: int, noise: float) -> None:
    random = np.random.default_rng(seed)
    states = np.tanh(random.normal(size=(400, 5)))
    carries = (states @ random.normal(size=5) + noise * random.normal(size=400) > 0.1).astype(np.uint8)
    weights, bias = fit_probe(states, carries)
    chances = 1 / (1 + np.exp(-(states @ weights + bias)))
    np.testing.assert_allclose(states.T @ (chances - carries) + weights, 0, atol=1e-2)
    assert abs((chances - carries).sum()) < 1e-2


def test_the_probe_finds_a_plane_where_there_is_one() -> None:
    random = np.random.default_rng(0)
    states = random.uniform(-1, 1, size=(5000, 4))
    gap = states[:, 1] - 2 * states[:, 3] - 0.3
    states, carries = states[np.abs(gap) > 0.1], (gap[np.abs(gap) > 0.1] > 0).astype(np.uint8)
    weights, bias = fit_probe(states, carries)
    assert ((states @ weights + bias > 0) == carries).all()


@pytest.mark.parametrize("carry", [0, 1])
def test_the_probe_bears_carries_that_are_all_alike(carry: int) -> None:
    states = np.random.default_rng(0).normal(size=(50, 3))
    weights, bias = fit_probe(states, np.full(50, carry, dtype=np.uint8))
    assert np.isfinite(weights).all()
    assert ((states @ weights + bias > 0) == carry).all()
