"""The lines of many poems as arrays of numbers, to find poems that share a line within one character.

Two lines of one length that differ in at most one character agree in all but one position: with that position left out
they hash to the same key. A line of length n has n such keys; they are compared by sorting, so that millions of lines
take seconds. All numbers have 64 bits and wrap around, the same on every platform.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np

from model.script import normal_forms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from model.corpus.poems import SourcePoem

    Codes = NDArray[np.uint32]
    Keys = NDArray[np.uint64]
    Indices = NDArray[np.int64]

SHORTEST_LINE: Final = 4
"""Lines under four characters are not compared: two of three in common is no borrowing."""

_POSITIONS: Final = 64
_BLOCK_POEMS: Final = 10_000


def mix(values: Keys) -> Keys:
    """A bijection of 64-bit numbers whose output bits look random. Source: SplitMix64 (Steele, Lea & Flood 2014)."""
    values = values + np.uint64(0x9E3779B97F4A7C15)
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


@cache
def _normal_codes() -> Codes:
    """The code point of each code point's normal form, shape (0x110000,)."""
    codes = np.arange(0x110000, dtype=np.uint32)
    for char, normal in normal_forms().items():
        codes[ord(char)] = ord(normal)
    return codes


def _marks(codes: Codes) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = (codes == ord("，")) | (codes == ord("。"))
    return found


def _characters(codes: Codes, places: Indices) -> Keys:
    """A number for each character and the place where it stands; their sums are hashes of texts."""
    return mix(codes.astype(np.uint64) + mix(places.astype(np.uint64)))


def _hash_block(poems: Sequence[SourcePoem]) -> tuple[Codes, Keys]:
    """Normal code points of the texts one after another, and a hash of each poem without its punctuation.

    Editions differ in punctuation, so the characters are numbered without it.
    """
    raw = np.frombuffer("".join(poem.text for poem in poems).encode("utf-32-le"), dtype="<u4")
    codes = _normal_codes()[raw]
    marks = _marks(codes)
    lengths = [len(poem.text) for poem in poems]
    starts = np.cumsum([0, *lengths[:-1]])
    numbers = np.cumsum(~marks)
    places = numbers - np.repeat(numbers[starts], lengths)
    characters = np.where(marks, np.uint64(0), _characters(codes, places))
    return codes, mix(np.add.reduceat(characters, starts))


@dataclass(frozen=True, slots=True)
class LineTable:
    """The lines of n poems.

    Attributes:
        poems: hash of each poem's characters, punctuation left out, shape (n,).
        codes: normal code points of all texts one after another.
        starts: index in `codes` of each line's first character, shape (lines,).
        lengths: characters of each line, shape (lines,).
        owners: index of each line's poem, shape (lines,).
    """

    poems: Keys
    codes: Codes
    starts: Indices
    lengths: Indices
    owners: Indices

    @classmethod
    def of(cls, poems: Sequence[SourcePoem]) -> LineTable:
        """The table of cleaned poems: every text ends in 。."""
        # In blocks: the numbers behind a hash take ten times the memory of the text.
        blocks = [_hash_block(poems[first : first + _BLOCK_POEMS]) for first in range(0, len(poems), _BLOCK_POEMS)]
        codes = np.concatenate([np.zeros(0, dtype=np.uint32), *(codes for codes, _ in blocks)])
        hashes = np.concatenate([np.zeros(0, dtype=np.uint64), *(hashes for _, hashes in blocks)])
        ends = np.flatnonzero(_marks(codes))
        starts = np.concatenate([np.zeros(1, dtype=np.int64), ends + 1])[: len(ends)]
        poem_ends = np.cumsum([len(poem.text) for poem in poems], dtype=np.int64)
        return cls(hashes, codes, starts, ends - starts, np.searchsorted(poem_ends, starts, side="right"))

    def near_keys(self) -> Iterator[tuple[Keys, Indices]]:
        """Keys that lines within one character of each other have in common, and the poems that these lines are of.

        Yields:
            keys and poem indices, both of shape (lines of one length,), for each length and each position left out.
        """
        for length in range(SHORTEST_LINE, int(self.lengths.max(initial=0)) + 1):
            lines = np.flatnonzero(self.lengths == length)
            if not len(lines):
                continue
            places = np.arange(length)
            characters = _characters(self.codes[self.starts[lines][:, None] + places], places)
            sums = characters.sum(axis=1, dtype=np.uint64)
            for place in range(length):
                kind = mix(np.array([length * _POSITIONS + place], dtype=np.uint64))
                yield mix(sums - characters[:, place] + kind), self.owners[lines]


def connected(count: int, ends: Indices, others: Indices) -> Indices:
    """Connected components of an undirected graph: for each of `count` nodes the smallest node of its component.

    Args:
        ends, others: the two nodes of each edge, both of shape (edges,).
    """
    labels = np.arange(count)
    while True:
        left, right = labels[ends], labels[others]
        apart = left != right
        if not apart.any():
            return labels
        np.minimum.at(labels, np.maximum(left, right)[apart], np.minimum(left, right)[apart])
        while not np.array_equal(labels, labels[labels]):
            labels = labels[labels]
