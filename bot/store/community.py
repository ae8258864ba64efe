"""What concerns all of a server's people: their most loved poems, and servers that were left."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from bot.share import Share
from bot.store.database import Database, milliseconds
from bot.store.paging import PAGE_SIZE, Page, Place
from bot.store.poems import POEM_COLUMNS, KeptPoem

MOST_STARS: Final = 10_000
"""So many of the newest stars of a server are counted for a period: a page is quick however many there are."""

# A server that was set up nowhere but has words or posts is known by these.
_TABLES: Final = ("server_words", "fame_posts", "daily_posts")


@dataclass(frozen=True, slots=True)
class LovedPoem:
    """A poem in a list, and how many people keep it: in all, or since a time."""

    stars: int
    kept: KeptPoem

    @property
    def key(self) -> tuple[int, int]:
        """Its place in the list."""
        return self.stars, self.kept.id


class TopRepository:
    """The most loved poems of servers; of those that as many people keep, the newest comes first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ever(self, guild_id: int, place: Place | None = None, size: int = PAGE_SIZE) -> Page[LovedPoem]:
        """By how many keep them."""
        at = place or Place.start(2)
        stars, poem_id = at.key
        # In two steps: (loved, id) < (?, ?) would read all poems with as many stars from their beginning. And without
        # likely() SQLite takes what stands there for the index alone as its best way to find anything.
        part = (
            f"SELECT * FROM (SELECT loved, {POEM_COLUMNS} FROM poems"  # noqa: S608 - our own names, as all here
            " WHERE guild_id = ? AND likely(loved > 0) AND {condition}"
            f" ORDER BY loved {at.direction}, id {at.direction} LIMIT ?)"
        )
        equals = part.format(condition=f"loved = ? AND id {at.comparison} ?")
        others = part.format(condition=f"loved {at.comparison} ?")
        rows = await self._database.fetch_all(
            f"{equals} UNION ALL {others} LIMIT ?",
            (guild_id, stars, poem_id, size + 1, guild_id, stars, size + 1, size + 1),
        )
        return _page(rows, size, place)

    async def since(
        self, guild_id: int, since: datetime, place: Place | None = None, size: int = PAGE_SIZE
    ) -> Page[LovedPoem]:
        """By how many have begun to keep them since then, and still do."""
        at = place or Place.start(2)
        rows = await self._database.fetch_all(
            "WITH newest AS (SELECT poem_id FROM favorites WHERE guild_id = ? AND kept_at >= ?"  # noqa: S608
            " ORDER BY kept_at DESC, poem_id DESC LIMIT ?),"
            " top AS (SELECT count(*) AS stars, poem_id FROM newest GROUP BY poem_id"
            f" HAVING (count(*), poem_id) {at.comparison} (?, ?)"
            f" ORDER BY stars {at.direction}, poem_id {at.direction} LIMIT ?)"
            f" SELECT stars, {POEM_COLUMNS} FROM top CROSS JOIN poems ON poems.id = poem_id"
            f" ORDER BY stars {at.direction}, poem_id {at.direction}",
            (guild_id, milliseconds(since), MOST_STARS, *at.key, size + 1),
        )
        return _page(rows, size, place)


def _page(rows: Sequence[Sequence[Any]], size: int, place: Place | None) -> Page[LovedPoem]:
    return Page.of([LovedPoem(stars, KeptPoem.of(row)) for stars, *row in rows], size, place)


class PresenceRepository:
    """Where the bot is, and where it no longer is; what this process does not see, it leaves alone."""

    def __init__(self, database: Database, share: Share) -> None:
        self._database = database
        self._share = share
        self._noted: int | None = None

    async def begin(self, *, alone: bool) -> None:
        """Forget what processes said that have ended: all, where this one is alone, or else its own earlier self."""
        sql = "DELETE FROM process_servers WHERE ? OR holder = ?"
        async with self._database.transaction() as transaction:
            await transaction.execute(sql, (alone, str(self._share)))

    async def note_count(self, servers: int) -> None:
        """Tell the other processes in how many servers this one sees the bot."""
        if servers == self._noted:
            return
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT OR REPLACE INTO process_servers VALUES (?, ?)", (str(self._share), servers)
            )
        self._noted = servers

    async def elsewhere(self) -> int:
        """In how many servers the other processes see it."""
        row = await self._database.fetch_one(
            "SELECT coalesce(sum(servers), 0) FROM process_servers WHERE holder <> ?", (str(self._share),)
        )
        return int(row[0]) if row is not None else 0

    async def joined(self, guild_id: int, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE servers SET left_at = NULL, changed_at = ? WHERE guild_id = ? AND left_at IS NOT NULL",
                (milliseconds(now), guild_id),
            )

    async def left(self, guild_id: int, now: datetime) -> None:
        """From now on nothing happens by itself there; what is kept about the server goes after a time."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT INTO servers (guild_id, left_at, changed_at) VALUES (?1, ?2, ?2)"
                " ON CONFLICT (guild_id) DO UPDATE SET left_at = ?2, changed_at = ?2 WHERE left_at IS NULL",
                (guild_id, milliseconds(now)),
            )

    async def compare(self, present: Iterable[int], now: datetime) -> None:
        """Take down what happened unseen: the bot is in these servers, and in no others that this process would see."""
        listed, moment = json.dumps(list(present)), milliseconds(now)
        ours, of_ours = self._share.condition("guild_id")
        known = " UNION ".join(f"SELECT guild_id FROM {table}" for table in _TABLES)  # noqa: S608 - our own names
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"INSERT OR IGNORE INTO servers (guild_id, changed_at) SELECT guild_id, ? FROM ({known})",  # noqa: S608
                (moment,),
            )
            await transaction.execute(
                "UPDATE servers SET left_at = ?, changed_at = ? WHERE left_at IS NULL"  # noqa: S608
                f" AND guild_id NOT IN (SELECT value FROM json_each(?)) AND {ours}",
                (moment, moment, listed, *of_ours),
            )
            await transaction.execute(
                "UPDATE servers SET left_at = NULL, changed_at = ? WHERE left_at IS NOT NULL"
                " AND guild_id IN (SELECT value FROM json_each(?))",
                (moment, listed),
            )

    async def forget_left(self, before: datetime) -> int:
        """Forget settings, words and halls of servers that were left before that. Returns how many servers."""
        async with self._database.transaction() as transaction:
            chosen, moment = "SELECT guild_id FROM servers WHERE left_at < ?", (milliseconds(before),)
            for table in _TABLES:
                await transaction.execute(f"DELETE FROM {table} WHERE guild_id IN ({chosen})", moment)  # noqa: S608
            cursor = await transaction.execute("DELETE FROM servers WHERE left_at < ?", moment)
            return cursor.rowcount
