"""The four forms of regulated verse, 五绝 七绝 五律 七律, and the patterns of tones that each has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

_OPPOSITE: Final = {"平": "仄", "仄": "平"}


class Form(StrEnum):
    """A form: the number of its lines, and the number of characters in each."""

    WUJUE = "五绝"
    QIJUE = "七绝"
    WULV = "五律"
    QILV = "七律"

    @classmethod
    def _missing_(cls, value: object) -> None:
        raise ValueError(f"there is no form {value!r}; choose one of: {' '.join(cls)}")

    @property
    def line_length(self) -> int:
        """Characters in a line, without punctuation: 5 or 7."""
        return 5 if self in {Form.WUJUE, Form.WULV} else 7

    @property
    def line_count(self) -> int:
        """Lines in a poem, two to a sentence: 4 or 8."""
        return 4 if self in {Form.WUJUE, Form.QIJUE} else 8

    @classmethod
    def detect(cls, lines: Sequence[str]) -> Form | None:
        """The form that the lines have by their number and lengths; None for any other poem.

        Tones and rhymes are not looked at: an old-style poem of eight lines of five is taken for a 五律.
        """
        lengths = {len(line) for line in lines}
        for form in cls:
            if len(lines) == form.line_count and lengths == {form.line_length}:
                return form
        return None


class LineType(StrEnum):
    """A type of line, by the tones of its last five characters."""

    A = "仄仄平平仄"
    B = "平平仄仄平"
    C = "平平平仄仄"
    D = "仄仄仄平平"

    def tones(self, length: int) -> str:
        """The tones of a line of 5 or 7 characters, 平 or 仄 each; in seven, two opposite to the next come before."""
        return "".join(_OPPOSITE[tone] for tone in self.value[: length - 5]) + self.value

    def places(self, length: int) -> str:
        """The same with 中 at the places that are free, whatever tone stands there.

        A fixed place may be excused by other places of this line or the next: the first of B's last five may be oblique
        where the third is level (孤平拗救). The third of C's last five may be oblique, with a remark (三仄尾).
        """
        return "中" * (length == 7) + self.tones(length)[1 : length - 5] + _LAST_FIVE[self]

    @property
    def rhymes(self) -> bool:
        """Whether a line of this type ends level, which is to say in the rhyme."""
        return self in {LineType.B, LineType.D}


_LAST_FIVE: Final = {
    LineType.A: "中仄中平仄",
    LineType.B: "平平中仄平",
    LineType.C: "中平平仄仄",
    LineType.D: "中仄仄平平",
}

_QUATRAINS: Final = ("ABCD", "DBCD", "CDAB", "BDAB")
_EIGHT_LINES: Final = ("ABCDABCD", "DBCDABCD", "CDABCDAB", "BDABCDAB")


@dataclass(frozen=True, slots=True)
class Pattern:
    """The tones of a whole poem.

    Attributes:
        form: the poem's.
        types: one for each line.
    """

    form: Form
    types: tuple[LineType, ...]

    @property
    def code(self) -> str:
        """The types by their letters: ABCD."""
        return "".join(line_type.name for line_type in self.types)

    @property
    def name(self) -> str:
        """By the tone of the second character, and by whether the first line rhymes: 仄起首句不入韵."""
        return f"{self.tones[0][1]}起首句{'' if self.types[0].rhymes else '不'}入韵"

    @property
    def tones(self) -> tuple[str, ...]:
        """The tones of each line, 平 or 仄 for each character."""
        return tuple(line_type.tones(self.form.line_length) for line_type in self.types)

    @property
    def places(self) -> tuple[str, ...]:
        """The same with 中 where a place is free; see `LineType.places`."""
        return tuple(line_type.places(self.form.line_length) for line_type in self.types)

    @property
    def rhyming(self) -> tuple[bool, ...]:
        """For each line whether it ends in the rhyme."""
        return tuple(line_type.rhymes for line_type in self.types)


@cache
def patterns(form: Form) -> tuple[Pattern, ...]:
    """The four patterns of a form."""
    codes = _QUATRAINS if form.line_count == 4 else _EIGHT_LINES
    return tuple(Pattern(form, tuple(LineType[letter] for letter in code)) for code in codes)
