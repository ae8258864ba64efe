"""Short vectors stand for a table of log-odds."""

import numpy as np
import pytest

from model.usage.association import LIMIT, SMOOTHING, Association, shorten, widen


def table(size: int) -> np.ndarray:
    """Characters of two kinds that keep to their own, and the rest."""
    random = np.random.default_rng(0)
    kind = np.arange(size) % 2
    counts = random.poisson(np.where(kind[:, None] == kind, 400, 40))
    return np.pad(counts, (0, 1), constant_values=7)


def test_products_are_log_odds() -> None:
    counts = table(40)
    known = counts[:-1, :-1]
    expected = np.outer(known.sum(axis=1), known.sum(axis=0)) / known.sum()
    odds = np.log((known + SMOOTHING) / (expected + SMOOTHING)).clip(-LIMIT, LIMIT)
    exact, short = Association.of(counts, 40), Association.of(counts, 2)
    assert exact.earlier.shape == (41, 40)
    assert short.earlier.shape == short.later.shape == (41, 2)
    assert (exact.earlier @ exact.later.T)[:-1, :-1] == pytest.approx(odds, abs=1e-4)
    assert np.abs((short.earlier @ short.later.T)[:-1, :-1] - odds).mean() < 0.1


def test_lines_of_one_kind_go_together() -> None:
    association = Association.of(table(40), 4)
    lines = np.array([[0, 2, 4], [1, 3, 5], [40, 40, 40]])
    found = association.of_lines(lines[:, None], lines[None])
    assert found[0, 0] > 0.4
    assert found[1, 1] > 0.4
    assert found[0, 1] < -1
    assert not found[2].any()
    assert not found[:, 2].any()
    each = association.earlier[lines[0]] @ association.later[lines[1]].T
    assert found[0, 1] == pytest.approx(each.mean(), abs=1e-5)


def test_vectors_in_eight_bits() -> None:
    vectors = np.random.default_rng(0).normal(size=(20, 5)).astype(np.float32)
    vectors[7] = 0
    again = widen(*shorten(vectors))
    assert again == pytest.approx(vectors, abs=float(np.abs(vectors).max()) / 200)
    assert not again[7].any()
