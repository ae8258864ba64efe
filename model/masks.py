"""What the rules leave to each candidate at a place."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np

from model.constraints import Constraints, Flags, Want
from model.frame import OPEN, Frame
from model.sampling import Symbols
from model.scenes import exclusions, told_by, told_by_title
from model.stepping import Head, Stepper
from model.vocabulary import PAD, UNKNOWN

# Two of a kind may stand side by side where a beat of the line is: 2-2-1, 2-1-2 and 2-2-3.
_DOUBLED: Final = {5: (1, 3, 4), 7: (1, 3, 5, 6)}


@dataclass(frozen=True, slots=True, eq=False)
class Outlet:
    """An output layer for some of the symbols."""

    columns: Symbols
    head: Head
    place: Symbols
    """(symbols,) the column of each symbol, −1 where it has none."""
    gather: Callable[[Sequence[Any]], Any]
    """That of the stepper whose features the head takes."""

    @classmethod
    def of(cls, stepper: Stepper, columns: Symbols, symbols: int) -> Self:
        place = np.full(symbols, -1)
        place[columns] = np.arange(len(columns))
        return cls(columns, stepper.head(columns), place, stepper.gather)


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """What the next character of each row depends on, of `Population`."""

    symbols: Symbols
    group: Symbols
    goal: Symbols


class Masks:
    """The masks of one frame."""

    def __init__(self, frame: Frame, constraints: Constraints, doubled: Flags) -> None:
        """Prepare them; `doubled` are the symbols that may stand twice side by side, (symbols,)."""
        self._frame = frame
        self._constraints = constraints
        self._doubled = doubled
        self._length = frame.form.line_length
        self._given = frame.known[frame.known > UNKNOWN]
        self._scenes = told_by(constraints.vocabulary)
        self._exclusions = exclusions()
        feasts = told_by_title(constraints.vocabulary.decode(frame.title))
        self._set = np.bitwise_or.reduce(self._scenes[[*self._given, *frame.title]]) | np.uint16(feasts)

    def allowed(self, outlet: Outlet, want: Want, standing: Standing, place: int) -> Flags:
        """Which columns the rules leave to each row, (rows, columns).

        Where nothing is left, first another season, hour or weather may come, then a character again, then the rhyme is
        let go, then the tone: a small vocabulary may have no other way to the end.
        """
        constraints = self._constraints
        group, goal = standing.group[:, None], standing.goal[:, None]
        tone = np.broadcast_to(constraints.fits[want, outlet.columns], (len(group), len(outlet.columns)))
        rhyme = tone
        if want is Want.RHYME:
            own = constraints.group[outlet.columns]
            rhyme = tone & np.where(group == OPEN, constraints.rich[own], own == group)
        if (place + 1) % (2 * self._length) == 0:
            rhyme = rhyme & ((goal == OPEN) | (outlet.columns == goal))
        fresh = rhyme & self._fresh(outlet, standing, place)
        allowed = fresh & self._in_scene(outlet, standing, place)
        for wider in (fresh, rhyme, tone, np.ones_like(tone)):
            empty = ~allowed.any(axis=1)
            if not empty.any():
                break
            allowed[empty] = wider[empty]
        return allowed

    def _in_scene(self, outlet: Outlet, standing: Standing, place: int) -> Flags:
        """Which columns tell no season, hour or weather beside another one of the row, its title and what is given."""
        present = np.bitwise_or.reduce(self._scenes[standing.symbols[:, :place]], axis=1) | self._set
        goal = np.where(standing.goal == OPEN, PAD, standing.goal)
        barred = self._exclusions[present | self._scenes[goal]]
        apart: Flags = (barred[:, None] & self._scenes[outlet.columns]) == 0
        return apart

    def _fresh(self, outlet: Outlet, standing: Standing, place: int) -> Flags:
        """Which columns do not stand in each row yet, nor are settled for a later place; (rows, columns).

        The character just written may be doubled where a beat has room for two, if poets double it, unless it is given
        or doubled already.
        """
        symbols, word = standing.symbols, self._constraints.word
        rows = np.arange(len(symbols))
        settled = [symbols[:, :place], np.broadcast_to(self._given, (len(symbols), len(self._given)))]
        if (place + 1) % (2 * self._length):
            settled.append(standing.goal[:, None])
        taken = np.zeros((len(symbols), len(word)), dtype=np.bool_)
        taken[rows[:, None], word[np.concatenate(settled, axis=1)]] = True
        fresh: Flags = ~taken[:, word[outlet.columns]]
        if place % self._length in _DOUBLED[self._length]:
            last = symbols[:, place - 1]
            again = outlet.place[last]
            single = (symbols[:, :place] == last[:, None]).sum(axis=1) == 1
            rhyming = self._frame.wants[place] == Want.RHYME
            own = (again >= 0) & (self._frame.known[place - 1] == OPEN)
            doubled = self._doubled[last] & single & own & ~rhyming
            fresh[rows[doubled], again[doubled]] = True
        return fresh
