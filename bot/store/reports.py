"""Poems that people brought before the owner."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bot.store.database import Database, milliseconds

# Of the poem: its text, and who had it written.
_SELECT = (
    "SELECT r.id, r.reporter_id, r.poem_id, r.guild_id, r.channel_id, r.message_id, r.reason, p.text, p.theme,"
    " p.person_id, r.settled_at IS NOT NULL FROM reports AS r JOIN poems AS p ON p.id = r.poem_id"
)


@dataclass(frozen=True, slots=True)
class Complaint:
    """What a person says of a poem, and where the poem was seen."""

    reporter_id: int
    poem_id: int
    guild_id: int | None
    channel_id: int | None
    message_id: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """A complaint as it is kept, with the poem, which `author_id` had written; once settled, nothing is to be done.

    Its fields are in the order of the columns that are asked for.
    """

    id: int
    reporter_id: int
    poem_id: int
    guild_id: int | None
    channel_id: int | None
    message_id: int
    reason: str
    text: str
    theme: str
    author_id: int
    settled: bool


class ReportRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, complaint: Complaint, now: datetime) -> bool:
        """Keep a complaint. Returns whether it is new: a person can report a poem once."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO reports (reporter_id, poem_id, guild_id, channel_id, message_id, reason, reported_at)"
                " SELECT ?, id, ?, ?, ?, ?, ? FROM poems WHERE id = ? ON CONFLICT (reporter_id, poem_id) DO NOTHING",
                (
                    complaint.reporter_id,
                    complaint.guild_id,
                    complaint.channel_id,
                    complaint.message_id,
                    complaint.reason,
                    milliseconds(now),
                    complaint.poem_id,
                ),
            )
            return cursor.rowcount > 0

    async def knows(self, reporter_id: int, poem_id: int) -> bool:
        row = await self._database.fetch_one(
            "SELECT 1 FROM reports WHERE reporter_id = ? AND poem_id = ?", (reporter_id, poem_id)
        )
        return row is not None

    async def get(self, report_id: int) -> Report | None:
        return _report(await self._database.fetch_one(f"{_SELECT} WHERE r.id = ?", (report_id,)))

    async def before(self, report_id: int) -> Report | None:
        """The last that waits for the owner before this one."""
        sql = f"{_SELECT} WHERE r.settled_at IS NULL AND r.id < ? ORDER BY r.id DESC LIMIT 1"
        return _report(await self._database.fetch_one(sql, (report_id,)))

    async def after(self, report_id: int) -> Report | None:
        """The first that waits for the owner after this one; after 0, the first of all."""
        sql = f"{_SELECT} WHERE r.settled_at IS NULL AND r.id > ? ORDER BY r.id LIMIT 1"
        return _report(await self._database.fetch_one(sql, (report_id,)))

    async def waiting(self) -> int:
        """How many wait for the owner."""
        row = await self._database.fetch_one("SELECT count(*) FROM reports WHERE settled_at IS NULL")
        return int(row[0]) if row is not None else 0

    async def untold(self) -> list[int]:
        """Those of which the owner has not heard, the oldest first."""
        rows = await self._database.fetch_all(
            "SELECT id FROM reports WHERE settled_at IS NULL AND told_at IS NULL ORDER BY id"
        )
        return [int(row[0]) for row in rows]

    async def tell(self, report_ids: Sequence[int], now: datetime) -> None:
        """Note that the owner heard of these."""
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "UPDATE reports SET told_at = ? WHERE id = ?", [(milliseconds(now), one) for one in report_ids]
            )

    async def settle(self, report_id: int, now: datetime) -> bool:
        """Nothing is to be done any more. Returns False where that was so before."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "UPDATE reports SET settled_at = ? WHERE id = ? AND settled_at IS NULL", (milliseconds(now), report_id)
            )
            return cursor.rowcount > 0


def _report(row: Sequence[Any] | None) -> Report | None:
    if row is None:
        return None
    values = dict(zip((field.name for field in fields(Report)), row, strict=True))
    return Report(**values | {"settled": bool(values["settled"])})
