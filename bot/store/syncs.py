"""Which commands Discord was last given."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.store.database import Database, milliseconds

EVERYWHERE: Final = 0
"""In the place of a server's id: the commands that no server has for itself."""


@dataclass(frozen=True, slots=True)
class Sync:
    """A registration that Discord took: the hash of what was sent, and the id of each command by its name."""

    payload_hash: str
    commands: dict[str, int]


class SyncRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def last(self, application_id: int, guild_id: int = EVERYWHERE) -> Sync | None:
        """The last registration of an application in a server, or everywhere."""
        row = await self._database.fetch_one(
            "SELECT payload_hash, commands FROM command_syncs WHERE application_id = ? AND guild_id = ?",
            (application_id, guild_id),
        )
        return Sync(row[0], json.loads(row[1])) if row is not None else None

    async def servers(self, application_id: int) -> list[int]:
        """The servers that were given commands of their own."""
        rows = await self._database.fetch_all(
            "SELECT guild_id FROM command_syncs WHERE application_id = ? AND guild_id <> ? ORDER BY guild_id",
            (application_id, EVERYWHERE),
        )
        return [int(row[0]) for row in rows]

    async def record(self, application_id: int, sync: Sync, now: datetime, guild_id: int = EVERYWHERE) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT INTO command_syncs (application_id, guild_id, payload_hash, commands, synced_at)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (application_id, guild_id) DO UPDATE SET"
                " payload_hash = excluded.payload_hash, commands = excluded.commands, synced_at = excluded.synced_at",
                (application_id, guild_id, sync.payload_hash, json.dumps(sync.commands), milliseconds(now)),
            )

    async def forget(self, application_id: int, guild_id: int) -> None:
        """The server has no commands of its own any more."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "DELETE FROM command_syncs WHERE application_id = ? AND guild_id = ?", (application_id, guild_id)
            )
