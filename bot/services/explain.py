"""Explaining the cells: a poem by the network with the cell, what its gates did meanwhile, and the pictures."""

import dataclasses
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from typing import Any, Final

from bot.services.compared import ComparedNetworks
from bot.services.fonts import Fonts, NoGlyph, NoTypeface, Typeface
from bot.services.queue import Desk, Served, Ticket, close
from bot.services.studio import Studio
from bot.services.worker import Worker
from bot.words import Language, script_of_reader, texts
from model.insight.gates import read
from model.insight.reading import Reading
from model.recipes import Cell
from model.requests import Poem, PoemRequest
from model.script import Script, convert

log = logging.getLogger(__name__)

AT_ONCE: Final = 2
"""Poems in one batch: those who wait for others take turns with it."""
_WRITTEN: Final = ("explain.part.", "explain.plot.")
"""Beginnings of the keys of what stands in pictures."""
_NAMES: Final = "0123456789RNGULSTM"


@dataclass(frozen=True, slots=True)
class Study:
    """Which network is to write what."""

    cell: Cell
    wish: PoemRequest


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A poem, and the gates of the network that wrote it, read once more."""

    poem: Poem
    reading: Reading


class ExplainService:
    """Writes poems with the networks that are compared, and looks into them."""

    def __init__(
        self,
        worker: Worker,
        networks: ComparedNetworks,
        *,
        queue: int,
        server_queue: int,
        told: Callable[[Served], None] | None = None,
    ) -> None:
        self._worker = worker
        self._networks = networks
        self._studies: Desk[Study, Excerpt] = Desk(
            self._write, name="studies", queue=queue, server_queue=server_queue, batch=AT_ONCE, told=told
        )

    @property
    def desks(self) -> Sequence[Desk[Any, Any]]:
        """Where people wait for this service."""
        return (self._studies,)

    def admit(self, server: int) -> None:
        """Raises:
        Busy, ServerBusy: as many requests wait as may.
        ShuttingDown: the service takes no more.
        """
        self._studies.admit(server)

    def enter(self, study: Study, server: int) -> Ticket[Study, Excerpt]:
        """Have a poem written and read.

        The ticket's answer may be an error: NoNetwork where the cell has no weights that can be used, BadStart where
        its network cannot begin so, GivenUp, ShuttingDown.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
        """
        return self._studies.enter(server, study)

    async def close(self) -> None:
        """Take no more, and finish what is in the worker; whoever still waits is told."""
        await close(self._studies)

    async def _write(self, studies: Sequence[Study], _waiting: int) -> Sequence[Excerpt | Exception]:
        return await self._worker.run(lambda: [self._excerpt(study) for study in studies])

    # What follows runs in the worker's thread.

    def _excerpt(self, study: Study) -> Excerpt | Exception:
        try:
            poet = self._networks.poet(study.cell)
            [poem] = poet.compose_all([study.wish])
            shown = poem.text.replace("\n", "")
            # As the network wrote it: from the script that the person reads there may be no sure way back.
            own = poem.traditional.replace("\n", "") if poet.script is Script.HANT else convert(shown, poet.script)
            reading = read(poet.stepper.as_weights(), poet.vocabulary, own)
            return Excerpt(poem, dataclasses.replace(reading, characters=tuple(shown)))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            return error


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
