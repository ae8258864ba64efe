"""What is settled of a poem before its first character: what stands already, the pattern, what each place wants."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from model.constraints import Constraints, Symbols, Want, lone_level_places, wants_of
from model.forms import Form, Pattern, patterns
from model.vocabulary import UNKNOWN

OPEN: Final = -1
"""In place of a symbol or a group: yet to be chosen."""

# How many of the first 1,200 Tang training poems of each form keep each pattern, in the order of `patterns`, by the
# checker's lenient verdict.
_FREQUENCIES: Final[Mapping[Form, Sequence[int]]] = {
    Form.WUJUE: (424, 57, 167, 18),
    Form.QIJUE: (47, 287, 63, 395),
    Form.WULV: (337, 122, 137, 22),
    Form.QILV: (87, 442, 36, 198),
}


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """The places of a poem of one form."""

    form: Form
    pattern: Pattern | None
    """None: tones and rhyme are free."""
    known: Symbols
    """The given symbols, (characters,); `OPEN` where one is to be written."""
    wants: Symbols
    """The `Want` of each place, (characters,)."""
    group: int
    """The rhyme group that given characters settle, an index into `LEVEL_GROUPS`; `OPEN` where none do."""
    broken: tuple[int, ...] = ()
    """The places of given characters that break the pattern, whatever readings they have."""
    title: tuple[int, ...] = ()
    """The symbols of the title that is read first."""

    @classmethod
    def free(cls, form: Form, known: Symbols) -> Self:
        """A poem of which the form's length alone is kept."""
        return cls(form, None, known, np.zeros(len(known), dtype=np.int64), OPEN)

    @classmethod
    def draw(cls, form: Form, known: Symbols, constraints: Constraints, random: np.random.Generator) -> Self:
        """Choose the pattern by its frequency among those that the given characters break least.

        A given character may have any of its readings; one that the network does not know breaks nothing.
        """
        choices = [_fit(pattern, known, constraints) for pattern in patterns(form)]
        counts = np.array([len(broken) for broken, _, _ in choices])
        chances = np.array(_FREQUENCIES[form]) * (counts == counts.min())
        chosen = int(random.choice(len(chances), p=chances / chances.sum()))
        broken, wants, group = choices[chosen]
        return cls(form, patterns(form)[chosen], known, wants, group, broken)


def _fit(pattern: Pattern, known: Symbols, constraints: Constraints) -> tuple[tuple[int, ...], Symbols, int]:
    """Where given characters break the pattern, what its places want, and the group that given rhymes settle."""
    wants = np.array(wants_of(pattern)).ravel()
    _mend(wants, pattern, known, constraints)
    given = np.flatnonzero(known > UNKNOWN)
    broken = set(given[~constraints.may_fit[wants[given], known[given]]].tolist())
    ends = given[wants[given] == Want.RHYME]
    groups = constraints.groups[known[ends]]
    shared = groups.sum(axis=0)
    if not shared.any():
        return tuple(sorted(broken)), wants, OPEN
    group = int(shared.argmax())
    broken |= set(ends[~groups[:, group]].tolist())
    return tuple(sorted(broken)), wants, group


def _mend(wants: Symbols, pattern: Pattern, known: Symbols, constraints: Constraints) -> None:
    """Where a given oblique character leaves a level one alone, ask for the level one that mends it (孤平拗救)."""
    length = pattern.form.line_length
    for line, kind in enumerate(pattern.types):
        places = lone_level_places(kind, length)
        if places is None:
            continue
        lone, mending = (line * length + place for place in places)
        if known[lone] > UNKNOWN and not constraints.fits[Want.LEVEL, known[lone]]:
            wants[lone], wants[mending] = Want.ANY, Want.LEVEL
