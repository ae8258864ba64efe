"""Whether a line is another's already: compact sets of lines that err rarely, and only to say that it is.

A line is hashed to a whole number below 65,536 times the number of lines, and the sorted numbers are kept by Elias's
and Fano's code: the lower 16 bits of each as they are, the upper ones as the distances between them in unary, together
18 bits a line. Another line is taken for one of the set if it hashes to one of the numbers: one line in 65,536.

A Bloom filter takes 19 bits a line for one false answer in 10,000 and 23 for this. A binary fuse filter takes 18 as
well, but making it is a search that may fail. The 2.5 million lines take 5.6 megabytes, unpacked 20 in memory.

Lines that differ in one character agree in all but one place: with that place left open they are the same. A line has
as many such gapped forms as characters, so that those of Song lines would take 20 megabytes more: only Tang lines of
five and seven characters, which people know by heart, are kept so. Their 2.6 million gapped forms take 5.8 megabytes.

Sources: Elias 1974, Fano 1971; Putze, Sanders & Singler 2009 (sorted hashes in place of a Bloom filter); Graf & Lemire
2022 (binary fuse filters).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from model.errors import CheckpointError
from model.forms import Form
from model.script import normalise
from model.tables import Kind, TableHeader, load_tables, save_tables

SHIPPED = Path(__file__).parents[1] / "data" / "lines.safetensors"
"""The lines of all Tang and Song poems: python -m model corpus lines PATH --out FILE."""
SHIPPED_NEAR = SHIPPED.with_name("near-lines.safetensors")
"""Tang lines with a gap: python -m model corpus near-lines PATH --dynasty tang --out FILE."""

SHORTEST = 5
"""Shorter lines are no one's own, and are not kept."""

_GAP = "·"
_LENGTHS = frozenset(form.line_length for form in Form)

_LOW_BITS = np.uint64(16)
_LOW = np.uint64(2**16 - 1)
_ARRAYS = {"high": ("U8", 1), "low": ("U16", 1)}

Numbers = NDArray[np.uint64]


class KnownLines(Protocol):
    """Lines that a poem may not repeat."""

    def contains(self, lines: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the lines are another's, (lines,)."""


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

    def save(self, path: Path, source: str, kind: Kind = "lines") -> None:
        """Write the file.

        Args:
            path: where to.
            source: fingerprint of the corpus that the lines are from.
            kind: whether they are whole lines.

        Raises:
            CheckpointError: if it cannot be written.
        """
        count = len(self.numbers)
        ones = (self.numbers >> _LOW_BITS).astype(np.int64) + np.arange(count)
        bits = np.zeros(int(ones[-1]) + 1 if count else 0, dtype=np.uint8)
        bits[ones] = 1
        arrays: dict[str, NDArray[Any]] = {"low": (self.numbers & _LOW).astype(np.uint16), "high": np.packbits(bits)}
        save_tables(path, TableHeader(kind=kind, source=source, numbers={"below": self.below}), arrays)

    @classmethod
    def load(cls, path: Path, kind: Kind = "lines") -> Self:
        """Read a file of this kind.

        Raises:
            CheckpointError: naming the file and the reason, if it is missing, damaged or holds something else.
        """
        header, arrays = load_tables(path, kind, _ARRAYS)
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


@dataclass(frozen=True, slots=True, eq=False)
class NearFilter:
    """A set of lines of five and seven characters, and all lines that differ from one of them in one character."""

    gapped: LineFilter
    """The lines with each of their characters left out in turn."""

    @classmethod
    def of(cls, lines: Iterable[str]) -> Self:
        """The set of these lines, those of other lengths left out."""
        return cls(LineFilter.of(gapped for line in lines if len(line) in _LENGTHS for gapped in _gapped(line)))

    def contains(self, lines: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the lines are in the set, (lines,); of others one in some 10,000 is taken for one that is."""
        owners = np.repeat(np.arange(len(lines)), [len(line) for line in lines])
        found = self.gapped.contains([gapped for line in lines for gapped in _gapped(line)])
        near: NDArray[np.bool_] = np.bincount(owners[found], minlength=len(lines)) > 0
        return near

    def save(self, path: Path, source: str) -> None:
        """Write the file, as `LineFilter.save` does."""
        self.gapped.save(path, source, "near-lines")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file, as `LineFilter.load` does."""
        return cls(LineFilter.load(path, "near-lines"))


@dataclass(frozen=True, slots=True, eq=False)
class Anothers:
    """Lines of a corpus, and lines near to some that everybody knows."""

    corpus: LineFilter
    near: NearFilter

    def contains(self, lines: Sequence[str]) -> NDArray[np.bool_]:
        """Which of the lines are another's, or nearly so, (lines,)."""
        return self.corpus.contains(lines) | self.near.contains(lines)


@cache
def shipped() -> Anothers:
    """The sets that are shipped, read at the first call."""
    return Anothers(LineFilter.load(SHIPPED), NearFilter.load(SHIPPED_NEAR))


def _gapped(line: str) -> Iterator[str]:
    for place in range(len(line)):
        yield line[:place] + _GAP + line[place + 1 :]


def _hash(lines: Iterable[str], below: int) -> Numbers:
    """A number smaller than `below` for each line, (lines,), the same on every machine."""
    digests = b"".join(blake2b(line.encode("utf-8", "surrogatepass"), digest_size=8).digest() for line in lines)
    # 64 bits, of which the range takes under 40: what the remainder prefers is nothing.
    return np.frombuffer(digests, dtype="<u8").astype(np.uint64) % np.uint64(max(below, 1))
