"""Whether a line stands in the corpus already: a compact set of lines that errs rarely, and only to say that it does.

A line is hashed to a whole number below 65,536 times the number of lines, and the sorted numbers are kept by Elias's
and Fano's code: the lower 16 bits of each as they are, the upper ones as the distances between them in unary, together
18 bits a line. Another line is taken for one of the set if it hashes to one of the numbers: one line in 65,536.

A Bloom filter takes 19 bits a line for one false answer in 10,000 and 23 for this. A binary fuse filter takes 18 as
well, but making it is a search that may fail. The 2.5 million lines take 5.6 megabytes, unpacked 20 in memory.

Sources: Elias 1974, Fano 1971; Putze, Sanders & Singler 2009 (sorted hashes in place of a Bloom filter); Graf & Lemire
2022 (binary fuse filters).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.errors import CheckpointError
from model.script import normalise
from model.tables import TableHeader, load_tables, save_tables

SHIPPED = Path(__file__).parents[1] / "data" / "lines.safetensors"
"""The lines of all Tang and Song poems: python -m model corpus lines PATH --out FILE."""

SHORTEST = 5
"""Shorter lines are no one's own, and are not kept."""

_LOW_BITS = np.uint64(16)
_LOW = np.uint64(2**16 - 1)
_ARRAYS = {"high": ("U8", 1), "low": ("U16", 1)}

Numbers = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class LineFilter:
    """A set of lines; script and glyph variants make no difference."""

    numbers: Numbers
    """Sorted hashes of the lines."""
    below: int
    """All numbers are smaller than this."""

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        """The set of these lines, those of fewer than five characters left out."""
        distinct = {normalise(line) for line in lines if len(line) >= SHORTEST}
        below = len(distinct) << int(_LOW_BITS)
        return cls(np.unique(_hash(distinct, below)), below)

    def contains(self, lines: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the lines are in the set, (lines,); of others one in 65,536 is taken for one that is."""
        if not len(self.numbers):
            return np.zeros(len(lines), dtype=np.bool_)
        wanted = _hash([normalise(line) for line in lines], self.below)
        places = np.minimum(np.searchsorted(self.numbers, wanted), len(self.numbers) - 1)
        found: NDArray[np.bool_] = self.numbers[places] == wanted
        return found

    def save(self, path: Path, source: str) -> None:
        """Write the file.

        Args:
            path: where to.
            source: fingerprint of the corpus that the lines are from.

        Raises:
            CheckpointError: if it cannot be written.
        """
        count = len(self.numbers)
        ones = (self.numbers >> _LOW_BITS).astype(np.int64) + np.arange(count)
        bits = np.zeros(int(ones[-1]) + 1 if count else 0, dtype=np.uint8)
        bits[ones] = 1
        arrays: dict[str, NDArray[Any]] = {"low": (self.numbers & _LOW).astype(np.uint16), "high": np.packbits(bits)}
        save_tables(path, TableHeader(kind="lines", source=source, numbers={"below": self.below}), arrays)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            CheckpointError: naming the file and the reason, if it is missing, damaged or holds something else.
        """
        header, arrays = load_tables(path, "lines", _ARRAYS)
        below, low = header.numbers.get("below", 0), arrays["low"]
        ones = np.flatnonzero(np.unpackbits(arrays["high"]))
        if len(ones) == len(low):
            # In place: each of these arrays takes 20 megabytes.
            ones -= np.arange(len(ones))
            numbers = ones.astype(np.uint64)
            numbers <<= _LOW_BITS
            numbers |= low
            if not len(numbers) or ((numbers[1:] > numbers[:-1]).all() and numbers[-1] < below):
                return cls(numbers, below)
        raise CheckpointError(
            f"{path}: damaged (its numbers are in no order); take the file from where it came once more"
        )


@cache
def shipped() -> LineFilter:
    """The set that is shipped, read at the first call."""
    return LineFilter.load(SHIPPED)


def _hash(lines: Iterable[str], below: int) -> Numbers:
    """A number smaller than `below` for each line, (lines,), the same on every machine."""
    digests = b"".join(blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest() for line in lines)
    # 64 bits, of which the range takes under 40: what the remainder prefers is nothing.
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64) % np.uint64(max(below, 1))
