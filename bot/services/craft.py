"""What is told of a poem's craft (the checker's report, pinyin, characters that would mend it), and of a rhyme.

Pure functions over tables, but for the network's help. They run beside the event loop: the first one reads the tables.
"""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bot.services.pinyin import pinyin_by_reading, pinyin_of
from bot.services.poet import Gap, PoetService
from bot.services.queue import OWN
from bot.services.refusals import Busy, NoNetwork, NotOneCharacter, ServerBusy, UnknownCharacter
from bot.services.worker import Worker
from model.checker import check
from model.forms import Form
from model.prosody import GROUPS, Reading, Tone, groups, readings, rhyme_words, traditional_forms
from model.report import Fault, PlaceReport, Report, Rule
from model.script import Script, is_han, script_of, unify

MOST_MENDED: Final = 6
"""Faults for which the network is asked for other characters."""
RHYME_WORDS: Final = 30


class Outcome(StrEnum):
    """The verdict on a poem."""

    STRICT = "strict"
    """Form, tones and rhyme are kept by all readings."""
    LENIENT = "lenient"
    """They are kept by some of the readings."""
    GIVEN = "given"
    """Nothing breaks them but what the person gave."""
    BROKEN = "broken"
    SHAPELESS = "shapeless"
    """There is no pattern to hold the lines against."""


@dataclass(frozen=True, slots=True)
class Craft:
    """A poem, as its craft is shown.

    Attributes:
        report: the checker's.
        pinyin: of each character of each line.
        given: the places (line, place) that a person gave; the rules do not hold for them.
        script: of the poem; None where it could be either.
        shared: a rhyme group that all even lines share, where the report names none.
        mends: characters that would mend a fault.
        unasked: whether there are faults, and the network could not be asked.
    """

    report: Report
    pinyin: tuple[tuple[str, ...], ...]
    given: frozenset[tuple[int, int]] = frozenset()
    script: Script | None = None
    shared: str | None = None
    mends: Mapping[Fault, tuple[str, ...]] = field(default_factory=dict)
    unasked: bool = False

    def exempt(self, fault: Fault) -> bool:
        return (fault.line, fault.place) in self.given

    @property
    def own_faults(self) -> list[Fault]:
        """Those that the rules hold for."""
        return [fault for fault in self.report.faults if not self.exempt(fault)]

    @property
    def outcome(self) -> Outcome:
        if self.report.pattern is None:
            return Outcome.SHAPELESS
        if not self.report.faults:
            return Outcome.STRICT
        own = self.own_faults
        if not own:
            return Outcome.GIVEN
        return Outcome.BROKEN if any(fault.certain for fault in own) else Outcome.LENIENT


@dataclass(frozen=True, slots=True)
class RhymeEntry:
    """A character in one reading.

    Attributes:
        character: in traditional characters, as the groups have it.
        reading: its tone and group.
        pinyin: that came of the reading.
        words: that rhyme with it, the most used first; none where regulated verse does not rhyme in the group.
    """

    character: str
    reading: Reading
    pinyin: str
    words: tuple[str, ...]


class CraftService:
    def __init__(self, worker: Worker, poet: PoetService) -> None:
        self._worker = worker
        self._poet = poet

    def warm_up(self) -> None:
        """Read the tables in the background, so that the first who asks does not wait for it."""
        self._worker.prepare(_open_tables)

    async def examine(
        self, text: str, form: Form | None = None, given: Collection[int] = (), traditional: str | None = None
    ) -> Craft:
        """Check a poem.

        Args:
            text: its lines, in either script.
            form: that it should have; None for its own.
            given: indices among its characters, marks not counted, that a person gave.
            traditional: the same text in traditional characters, where it is known.
        """
        return await asyncio.to_thread(_examine, text, form, given, traditional)

    async def mend(self, craft: Craft, server: int = OWN) -> Craft:
        """The same, with characters that would mend its faults; asked for by somebody of that server.

        Raises:
            ShuttingDown: the bot takes no more.
        """
        report = craft.report
        gaps = {
            fault: Gap(fault.line, fault.place, fault.wanted, fault.group)
            for fault in craft.own_faults
            if fault.line is not None and fault.place is not None and fault.rule is not Rule.SHAPE
        }
        if report.form is None or report.pattern is None or not report.keeps_form or not gaps:
            return craft
        asked = dict(list(gaps.items())[:MOST_MENDED])
        lines = [line.text for line in report.lines]
        try:
            found = await self._poet.suggest(lines, report.form, list(asked.values()), server)
        except (Busy, ServerBusy, NoNetwork):
            return replace(craft, unasked=True)
        return replace(craft, mends={fault: named for fault, named in zip(asked, found, strict=True) if named})

    async def rhymes(self, text: str) -> list[RhymeEntry]:
        """The readings of a character, and of each traditional character that it may stand for.

        Raises:
            NotOneCharacter: the text is none, more than one, or no Chinese character.
            UnknownCharacter: it is in no rhyme group.
        """
        character = unify(text.strip())
        if len(character) != 1 or not is_han(character):
            raise NotOneCharacter
        entries = await asyncio.to_thread(_rhymes, character)
        if not entries:
            raise UnknownCharacter(character=character)
        return entries


def _open_tables() -> None:
    _examine("白日依山盡，黃河入海流。", None, ())
    _rhymes("月")


def _examine(text: str, form: Form | None, given: Collection[int], traditional: str | None = None) -> Craft:
    report = check(text, form, traditional)
    places = [(line, place) for line, found in enumerate(report.lines) for place in range(len(found.places))]
    return Craft(
        report=report,
        pinyin=tuple(
            pinyin_of(line.text, [_tone(place) for place in line.places]) if line.places else ()
            for line in report.lines
        ),
        given=frozenset(places[index] for index in given if index < len(places)),
        script=script_of(text),
        shared=report.group or _shared_group([line.text for line in report.lines]),
    )


def _tone(place: PlaceReport) -> Tone | None:
    """The tone that a character has where it stands: its only one, or of several the one that is wanted."""
    if len(place.tones) == 1:
        return next(iter(place.tones))
    return Tone(place.wanted) if place.tones and place.wanted not in {None, "中"} else None


def _shared_group(lines: Sequence[str]) -> str | None:
    """A group of 平水韵 that the ends of all even lines have in common."""
    ends = [groups(line[-1]) for line in lines[1::2]]
    if len(ends) < 2:
        return None
    shared = frozenset.intersection(*ends)
    return next((group for group in GROUPS if group in shared), None)


def _rhymes(character: str) -> list[RhymeEntry]:
    # A glyph variant has readings of its own name.
    return [
        RhymeEntry(form, reading, said[reading], rhyme_words(reading.group)[:RHYME_WORDS])
        for form in traditional_forms(character) or (character,)
        for said in [pinyin_by_reading(form)]
        for reading in readings(form)
    ]
