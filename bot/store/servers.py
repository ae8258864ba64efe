"""How servers want it."""

from dataclasses import dataclass, fields
from datetime import datetime

from bot.store.database import Database, milliseconds


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """None: not chosen, so what stands behind it counts; of a channel: there is none."""

    language: str | None = None
    script: str | None = None
    form: str | None = None
    display: str | None = None
    fame_channel_id: int | None = None
    fame_stars: int | None = None
    daily_channel_id: int | None = None
    daily_minute: int | None = None
    daily_zone: str | None = None
    daily_done: str | None = None


_COLUMNS = [field.name for field in fields(ServerSettings)]


class ServerRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int) -> ServerSettings:
        row = await self._database.fetch_one(
            f"SELECT {', '.join(_COLUMNS)} FROM servers WHERE guild_id = ?",  # noqa: S608 - our own names
            (guild_id,),
        )
        return ServerSettings(*row) if row is not None else ServerSettings()

    async def choose(self, guild_id: int, changes: dict[str, str | int | None], now: datetime) -> None:
        """Change some of a server's settings, and leave the others as they are."""
        unknown = changes.keys() - set(_COLUMNS)
        if unknown:
            raise ValueError(f"a server has no settings {sorted(unknown)}")
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT OR IGNORE INTO servers (guild_id, changed_at) VALUES (?, ?)", (guild_id, milliseconds(now))
            )
            assignments = ", ".join(f"{name} = ?" for name in changes)
            await transaction.execute(
                f"UPDATE servers SET {assignments}, changed_at = ? WHERE guild_id = ?",  # noqa: S608
                (*changes.values(), milliseconds(now), guild_id),
            )
