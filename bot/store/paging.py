"""Pages by key: where one stands is told by the last row that was seen, so that every page is as quick as the first."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Generic, Self, TypeVar

Row = TypeVar("Row")

PAGE_SIZE: Final = 5
LAST_KEY: Final = 2**63 - 1
"""Stands behind every number that a row can have."""


class Turn(StrEnum):
    """Which way a page is turned."""

    ON = "on"
    BACK = "back"


@dataclass(frozen=True, slots=True)
class Place:
    """Between two rows: behind (or, going back, before) the row with this key."""

    turn: Turn
    key: tuple[int, ...]

    @classmethod
    def pressed(cls, turn: str, *numbers: str) -> Self:
        """As a custom id tells it; a number that no row can have stands behind all of them."""
        return cls(Turn(turn), tuple(min(int(number), LAST_KEY) for number in numbers))

    @property
    def comparison(self) -> str:
        """How the keys on the page compare with this one, where the greatest comes first."""
        return "<" if self.turn is Turn.ON else ">"

    @property
    def direction(self) -> str:
        return "DESC" if self.turn is Turn.ON else "ASC"

    @classmethod
    def start(cls, width: int) -> Self:
        """Before all rows whose keys have so many numbers."""
        return cls(Turn.ON, (LAST_KEY,) * width)


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Some rows, and whether there are others before and behind them."""

    rows: Sequence[Row]
    before: bool
    behind: bool

    @classmethod
    def of(cls, found: Sequence[Row], size: int, place: Place | None) -> Self:
        """A page out of rows in the order in which they were looked for, of which one more than the page has tells."""
        rows, more = found[:size], len(found) > size
        if place is None or place.turn is Turn.ON:
            return cls(rows, before=place is not None, behind=more)
        return cls(rows[::-1], before=more, behind=True)
