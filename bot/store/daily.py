"""The poem of the day: which servers get one, which had theirs, and which are on their way."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Final

from bot.store.database import Database, milliseconds
from bot.store.origin import Origin
from bot.store.poems import PoemRecord, insert_poem, moment
from bot.store.servers import ServerSettings

_SETTINGS: Final = [field.name for field in fields(ServerSettings)]


@dataclass(frozen=True, slots=True)
class Hours:
    """The minutes of the day in a time zone, both ends included, whose servers may be due."""

    zone: str
    first: int
    last: int


@dataclass(frozen=True, slots=True)
class DailyPost:
    """A poem of the day that is being posted, or was when the process ended. `day` is that of the server."""

    guild_id: int
    channel_id: int
    day: date
    poem_id: int
    begun_at: datetime


class DailyRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def zones(self) -> list[str]:
        """All time zones that servers live in."""
        rows = await self._database.fetch_all(
            "SELECT DISTINCT daily_zone FROM servers WHERE daily_channel_id IS NOT NULL AND left_at IS NULL"
            " AND daily_zone IS NOT NULL"
        )
        return [zone for (zone,) in rows]

    async def within(self, hours: Iterable[Hours]) -> list[tuple[int, ServerSettings]]:
        """The servers with a poem in these hours, by their id."""
        rows = await self._database.fetch_all(
            f"SELECT guild_id, {', '.join(_SETTINGS)} FROM json_each(?) AS hours"  # noqa: S608 - our own names
            " CROSS JOIN servers ON daily_zone = json_extract(hours.value, '$[0]')"
            " AND daily_minute BETWEEN json_extract(hours.value, '$[1]') AND json_extract(hours.value, '$[2]')"
            " AND daily_channel_id IS NOT NULL AND left_at IS NULL",
            (json.dumps([(part.zone, part.first, part.last) for part in hours]),),
        )
        return [(guild_id, ServerSettings(*rest)) for guild_id, *rest in rows]

    async def claim(self, guild_id: int, settings: ServerSettings, day: date) -> bool:
        """Note that this day is seen to. Returns whether it is the caller who may: the settings are as they were."""
        return await self._database.write(lambda connection: _claim(connection, guild_id, settings, day))

    async def begin(
        self, origin: Origin, settings: ServerSettings, day: date, poem: PoemRecord, now: datetime
    ) -> DailyPost | None:
        """Claim the day of the origin's server, keep its poem, and note that it is to be posted: all, or nothing.

        Returns None where it is not the caller who may.
        """
        guild_id, channel_id = origin.guild_id, origin.channel_id
        if guild_id is None or channel_id is None:
            raise ValueError("a poem of the day has a place")

        def work(connection: sqlite3.Connection) -> DailyPost | None:
            if not _claim(connection, guild_id, settings, day):
                return None
            poem_id = insert_poem(connection, poem, origin, now)
            connection.execute(
                "INSERT OR REPLACE INTO daily_posts (guild_id, channel_id, day, poem_id, begun_at)"
                " VALUES (?, ?, ?, ?, ?)",
                (guild_id, channel_id, day.isoformat(), poem_id, milliseconds(now)),
            )
            return DailyPost(guild_id, channel_id, day, poem_id, now)

        return await self._database.write(work)

    async def unfinished(self) -> list[DailyPost]:
        """What was begun and not ended, where the server still wants it there."""
        rows = await self._database.fetch_all(
            "SELECT guild_id, channel_id, day, poem_id, begun_at FROM daily_posts JOIN servers USING (guild_id)"
            " WHERE daily_channel_id = channel_id AND left_at IS NULL ORDER BY begun_at, guild_id"
        )
        return [
            DailyPost(guild_id, channel_id, date.fromisoformat(day), poem_id, moment(begun_at))
            for guild_id, channel_id, day, poem_id, begun_at in rows
        ]

    async def end(self, post: DailyPost) -> None:
        """Nothing more is to be done about it."""
        sql, values = "DELETE FROM daily_posts WHERE guild_id = ? AND poem_id = ?", (post.guild_id, post.poem_id)
        await self._database.write(lambda connection: connection.execute(sql, values).rowcount)


def _claim(connection: sqlite3.Connection, guild_id: int, settings: ServerSettings, day: date) -> bool:
    cursor = connection.execute(
        "UPDATE servers SET daily_done = ? WHERE guild_id = ? AND left_at IS NULL AND daily_done IS ?"
        " AND daily_channel_id IS ? AND daily_minute IS ? AND daily_zone IS ?",
        (
            day.isoformat(),
            guild_id,
            settings.daily_done,
            settings.daily_channel_id,
            settings.daily_minute,
            settings.daily_zone,
        ),
    )
    return cursor.rowcount == 1
