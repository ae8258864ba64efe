"""What the readers give and what cleaning makes of it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from model.forms import Form

_PUNCTUATION: Final = re.compile("[，。]")


@dataclass(frozen=True, slots=True)
class RawPoem:
    """A poem as its source has it.

    Attributes:
        paragraphs: its text, one or more lines to a paragraph.
        dynasty: "tang", "song", or "" where the source states none.
        weight: how often it is read in an epoch.
    """

    paragraphs: tuple[str, ...]
    title: str = ""
    author: str = ""
    dynasty: str = ""
    weight: int = 1


@dataclass(frozen=True, slots=True)
class SourcePoem:
    """A cleaned poem.

    Attributes:
        text: Han characters, ， after a line within a sentence and 。 after its last; ends in 。; no white space.
        dynasty: "tang", "song", or "" where the source states none.
        weight: how often it is read in an epoch.
    """

    text: str
    title: str = ""
    author: str = ""
    dynasty: str = ""
    weight: int = 1

    @property
    def lines(self) -> tuple[str, ...]:
        """The verse lines, without punctuation."""
        return tuple(line for line in _PUNCTUATION.split(self.text) if line)

    @property
    def form(self) -> Form | None:
        return Form.detect(self.lines)
