"""Counts of pairs, and how much oftener they occur than by chance."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from model.usage.pairs import UNSEEN, Indices, PairTable, merged

SQUARES = st.integers(2, 6).flatmap(lambda size: arrays(np.int64, (size, size), elements=st.integers(0, 50)))


def places(table: np.ndarray) -> tuple[Indices, Indices]:
    """The row and the column of each place of a square table."""
    numbers = np.arange(len(table), dtype=np.int64)
    return np.repeat(numbers, len(table)).reshape(table.shape), np.tile(numbers, (len(table), 1))


@given(SQUARES, st.integers(1, 20))
def test_pairs_are_counted_as_in_the_whole_table(counts: np.ndarray, fewest: int) -> None:
    table = PairTable.of(counts, fewest)
    first, second = places(counts)
    others = len(counts) - 1
    wanted = np.where((counts >= fewest) & (first < others) & (second < others), counts, 0)
    assert np.array_equal(table.count(first, second), wanted)
    assert table.characters == others


@given(SQUARES)
def test_odds_against_chance(counts: np.ndarray) -> None:
    table = PairTable.of(counts, 1)
    known = counts[:-1, :-1]
    first, second = places(known)
    expected = np.outer(known.sum(axis=1), known.sum(axis=0)) / max(1, known.sum())
    assert table.log_odds(first, second) == pytest.approx(np.log((known + UNSEEN) / (expected + UNSEEN)))
    others = np.full(len(known), len(known))
    assert not table.log_odds(others, np.arange(len(known))).any()
    assert not table.log_odds(np.arange(len(known)), others).any()


@given(SQUARES, st.integers(0, 10_000))
def test_tables_are_added(counts: np.ndarray, seed: int) -> None:
    other = np.random.default_rng(seed).integers(0, 50, counts.shape)
    table = merged([PairTable.of(counts, 1), PairTable.of(other, 1)])
    whole = PairTable.of(counts + other, 1)
    for mine, wanted in ((table.keys, whole.keys), (table.counts, whole.counts), (table.firsts, whole.firsts)):
        assert np.array_equal(mine, wanted)


def test_the_most_frequent() -> None:
    table = PairTable.of(np.array([[5, 1, 0], [3, 9, 0], [0, 0, 99]]), 1)
    assert table.most_frequent(2).tolist() == [0, 4]
    assert table.most_frequent(9).tolist() == [0, 1, 3, 4]
