"""The counted tables together, and their file."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.errors import CheckpointError
from model.forms import Form
from model.tables import Arrays, TableHeader, load_tables, save_tables
from model.usage.association import Association, shorten, widen
from model.usage.pairs import Floats, Indices, PairTable, merged

SHIPPED = Path(__file__).parents[2] / "data" / "usage.safetensors"
"""Counted in Tang and Song poems: python -m model corpus usage PATH --out FILE."""

FREQUENT_WORDS = 300
PLACE_STEP = 1 / 32
"""Log-odds of characters in lines are kept in steps of this, in nats."""
PLACE_ROWS = {4: 0, 8: 4}
"""The row of the first line's, by the number of lines."""
_PLACES = 12


class Beat(StrEnum):
    """The pairs of characters that are counted."""

    HEAD = "head"
    """A word before the last three characters of a line: 1-2, in seven characters also 3-4."""
    MIDDLE = "middle"
    """The first two of the last three, where a line may fall 2-2-1."""
    END = "end"
    """The last two, where it may fall 2-1-2."""
    ALIGNED = "aligned"
    """One above the other in the middle couplets of eight lines."""


WORDS = (Beat.HEAD, Beat.MIDDLE, Beat.END)


def beats(length: int) -> tuple[tuple[Beat, int], ...]:
    """The words of a line of 5 or 7 characters: of which kind each is, and where it begins, from 0."""
    heads = tuple((Beat.HEAD, place) for place in range(0, length - 3, 2))
    return (*heads, (Beat.MIDDLE, length - 3), (Beat.END, length - 2))


@dataclass(frozen=True, eq=False)
class Usage:
    """What was counted. Texts are in the characters of the corpus, traditional ones."""

    characters: str
    """In the order of their numbers; the number after the last stands for all others."""
    pairs: dict[Beat, PairTable]
    couplet: Association
    """Of the two lines of a sentence."""
    poem: Association
    """Of lines of two sentences."""
    places: NDArray[np.int8]
    """Log-odds of each character standing in a line rather than the others of the same parity, in steps:
    (lines of four, then of eight; characters + 1)."""

    @cached_property
    def frequent_words(self) -> Indices:
        """The keys of the most frequent words at the beats, in order."""
        return merged([self.pairs[beat] for beat in WORDS]).most_frequent(FREQUENT_WORDS)

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {character: number for number, character in enumerate(self.characters)}

    def encode(self, poems: Sequence[Sequence[str]], form: Form) -> Indices:
        """The characters' numbers, (poems, lines, characters of a line).

        Raises:
            ValueError: if a poem has not the lines of the form.
        """
        text = "".join("".join(lines) for lines in poems)
        return self.numbers(text).reshape(len(poems), form.line_count, form.line_length)

    def numbers(self, text: str) -> Indices:
        """The number of each character, (characters,)."""
        return np.array([self._numbers.get(char, len(self.characters)) for char in text], dtype=np.int64)

    def placing(self, poems: Indices) -> Floats:
        """Log-odds of the characters standing in their lines, the mean of each line, (poems, lines), in nats."""
        lines = poems.shape[1]
        rows = PLACE_ROWS[lines] + np.arange(lines)
        found: Floats = self.places[rows[:, None], poems].mean(axis=2) * PLACE_STEP
        return found

    def save(self, path: Path, source: str) -> None:
        """Write the file.

        Args:
            path: where to.
            source: fingerprint of the corpus.

        Raises:
            CheckpointError: if it cannot be written.
        """
        arrays: dict[str, NDArray[Any]] = {"places": self.places}
        for beat, table in self.pairs.items():
            for name, kind in _PAIR_TYPES.items():
                values = getattr(table, name)
                arrays[f"{beat}.{name}"] = np.minimum(values, np.iinfo(kind).max).astype(kind)
        for name, vectors in self._vectors().items():
            arrays[f"{name}.vectors"], arrays[f"{name}.scales"] = shorten(vectors)
        save_tables(path, TableHeader(kind="usage", source=source, characters=self.characters), arrays)

    def _vectors(self) -> dict[str, NDArray[np.float32]]:
        return {
            f"{name}.{side.name}": getattr(association, side.name)
            for name, association in (("couplet", self.couplet), ("poem", self.poem))
            for side in fields(Association)
        }

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read a file.

        Raises:
            CheckpointError: naming the file and the reason, if it is missing, damaged or holds something else.
        """
        header, arrays = load_tables(path, "usage", _WANTED)
        if not _fit(arrays, len(header.characters)):
            raise CheckpointError(
                f"{path}: damaged (its arrays do not fit); take the file from where it came once more"
            )
        pairs = {
            beat: PairTable(**{name: arrays[f"{beat}.{name}"].astype(np.int64) for name in _PAIR_TYPES})
            for beat in Beat
        }
        couplet, poem = (
            Association(*(widen(arrays[f"{name}.{side}.vectors"], arrays[f"{name}.{side}.scales"]) for side in _SIDES))
            for name in _ASSOCIATIONS
        )
        return cls(header.characters, pairs, couplet, poem, arrays["places"])


@cache
def shipped() -> Usage:
    """What is shipped, read at the first call."""
    return Usage.load(SHIPPED)


_PAIR_TYPES: dict[str, type[np.uint16 | np.uint32]] = {
    "keys": np.uint32,
    "counts": np.uint16,
    "firsts": np.uint32,
    "seconds": np.uint32,
}
_ASSOCIATIONS = ("couplet", "poem")
_SIDES = ("earlier", "later")
_WANTED = (
    {f"{beat}.{name}": ("U16" if name == "counts" else "U32", 1) for beat in Beat for name in _PAIR_TYPES}
    | {f"{name}.{side}.vectors": ("I8", 2) for name in _ASSOCIATIONS for side in _SIDES}
    | {f"{name}.{side}.scales": ("F32", 1) for name in _ASSOCIATIONS for side in _SIDES}
    | {"places": ("I8", 2)}
)


def _fit(arrays: Arrays, characters: int) -> bool:
    """Whether the shapes belong together, and all numbers are finite."""
    width = {name: arrays[f"{name}.earlier.vectors"].shape[1] for name in _ASSOCIATIONS}
    wanted: dict[str, tuple[int, ...]] = {"places": (_PLACES, characters + 1)}
    for name in _ASSOCIATIONS:
        for side in _SIDES:
            wanted[f"{name}.{side}.vectors"] = (characters + 1, width[name])
            wanted[f"{name}.{side}.scales"] = (characters + 1,)
    for beat in Beat:
        wanted[f"{beat}.firsts"] = wanted[f"{beat}.seconds"] = (characters,)
        wanted[f"{beat}.counts"] = arrays[f"{beat}.keys"].shape
    finite = all(np.isfinite(arrays[f"{name}.{side}.scales"]).all() for name in _ASSOCIATIONS for side in _SIDES)
    return finite and all(arrays[name].shape == shape for name, shape in wanted.items())
