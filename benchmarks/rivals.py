"""Poems beside which real ones are set: with a line of another poem, with couplets exchanged, or a network's own."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from random import Random
from typing import NamedTuple, Self

from model.corpus import SourcePoem
from model.forms import Form, LineType
from model.prosody import groups, tones

Lines = tuple[str, ...]
Donors = Mapping[tuple[int, LineType], Sequence[str]]


class Entry(NamedTuple):
    """A poem under a title."""

    title: str
    lines: Lines


class Pair(NamedTuple):
    """Two poems under one title, the first of which is to be preferred."""

    better: Entry
    worse: Entry

    @classmethod
    def of(cls, poem: SourcePoem, other: Lines) -> Self:
        return cls(Entry(poem.title, poem.lines), Entry(poem.title, other))


def line_swaps(poems: Sequence[SourcePoem], random: Random, most: int) -> list[Pair]:
    """Poems beside the same with one line of another: of the same place and type, and in the rhyme where it rhymes.

    Args:
        poems: all of one form.
        random: draws the lines.
        most: swaps in one poem, each at another place.
    """
    donors: dict[tuple[int, LineType], list[str]] = defaultdict(list)
    for poem in poems:
        for place, line in enumerate(poem.lines):
            if line_type := line_type_of(line):
                donors[place, line_type].append(line)
    pairs = []
    for poem in poems:
        lines = poem.lines
        swapped = (_swap(lines, place, donors, random) for place in random.sample(range(len(lines)), len(lines)))
        pairs += [Pair.of(poem, other) for other in swapped if other][:most]
    return pairs


def _swap(lines: Lines, place: int, donors: Donors, random: Random) -> Lines | None:
    """The lines with another one at the place; None where none fits."""
    own = lines[place]
    line_type = line_type_of(own)
    if line_type is None:
        return None
    fitting = [line for line in donors[place, line_type] if line != own]
    if line_type.rhymes:
        others = {line[-1] for line in lines if line != own}
        fitting = [line for line in fitting if groups(line[-1]) & groups(own[-1]) and line[-1] not in others]
    return (*lines[:place], random.choice(fitting), *lines[place + 1 :]) if fitting else None


def couplet_exchanges(poems: Sequence[SourcePoem]) -> list[Pair]:
    """Poems beside the same with their two sentences exchanged, or the two middle ones of eight lines."""
    return [Pair.of(poem, _exchanged(poem.lines)) for poem in poems]


def _exchanged(lines: Lines) -> Lines:
    first = 0 if len(lines) == 4 else 2
    return (*lines[:first], *lines[first + 2 : first + 4], *lines[first : first + 2], *lines[first + 4 :])


def against(poems: Sequence[SourcePoem], written: Sequence[Lines]) -> list[Pair]:
    """Poems beside others that were written, each with one."""
    return [Pair.of(poem, lines) for poem, lines in zip(poems, written, strict=True)]


@cache
def line_type_of(line: str) -> LineType | None:
    """The type whose fixed places the line keeps; None where that is none or could be two."""
    found = [line_type for line_type in LineType if _keeps(line, line_type.places(len(line)))]
    return found[0] if len(found) == 1 else None


def _keeps(line: str, places: str) -> bool:
    return all(place == "中" or place in tones(character) for character, place in zip(line, places, strict=True))


def of_form(poems: Sequence[SourcePoem], form: Form) -> list[SourcePoem]:
    """The poems of this form."""
    return [poem for poem in poems if poem.form is form]
