"""Draws cells: their diagram, equations and reach, and what their gates did over a poem."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from bot.services.explain import Excerpt
from bot.services.fonts import Fonts, NoGlyph, NoTypeface, Typeface
from bot.services.studio import Studio
from bot.words import Language, script_of_reader, texts
from model.insight.reading import Reading
from model.recipes import Cell
from model.script import Script

log = logging.getLogger(__name__)

_WRITTEN: Final = ("explain.part.", "explain.plot.")
"""Beginnings of the keys of what stands in pictures."""
_NAMES: Final = "0123456789RNGULSTM"


class Picture(StrEnum):
    """What is drawn of a cell."""

    DIAGRAM = "diagram"
    EQUATIONS = "equations"
    GATES = "gates"
    REACH = "reach"


@dataclass(frozen=True, slots=True)
class Subject:
    """A picture that is wanted.

    Attributes:
        picture: which.
        cell: of what.
        reading: what the gates did; for their picture alone.
    """

    picture: Picture
    cell: Cell
    reading: Reading | None = None


Draw = Callable[[Subject, Language, Typeface | None], bytes]


class CellPictures:
    """Draws cells."""

    def __init__(self, fonts: Fonts, studio: Studio, draw: Draw) -> None:
        self._fonts = fonts
        self._studio = studio
        self._draw = draw

    async def pictures(self, cell: Cell, excerpt: Excerpt | None, language: Language) -> dict[Picture, bytes]:
        """All that there is of a cell, as PNG; its gates where there is a poem.

        Raises:
            Busy: too many wait already.
        """
        found = {}
        for picture in Picture:
            key: tuple[Any, ...] = (picture, cell, language)
            subject = Subject(picture, cell)
            if picture is Picture.GATES:
                if excerpt is None:
                    continue
                key = (*key, excerpt.poem.weights, excerpt.poem.text)
                subject = Subject(picture, cell, excerpt.reading)
            found[picture] = await self._studio.picture(key, partial(self._write, subject, language))
        return found

    def _write(self, subject: Subject, language: Language) -> bytes:
        characters = "".join(subject.reading.characters) if subject.reading is not None else ""
        written, typeface = self._lettering(language, characters)
        try:
            return self._draw(subject, written, typeface)
        except OSError as error:
            log.warning("A cell is drawn in English: its typeface cannot be used any more: %s", error)
            self._fonts.forget()
            return self._draw(subject, Language.ENGLISH, None)

    def _lettering(self, language: Language, characters: str) -> tuple[Language, Typeface | None]:
        """In which language a picture is lettered, and in which typeface.

        These few words can stand in English, and a character that is missing is shown by its number.
        """
        script = script_of_reader(language)
        words = _words(language) if script is not None else ""
        if not words + characters:
            return language, None
        for wanted in (words + characters, words):
            try:
                return language, self._fonts.best(wanted, script or Script.HANS)
            except NoTypeface:
                break
            except NoGlyph as refusal:
                log.info("A cell's picture lacks %s", refusal.values["characters"])
        return Language.ENGLISH, None


def _words(language: Language) -> str:
    """All characters that stand in pictures in a language, whichever of them a picture needs."""
    said = "".join(text for key, text in texts(language).items() if key.startswith(_WRITTEN))
    return _NAMES + "".join(said.split())
