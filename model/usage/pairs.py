"""How often two characters stand at two places that belong together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

Indices = NDArray[np.int64]
Floats = NDArray[np.float64]
Counts = NDArray[np.int64]

UNSEEN = 0.2
"""Added to counts and to what chance would give: a pair that is missing says little where few were expected."""


@dataclass(frozen=True, slots=True, eq=False)
class PairTable:
    """Counts of ordered pairs. Characters are numbers below `characters`; that number stands for all others."""

    keys: Indices
    """The pairs in order, (pairs,): the first's number times one more than the characters, plus the second's."""
    counts: Counts
    """How often each occurs, (pairs,)."""
    firsts: Counts
    """How often each character is a first, (characters,)."""
    seconds: Counts
    """How often each is a second, (characters,)."""

    @property
    def characters(self) -> int:
        return len(self.firsts)

    @classmethod
    def of(cls, counts: Counts, fewest: int) -> Self:
        """The pairs of a square table that occur so often; its last row and column are other characters'."""
        known = counts[:-1, :-1]
        first, second = np.nonzero(known >= fewest)
        return cls(first * len(counts) + second, known[first, second], known.sum(axis=1), known.sum(axis=0))

    def count(self, first: Indices, second: Indices) -> Counts:
        """How often the pairs occur, of the shape of the arguments; 0 for what was left out as rare."""
        if not len(self.keys):
            return np.zeros(np.shape(first), dtype=np.int64)
        wanted = first * (self.characters + 1) + second
        places = np.minimum(np.searchsorted(self.keys, wanted), len(self.keys) - 1)
        found: Counts = np.where(self.keys[places] == wanted, self.counts[places], 0)
        return found

    def log_odds(self, first: Indices, second: Indices) -> Floats:
        """How much oftener the pairs occur than by chance, in nats; 0 where a character is not known.

        Source: pointwise mutual information, Church & Hanks 1990; here with `UNSEEN` added to both counts.
        """
        expected = np.append(self.firsts, 0)[first] * np.append(self.seconds, 0)[second] / max(1, self.firsts.sum())
        odds: Floats = np.log((self.count(first, second) + UNSEEN) / (expected + UNSEEN))
        return odds

    def most_frequent(self, number: int) -> Indices:
        """The keys of so many pairs, in order."""
        return np.sort(self.keys[np.argsort(-self.counts, kind="stable")[:number]])


def merged(tables: Sequence[PairTable]) -> PairTable:
    """One table of all these, of the same characters."""
    keys, places = np.unique(np.concatenate([table.keys for table in tables]), return_inverse=True)
    counts = np.zeros(len(keys), dtype=np.int64)
    np.add.at(counts, places, np.concatenate([table.counts for table in tables]))
    firsts = np.sum([table.firsts for table in tables], axis=0)
    seconds = np.sum([table.seconds for table in tables], axis=0)
    return PairTable(keys, counts, firsts, seconds)
