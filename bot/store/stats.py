"""How much there is of everything, without anybody's name."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import median
from typing import Final

from bot.store.database import Database, milliseconds

DAYS: Final = 30
STEP: Final = timedelta(hours=6)
LATEST: Final = 1_000
"""So many of the last poems tell how long an answer takes."""
FRESH: Final = timedelta(minutes=1)
_POEMS: Final = "poems "


@dataclass(frozen=True, slots=True)
class Aggregates:
    """`poems` by form, "free" among them; `seconds` from a wish to its poem, None where there is none yet."""

    poems: Mapping[str, int]
    favorites: int
    additions: int
    people: int
    seconds: float | None


class StatsRepository:
    def __init__(self, database: Database) -> None:
        self._database = database
        self._counting = asyncio.Lock()
        self._counted: tuple[datetime, Aggregates] | None = None

    async def aggregates(self, now: datetime) -> Aggregates:
        """As they are, or were at most a minute ago."""
        async with self._counting:
            if self._counted is None or not timedelta() <= now - self._counted[0] < FRESH:
                self._counted = now, await self._count(now)
            return self._counted[1]

    async def _count(self, now: datetime) -> Aggregates:
        counts = {str(name): int(value) for name, value in await self._database.fetch_all("SELECT * FROM counts")}
        return Aggregates(
            poems={name.removeprefix(_POEMS): value for name, value in counts.items() if name.startswith(_POEMS)},
            favorites=counts["favorites"],
            additions=counts["additions"],
            people=await self._people(now),
            seconds=await self._seconds(),
        )

    async def _people(self, now: datetime) -> int:
        """How many asked for anything in the last days. Some hours at a time: others take their turns between."""
        seen: set[int] = set()
        for step in range(timedelta(days=DAYS) // STEP):
            until = now - step * STEP
            rows = await self._database.fetch_all(
                "SELECT DISTINCT person_id FROM requests WHERE asked_at > ? AND asked_at <= ?",
                (milliseconds(until - STEP), milliseconds(until)),
            )
            seen.update(row[0] for row in rows)
        return len(seen)

    async def _seconds(self) -> float | None:
        rows = await self._database.fetch_all(
            "SELECT requests.answered_at - requests.asked_at"
            " FROM (SELECT request_id FROM poems ORDER BY id DESC LIMIT ?) AS latest"
            " CROSS JOIN requests ON requests.id = latest.request_id WHERE requests.outcome = 'done'",
            (LATEST,),
        )
        return median(row[0] for row in rows) / 1000 if rows else None
