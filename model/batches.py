"""Poems as numbers, cut into batches. Needs no torch.

The shape of a batch, for two poems of 24 and 20 characters (b begin, e end, . pad)::

    inputs   b 月 落 乌 啼 … 眠 。        targets  月 落 乌 啼 … 眠 。 e
             b 白 日 依 山 … 。 .                  白 日 依 山 … 。 e .
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from model.slots import Symbols
from model.vocabulary import BEGIN, END, PAD, Vocabulary

# Batches whose poems are sorted by length together, so that poems of like length meet and little is padded.
POOL_BATCHES = 50


@dataclass(frozen=True, slots=True)
class Batch:
    """What a network reads at once."""

    inputs: Symbols
    """(poems, time)"""
    targets: Symbols
    """(poems, time) the symbol that comes next; padding where nothing is to be foretold."""
    told: Symbols | None = None
    """(poems, time, columns) what is told of the place of each target, by the columns of `slots.Told`."""

    def part(self, poems: slice) -> "Batch":
        """Some of the poems."""
        return Batch(self.inputs[poems], self.targets[poems], None if self.told is None else self.told[poems])


class PoemTable:
    """Encoded poems, one behind the other in one array."""

    def __init__(self, texts: Sequence[str], vocabulary: Vocabulary) -> None:
        encoded = [[BEGIN, *vocabulary.encode(text), END] for text in texts]
        self.lengths = np.array([len(ids) for ids in encoded], dtype=np.int64)
        self._ids = np.concatenate([np.array(ids, dtype=np.int32) for ids in encoded])
        self._starts = np.cumsum(self.lengths) - self.lengths

    def __len__(self) -> int:
        return len(self.lengths)

    def padded(self, rows: np.ndarray) -> Symbols:
        """The poems of these rows with begin and end, (rows, width), padded at the right."""
        width = _width(int(self.lengths[rows].max()))
        places = self._starts[rows, None] + np.arange(width)
        inside = np.arange(width) < self.lengths[rows, None]
        return np.where(inside, self._ids[np.where(inside, places, 0)], PAD).astype(np.int64)

    def batch(self, rows: np.ndarray, random: np.random.Generator | None = None) -> Batch:
        """The poems of these rows to be learnt or judged; nothing is left to chance here."""
        del random
        ids = self.padded(rows)
        return Batch(ids[:, :-1], ids[:, 1:])


def shuffled(lengths: np.ndarray, size: int, random: np.random.Generator) -> list[np.ndarray]:
    """All rows in batches of like length, in random order."""
    order = random.permutation(len(lengths))
    pool = size * POOL_BATCHES
    batches = [
        batch
        for first in range(0, len(order), pool)
        for batch in _cut(_by_length(lengths, order[first : first + pool]), size)
    ]
    return [batches[number] for number in random.permutation(len(batches))]


def in_order(lengths: np.ndarray, size: int) -> list[np.ndarray]:
    """All rows in batches, from short poems to long ones."""
    return _cut(_by_length(lengths, np.arange(len(lengths))), size)


def _by_length(lengths: np.ndarray, rows: np.ndarray) -> np.ndarray:
    return rows[np.argsort(lengths[rows], kind="stable")]


def _width(longest: int) -> int:
    """The length of the longest poem, rounded up to two more than a multiple of eight.

    The four forms fit exactly (24, 32, 48, 64 characters and marks, begin, end). Few different widths keep small what
    the kernels hold ready for each shape: without this an hour of training on the Tang poems took 2 GB.
    """
    return 2 + -(-max(longest - 2, 0) // 8) * 8


def _cut(rows: np.ndarray, size: int) -> list[np.ndarray]:
    return [rows[first : first + size] for first in range(0, len(rows), size)]
