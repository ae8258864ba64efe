"""What the checker finds in a poem: codes and data, without words."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from model.forms import Form, LineType, Pattern
from model.prosody import Tone


class Sense(StrEnum):
    """How a rule is held to a character with several readings, of those that poets use."""

    STRICT = "strict"
    """All of its readings fit."""
    LENIENT = "lenient"
    """One of its readings fits. An unknown character may have any."""


class Rule(StrEnum):
    """What a poem can break."""

    SHAPE = "shape"
    """The number of lines, or of characters in a line, is not the form's."""
    TONE = "tone"
    """A place that wants one tone has the other."""
    LONE_LEVEL = "lone_level"
    """孤平: the rhyme's tone apart, a line of type B has one level character alone."""
    THREE_LEVEL_END = "three_level_end"
    """三平尾: a line of type D ends in three level characters."""
    ODD_END = "odd_end"
    """A line that does not rhyme ends level."""
    EVEN_END = "even_end"
    """A line that rhymes ends oblique."""
    UNKNOWN = "unknown"
    """A place that wants one tone has a character whose tone is not known."""
    RHYME = "rhyme"
    """A line that rhymes ends in another group."""
    REPEATED_RHYME = "repeated_rhyme"
    """Two lines rhyme in the same character."""


TONE_RULES: Final = frozenset(
    {Rule.TONE, Rule.LONE_LEVEL, Rule.THREE_LEVEL_END, Rule.ODD_END, Rule.EVEN_END, Rule.UNKNOWN}
)
RHYME_RULES: Final = frozenset({Rule.EVEN_END, Rule.RHYME, Rule.REPEATED_RHYME})


class Licence(StrEnum):
    """What departs from the pattern as it is taught, and is accepted."""

    SPECIAL = "special"
    """特拗: a line of type C as 平平仄平仄."""
    LONE_LEVEL_MENDED = "lone_level_mended"
    """孤平拗救: in a line of type B the third of the last five is level for the first."""
    GREAT_MENDED = "great_mended"
    """大拗 mended: in type A the fourth of the last five is oblique, and the third of the next line is level for it."""
    SMALL = "small"
    """小拗: in type A the third of the last five is oblique."""
    THREE_OBLIQUE_END = "three_oblique_end"
    """三仄尾: a line of type C ends in three oblique characters."""
    BORROWED_RHYME = "borrowed_rhyme"
    """借韵: the first line ends in a neighbouring group."""


class Verdict(StrEnum):
    """How a character stands to what its place wants."""

    KEPT = "kept"
    EXCUSED = "excused"
    """Not kept, and accepted: a remark says why."""
    DOUBTFUL = "doubtful"
    """Kept by some of its readings, or by some of those that could mend it: broken in the strict sense alone."""
    BROKEN = "broken"
    UNKNOWN = "unknown"
    UNCHECKED = "unchecked"
    """The line is none of the form's."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that is broken.

    Attributes:
        rule: which.
        line: index of the line; None for the whole poem.
        place: index of the character in the line; None for the whole line.
        characters: those at fault, as they were typed.
        certain: broken whichever of their readings the characters have; otherwise in the strict sense alone.
        wanted: the tone that would mend it; None where it is not a matter of one character's tone.
        group: the rhyme group that would mend it; None where it is not a matter of rhyme, or no even line has one.
    """

    rule: Rule
    line: int | None = None
    place: int | None = None
    characters: str = ""
    certain: bool = True
    wanted: Tone | None = None
    group: str | None = None


@dataclass(frozen=True, slots=True)
class Remark:
    """A licence that is taken, and where.

    Attributes:
        kind: which.
        line: index of the line.
        place: index of the character that departs.
        characters: it, as it was typed.
        group: of `BORROWED_RHYME` the neighbouring group; None for the others.
    """

    kind: Licence
    line: int
    place: int
    characters: str
    group: str | None = None


@dataclass(frozen=True, slots=True)
class PlaceReport:
    """A character of the poem.

    Attributes:
        character: as it was typed.
        tones: of the readings that poets use; empty where it is unknown.
        wanted: 平, 仄 or 中 (either); None where the place is not checked.
        verdict: on its tone; rhymes are in the faults alone.
    """

    character: str
    tones: frozenset[Tone]
    wanted: str | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class LineReport:
    """A line of the poem.

    Attributes:
        places: its characters.
        type: in the pattern; None where the line is not checked.
    """

    places: tuple[PlaceReport, ...]
    type: LineType | None

    @property
    def text(self) -> str:
        """The line as it was typed, without punctuation."""
        return "".join(place.character for place in self.places)


@dataclass(frozen=True, slots=True)
class Report:
    """What a poem keeps and breaks.

    Attributes:
        form: that was asked for, else that the lines have; None where they have none.
        pattern: that fits best; None where no line has the form's length.
        group: the rhyme group of the even lines, by its name in traditional characters; None where there is none.
        lines: of the poem, without its heading.
        faults: in the order of the lines.
        remarks: in the order of the lines.
    """

    form: Form | None
    pattern: Pattern | None
    group: str | None
    lines: tuple[LineReport, ...]
    faults: tuple[Fault, ...]
    remarks: tuple[Remark, ...]

    @property
    def keeps_form(self) -> bool:
        """Whether the number and the length of the lines are the form's."""
        return not any(fault.rule is Rule.SHAPE for fault in self.faults)

    def keeps_tones(self, sense: Sense = Sense.STRICT) -> bool:
        return self._keeps(TONE_RULES, sense)

    def keeps_rhyme(self, sense: Sense = Sense.STRICT) -> bool:
        return self._keeps(RHYME_RULES, sense)

    @property
    def strict(self) -> bool:
        """Whether form, tones and rhyme are kept in the strict sense."""
        return self.keeps_form and self.keeps_tones() and self.keeps_rhyme()

    @property
    def lenient(self) -> bool:
        """Whether form, tones and rhyme are kept in the lenient sense."""
        return self.keeps_form and self.keeps_tones(Sense.LENIENT) and self.keeps_rhyme(Sense.LENIENT)

    def _keeps(self, rules: frozenset[Rule], sense: Sense) -> bool:
        broken = [fault for fault in self.faults if fault.rule in rules]
        return self.pattern is not None and not any(fault.certain or sense == Sense.STRICT for fault in broken)
