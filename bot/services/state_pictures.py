"""Pictures of the hidden states of sums."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bot.services.fonts import Fonts, NoGlyph, NoTypeface, Typeface
from bot.services.refusals import Refusal
from bot.services.studio import Studio
from bot.store.additions import AdditionRecord
from bot.words import Language, script_of_reader

if TYPE_CHECKING:
    from model.addition.state_map import StateMap

log = logging.getLogger(__name__)


class StatesChanged(Refusal):
    """The network that worked a sum out is not in use any more."""

    key = "error.states.changed"


@dataclass(frozen=True, slots=True)
class PlotWords:
    """All that is written in a picture of states."""

    title: str
    plane: str
    handed: str
    first: str
    second: str
    column: str
    direction: str
    carries: Sequence[str]
    """What each carry is called, from 0 on."""
    others: str

    @property
    def characters(self) -> str:
        """All that a typeface has to have."""
        parts = (self.title, self.plane, self.handed, self.first, self.second, self.column, self.direction)
        return "".join("".join((*parts, *self.carries, self.others)).split())


Draw = Callable[["StateMap", PlotWords, Typeface | None], bytes]
Words = Callable[[AdditionRecord, "StateMap", Language], PlotWords]


class StatePictures:
    """Draws where the states of sums lie."""

    def __init__(self, fonts: Fonts, studio: Studio, draw: Draw, words: Words) -> None:
        self._fonts = fonts
        self._studio = studio
        self._draw = draw
        self._words = words

    async def picture(self, addition: AdditionRecord, states: "StateMap", language: Language) -> bytes:
        """The picture as a PNG, in the language of whoever asked first where Chinese characters can be written.

        Raises:
            Busy: too many wait already.
        """
        key = ("states", addition.operation, addition.operands, addition.weights, language)
        return await self._studio.picture(key, lambda: self._write(addition, states, language))

    def _write(self, addition: AdditionRecord, states: "StateMap", language: Language) -> bytes:
        script = script_of_reader(language)
        if script is None:
            return self._draw(states, self._words(addition, states, language), None)
        words = self._words(addition, states, language)
        try:
            return self._draw(states, words, self._fonts.best(words.characters, script))
        except (NoTypeface, NoGlyph) as refusal:
            # Unlike a poem's, these few words can stand in English; the card below has everything in the language.
            log.info("The picture of states is written in English: %s", refusal.key)
        except OSError as error:
            log.warning("The picture of states is written in English: its typeface cannot be used any more: %s", error)
            self._fonts.forget()
        return self._draw(states, self._words(addition, states, Language.ENGLISH), None)
