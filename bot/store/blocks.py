"""Whom the owner does not let in."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from bot.store.database import Database, milliseconds
from bot.store.poems import moment


class Subject(StrEnum):
    """What can be blocked."""

    PERSON = "person"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class Block:
    kind: Subject
    subject_id: int
    reason: str
    blocked_at: datetime


class BlockRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Block]:
        rows = await self._database.fetch_all("SELECT kind, subject_id, reason, blocked_at FROM blocks")
        return [Block(Subject(kind), subject_id, reason, moment(at)) for kind, subject_id, reason, at in rows]

    async def add(self, block: Block) -> None:
        """Block; of one that is blocked already, the reason is the new one."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT OR REPLACE INTO blocks (kind, subject_id, reason, blocked_at) VALUES (?, ?, ?, ?)",
                (block.kind, block.subject_id, block.reason, milliseconds(block.blocked_at)),
            )

    async def remove(self, kind: Subject, subject_id: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM blocks WHERE kind = ? AND subject_id = ?", (kind, subject_id))
