"""How servers want it."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime

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
    learning: int | None = None


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

    async def choose(self, guild_id: int, changes: Mapping[str, str | int | None], now: datetime) -> None:
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

    async def begin_daily(
        self, guild_id: int, channel_id: int, minute: int, zone: str, done: date, now: datetime
    ) -> None:
        """Have the poem of the day posted in a channel.

        Minute and zone count where none were chosen; `done`, the last day that needs no poem any more, if it was off.
        """
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT INTO servers (guild_id, daily_channel_id, daily_minute, daily_zone, daily_done, changed_at)"
                " VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (guild_id) DO UPDATE SET daily_channel_id = ?2,"
                " daily_minute = coalesce(daily_minute, ?3), daily_zone = coalesce(daily_zone, ?4),"
                " daily_done = CASE WHEN daily_channel_id IS NULL THEN ?5 ELSE daily_done END, changed_at = ?6",
                (guild_id, channel_id, minute, zone, done.isoformat(), milliseconds(now)),
            )

    async def time_daily(self, guild_id: int, minute: int, zone: str, done: date, now: datetime) -> None:
        """Choose when the poem of the day comes. A day that had its poem at the old time gets none at the new one."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT INTO servers (guild_id, daily_minute, daily_zone, daily_done, changed_at)"
                " VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT (guild_id) DO UPDATE SET"
                " daily_minute = ?2, daily_zone = ?3, changed_at = ?5,"
                " daily_done = CASE WHEN daily_channel_id IS NULL THEN ?4 ELSE max(?4, coalesce(daily_done, ?4)) END",
                (guild_id, minute, zone, done.isoformat(), milliseconds(now)),
            )
