"""Which readings of characters poets use, by the places of regulated poems where a tone or a rhyme is fixed.

A poem is evidence if it scans in only one way: of the four patterns of its form exactly one fits, whichever readings
its characters have. Only the places that every teaching fixes count: the second, fourth, sixth and last of a line.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from model.corpus import SourcePoem
from model.forms import Form, Pattern, patterns
from model.prosody import GROUPS, LEVEL_GROUPS

Readings = Mapping[str, str]
"""The groups of each character, their names joined."""

LEAST_SEEN: Final = 20
"""So often a character must stand in fixed places before one of its readings is dropped."""
LEAST_SHARE: Final = 0.05
"""A reading that fills a smaller share of these is dropped."""

_PASSES: Final = 8
_TONE_OF: Final = {name: str(tone_class.tone) for name, tone_class in GROUPS.items()}
_LEVEL_GROUPS: Final = frozenset(LEVEL_GROUPS)


@dataclass(frozen=True, slots=True)
class Evidence:
    """How often each character was seen.

    Attributes:
        poems: that scan in only one way.
        tones: in fixed places, by the tone of the place.
        rhymes: at the end of lines that rhyme, by the poem's group, in poems that can have one group only.
    """

    poems: int = 0
    tones: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    rhymes: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))


def attested(poems: Sequence[SourcePoem], readings: Readings) -> tuple[dict[str, str], Evidence]:
    """The readings that poets use, and the evidence for them.

    With fewer readings more poems scan in only one way, so this is repeated until nothing changes.

    Args:
        poems: any; those of the four forms are looked at.
        readings: all that a dictionary has.
    """
    lines = [(form, poem.lines) for poem in poems if (form := poem.form)]
    kept = dict(readings)
    for _ in range(_PASSES):
        evidence = gather(lines, kept)
        fewer = {character: _used(names, character, evidence) for character, names in kept.items()}
        if fewer == kept:
            break
        kept = fewer
    return kept, evidence


def gather(poems: Sequence[tuple[Form, Sequence[str]]], readings: Readings) -> Evidence:
    """Count in the poems, each given by its form and lines, that scan in only one way."""
    tones = {character: frozenset(_TONE_OF[name] for name in names) for character, names in readings.items()}
    found, scanned = Evidence(), 0
    for form, lines in poems:
        fitting = [pattern for pattern in patterns(form) if _fits(lines, pattern, tones)]
        if len(fitting) != 1:
            continue
        scanned += 1
        for character, tone in _fixed(lines, fitting[0]):
            found.tones[character][tone] += 1
        words = [line[-1] for line, rhymes in zip(lines, fitting[0].rhyming, strict=True) if rhymes]
        # The first line may end in a neighbouring group.
        common = frozenset[str].intersection(_LEVEL_GROUPS, *(frozenset(readings.get(word, "")) for word in words))
        if len(common) == 1:
            for word in words:
                found.rhymes[word][min(common)] += 1
    return replace(found, poems=scanned)


def _fixed(lines: Sequence[str], pattern: Pattern) -> Iterator[tuple[str, str]]:
    for line, tones in zip(lines, pattern.tones, strict=True):
        yield from zip(line[1::2], tones[1::2], strict=True)
        yield line[-1], tones[-1]


def _fits(lines: Sequence[str], pattern: Pattern, tones: Mapping[str, frozenset[str]]) -> bool:
    return all(tone in tones.get(character, tone) for character, tone in _fixed(lines, pattern))


def _used(names: str, character: str, evidence: Evidence) -> str:
    tones, rhymes = evidence.tones[character], evidence.rhymes[character]
    kept = "".join(name for name in names if _is_used(tones, _TONE_OF[name]))
    return "".join(name for name in kept if name not in _LEVEL_GROUPS or _is_used(rhymes, name))


def _is_used(seen: Counter[str], what: str) -> bool:
    return seen.total() < LEAST_SEEN or seen[what] >= LEAST_SHARE * seen.total()
