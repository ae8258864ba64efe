"""Poems as pictures: what is written on a sheet."""

import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

from bot.services.fonts import Fonts, NoTypeface, Typeface
from bot.services.refusals import Refusal
from bot.services.studio import Studio
from bot.store.poems import PoemRecord
from model.script import Script

log = logging.getLogger(__name__)

MOST_COLUMNS: Final = 16
LONGEST_COLUMN: Final = 16
_MARKS: Final = re.compile(r"[^\w]+")

Draw = Callable[["Sheet", Typeface], bytes]


class TooLongForPicture(Refusal):
    """More verse than a sheet can hold in characters that can be read."""

    key = "error.picture.too_long"


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is written on one sheet.

    Attributes:
        number: which sheet of paper it is: each has fibres and a seal of its own.
        columns: without marks; verses of a long poem stand in twos, one below the other.
        title: empty where there is none.
        acrostic: whether the first character of each verse is marked.
        script: whose forms the characters have.
    """

    number: int
    columns: tuple[tuple[str, ...], ...]
    title: str
    acrostic: bool
    script: Script

    @classmethod
    def of(cls, poem_id: int, poem: PoemRecord) -> Self:
        """Raises:
        TooLongForPicture: it would be too small to read.
        """
        verses = [verse for verse in _MARKS.split(poem.text) if verse]
        together = 1 if len(verses) <= MOST_COLUMNS // 2 else 2
        columns = tuple(tuple(verses[first : first + together]) for first in range(0, len(verses), together))
        if len(columns) > MOST_COLUMNS or max(map(height_of, columns)) > LONGEST_COLUMN:
            raise TooLongForPicture
        return cls(poem_id, columns, poem.theme, bool(poem.wish.get("heads")), Script(poem.script))

    @property
    def seal(self) -> str:
        return "诗" if self.script is Script.HANS else "詩"

    @property
    def characters(self) -> str:
        """All that the typeface has to have."""
        return "".join([self.title, self.seal, *("".join(column) for column in self.columns)])


def height_of(column: tuple[str, ...]) -> int:
    """How many characters fit into a column's height: between verses one is left free."""
    return sum(map(len, column)) + len(column) - 1


class PictureService:
    """Draws poems."""

    def __init__(self, fonts: Fonts, draw: Draw, studio: Studio) -> None:
        self._fonts = fonts
        self._draw = draw
        self._studio = studio

    async def picture(self, poem_id: int, poem: PoemRecord) -> bytes:
        """The poem as a PNG.

        Raises:
            NoTypeface, NoGlyph: it cannot be written here.
            TooLongForPicture: there is too much of it.
            Busy: too many wait already.
        """
        sheet = Sheet.of(poem_id, poem)
        return await self._studio.picture(sheet, lambda: self._write(sheet))

    def _write(self, sheet: Sheet) -> bytes:
        typeface = self._fonts.best(sheet.characters, sheet.script)
        try:
            return self._draw(sheet, typeface)
        except OSError as error:
            # Its file was there when it was found: another one may be in its place now.
            log.warning("%s cannot be used any more: %s", typeface.path, error)
            self._fonts.forget()
            raise NoTypeface from error
