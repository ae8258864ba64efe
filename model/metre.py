"""Whether the lines of a poem keep the tones of a pattern, and what is accepted beside them (拗救).

A character is here the set of the tones that it may have: one, or both where readings differ or are unknown. Places are
counted in the last five characters, where the rules stand; in a line of seven two come before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from model.forms import LineType, Pattern
from model.prosody import Tone
from model.report import Licence, Rule

Tones = frozenset[Tone]
BOTH: Final[Tones] = frozenset(Tone)

_LEVEL, _OBLIQUE = Tone.LEVEL, Tone.OBLIQUE


@dataclass(frozen=True, slots=True)
class Departure:
    """A place that does not have the tone that it wants, or need not have it.

    Attributes:
        line: index of the line.
        place: index of the character in the line.
        wanted: the tone of the place.
        rule: that is broken; None where a licence covers it whatever the readings.
        certain: whether the rule is broken whatever the readings.
        licence: that covers it by some of the readings at least; None without one.
    """

    line: int
    place: int
    wanted: Tone
    rule: Rule | None
    certain: bool = False
    licence: Licence | None = None


@dataclass(frozen=True, slots=True)
class _Excuse:
    """Tones elsewhere that let a place have the other tone: (lines further on, place, tone), all of them."""

    licence: Licence
    needs: tuple[tuple[int, int, Tone], ...]


_EXCUSES: Final = {
    (LineType.A, 3): _Excuse(Licence.GREAT_MENDED, ((1, 2, _LEVEL),)),
    (LineType.B, 0): _Excuse(Licence.LONE_LEVEL_MENDED, ((0, 2, _LEVEL),)),
    (LineType.C, 2): _Excuse(Licence.THREE_OBLIQUE_END, ((0, 3, _OBLIQUE), (0, 4, _OBLIQUE))),
    (LineType.C, 3): _Excuse(Licence.SPECIAL, ((0, 0, _LEVEL), (0, 2, _OBLIQUE))),
}
_RULES: Final = {
    (LineType.B, 0): Rule.LONE_LEVEL,
    (LineType.C, 2): None,
    (LineType.D, 2): Rule.THREE_LEVEL_END,
    (LineType.A, 4): Rule.ODD_END,
    (LineType.C, 4): Rule.ODD_END,
    (LineType.B, 4): Rule.EVEN_END,
    (LineType.D, 4): Rule.EVEN_END,
}


def departures(lines: Sequence[Sequence[Tones] | None], pattern: Pattern) -> Iterator[Departure]:
    """Where the lines depart from the pattern, in their order.

    Args:
        lines: the tones that each character may have; None for a line that is not to be checked.
        pattern: with as many lines.
    """
    for index, (line, line_type, wanted) in enumerate(zip(lines, pattern.types, pattern.places, strict=True)):
        for place, (have, want) in enumerate(zip(line or (), wanted, strict=line is not None)):
            spot = (line_type, place - (len(wanted) - 5))
            if want == "中":
                if spot == (LineType.A, 2) and have == {_OBLIQUE}:
                    yield Departure(index, place, _LEVEL, rule=None, licence=Licence.SMALL)
            elif have != {want}:
                departure = _departure(lines, index, place, Tone(want), spot)
                if departure.rule or departure.licence:
                    yield departure


def _departure(
    lines: Sequence[Sequence[Tones] | None], index: int, place: int, wanted: Tone, spot: tuple[LineType, int]
) -> Departure:
    rule = _RULES.get(spot, Rule.TONE)
    never = wanted not in (lines[index] or ())[place]
    excuse = _EXCUSES.get(spot)
    if excuse is None:
        return Departure(index, place, wanted, rule, certain=never)
    needed = [(_at(lines, index + further, needed), tone) for further, needed, tone in excuse.needs]
    possible = all(tone in have for have, tone in needed)
    return Departure(
        index,
        place,
        wanted,
        rule=None if all(have == {tone} for have, tone in needed) else rule,
        certain=never and not possible and rule is not None,
        licence=excuse.licence if never and possible else None,
    )


def _at(lines: Sequence[Sequence[Tones] | None], index: int, place: int) -> Tones:
    """The tones at a place of the last five; none where the line is not checked."""
    line = lines[index]
    return line[place - 5] if line else frozenset()
