"""Poems as numbers, cut into batches."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.batches import POOL_BATCHES, PoemTable, in_order, shuffled
from model.vocabulary import BEGIN, END, PAD, Vocabulary

VOCABULARY = Vocabulary("月山风花，。")
POEMS = st.lists(st.text("月山风花春，。", min_size=1, max_size=9), min_size=1, max_size=40)


@given(POEMS)
def test_a_row_is_a_poem_between_begin_and_end(texts: list[str]) -> None:
    table = PoemTable(texts, VOCABULARY)
    assert len(table) == len(texts)
    padded = table.padded(np.arange(len(texts))).tolist()
    width = len(padded[0])
    assert width % 8 == 2
    assert 0 <= width - (max(map(len, texts)) + 2) < 8
    for row, text in zip(padded, texts, strict=True):
        ids = [BEGIN, *VOCABULARY.encode(text), END]
        assert row == ids + [PAD] * (width - len(ids))


@given(POEMS, st.integers(1, 7), st.integers(0, 99))
def test_every_poem_comes_once_in_every_epoch(texts: list[str], size: int, seed: int) -> None:
    table = PoemTable(texts, VOCABULARY)
    for batches in (in_order(table.lengths, size), shuffled(table.lengths, size, np.random.default_rng(seed))):
        assert sorted(np.concatenate(batches).tolist()) == list(range(len(texts)))
        assert all(1 <= len(batch) <= size for batch in batches)
        assert len(batches) == -(-len(texts) // size)
    lengths = [len(texts[row]) for batch in in_order(table.lengths, size) for row in batch]
    assert lengths == sorted(lengths)


def test_an_epoch_is_the_same_for_the_same_random_numbers() -> None:
    table = PoemTable(["月" * (1 + number % 5) for number in range(40)], VOCABULARY)
    first, again, other = (
        [batch.tolist() for batch in shuffled(table.lengths, 4, np.random.default_rng(seed))] for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_poems_of_like_length_meet() -> None:
    count, size = 2 * 4 * POOL_BATCHES, 4
    table = PoemTable(["月" * (1 + number % 20) for number in range(count)], VOCABULARY)
    batches = shuffled(table.lengths, size, np.random.default_rng(0))
    spread = [int(np.ptp(table.lengths[batch])) for batch in batches]
    assert np.mean(spread) < 1
    means = [table.lengths[batch].mean() for batch in batches]
    assert means != sorted(means)
