"""The four forms of regulated verse: 五绝 七绝 五律 七律."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


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
