"""Two versions on the same starts, and which poems people like better."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.store.database import Database, milliseconds


class Choice(StrEnum):
    """Which of two poems somebody likes better."""

    ONE = "one"
    OTHER = "other"
    NEITHER = "neither"


@dataclass(frozen=True, slots=True)
class Pair:
    """A poem of each version from the same start; whoever votes sees the other one's first where it is swapped."""

    number: int
    one: str
    other: str
    swapped: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    id: int
    one: str
    other: str
    pairs: Sequence[Pair]


class ComparisonRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, one: str, other: str, pairs: Sequence[Pair], now: datetime) -> int:
        """Returns its id."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO comparisons (one, other, made_at) VALUES (?, ?, ?)", (one, other, milliseconds(now))
            )
            comparison_id = cursor.lastrowid or 0
            await transaction.execute_many(
                "INSERT INTO comparison_pairs (comparison_id, number, one, other, swapped) VALUES (?, ?, ?, ?, ?)",
                [(comparison_id, pair.number, pair.one, pair.other, int(pair.swapped)) for pair in pairs],
            )
            return comparison_id

    async def get(self, comparison_id: int) -> Comparison | None:
        row = await self._database.fetch_one("SELECT id, one, other FROM comparisons WHERE id = ?", (comparison_id,))
        if row is None:
            return None
        pairs = await self._database.fetch_all(
            "SELECT number, one, other, swapped FROM comparison_pairs WHERE comparison_id = ? ORDER BY number",
            (comparison_id,),
        )
        found, one, other = row
        return Comparison(
            found, one, other, [Pair(number, own, others, bool(swapped)) for number, own, others, swapped in pairs]
        )

    async def unfinished(self, one: str, other: str, person_id: int) -> int | None:
        """The latest comparison of the two that a person has not voted on to its end; None where there is none."""
        row = await self._database.fetch_one(
            "SELECT id FROM comparisons WHERE one = ?1 AND other = ?2 AND"
            " (SELECT count(*) FROM comparison_pairs WHERE comparison_id = comparisons.id) >"
            " (SELECT count(*) FROM votes WHERE comparison_id = comparisons.id AND person_id = ?3)"
            " ORDER BY id DESC LIMIT 1",
            (one, other, person_id),
        )
        return int(row[0]) if row is not None else None

    async def vote(self, comparison_id: int, number: int, person_id: int, choice: Choice, now: datetime) -> None:
        """What a person likes better; the first answer counts."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT OR IGNORE INTO votes (comparison_id, number, person_id, choice, voted_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (comparison_id, number, person_id, choice, milliseconds(now)),
            )

    async def voted(self, comparison_id: int, person_id: int) -> frozenset[int]:
        """The pairs that a person has voted on."""
        rows = await self._database.fetch_all(
            "SELECT number FROM votes WHERE comparison_id = ? AND person_id = ?", (comparison_id, person_id)
        )
        return frozenset(int(row[0]) for row in rows)

    async def votes(self, comparison_id: int) -> Counter[Choice]:
        """All votes of all people."""
        rows = await self._database.fetch_all(
            "SELECT choice, count(*) FROM votes WHERE comparison_id = ? GROUP BY choice", (comparison_id,)
        )
        return Counter({Choice(choice): count for choice, count in rows})
