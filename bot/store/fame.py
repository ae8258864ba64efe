"""What stands in the halls of fame."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.share import ALL, Share
from bot.store.database import Database, milliseconds
from bot.store.poems import moment

NOBODY: Final = 0
"""Stands for the author of a poem that was left behind by a person who had all about them deleted."""


class PostState(StrEnum):
    """How far a post is."""

    POSTING = "posting"
    SHOWN = "shown"
    STALE = "stale"
    """Another number keeps the poem than the message says."""
    WITHDRAWN = "withdrawn"
    """The message has to go."""


@dataclass(frozen=True, slots=True)
class FamePost:
    """A poem in a hall of fame. `message_id` is None while it is being posted."""

    poem_id: int
    guild_id: int
    channel_id: int
    message_id: int | None
    state: PostState
    posted_at: datetime


@dataclass(frozen=True, slots=True)
class Renown:
    """How a poem stands in its server. `hall_id` and `stars` are None where the server has no hall of fame."""

    poem_id: int
    guild_id: int
    person_id: int
    loved: int
    hall_id: int | None
    stars: int | None

    @property
    def is_famous(self) -> bool:
        """Whether it is to be in the hall."""
        return self.stars is not None and self.loved >= self.stars and self.person_id != NOBODY


class FameRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def renown(self, poem_id: int) -> Renown | None:
        """None for a poem that is gone, or was written in no server."""
        row = await self._database.fetch_one(
            "SELECT poems.id, poems.guild_id, person_id, loved, fame_channel_id, fame_stars FROM poems"
            " LEFT JOIN servers ON servers.guild_id = poems.guild_id AND left_at IS NULL"
            " AND fame_channel_id IS NOT NULL AND fame_stars IS NOT NULL"
            " WHERE poems.id = ? AND poems.guild_id IS NOT NULL",
            (poem_id,),
        )
        return Renown(*row) if row is not None else None

    async def posts(self, poem_id: int) -> list[FamePost]:
        rows = await self._database.fetch_all(
            "SELECT poem_id, guild_id, channel_id, message_id, state, posted_at FROM fame_posts WHERE poem_id = ?",
            (poem_id,),
        )
        return [
            FamePost(poem, guild, channel, message, PostState(state), moment(posted_at))
            for poem, guild, channel, message, state, posted_at in rows
        ]

    async def unsettled(self, states: Sequence[PostState], limit: int, share: Share = ALL) -> list[int]:
        """Poems with posts in one of these states, in the servers of a share."""
        ours, of_ours = share.condition("guild_id")
        rows = await self._database.fetch_all(
            f"SELECT poem_id FROM fame_posts WHERE state IN ({', '.join('?' * len(states))})"  # noqa: S608
            f" AND state != 'shown' AND {ours} ORDER BY state = 'withdrawn' DESC, posted_at, poem_id LIMIT ?",
            (*states, *of_ours, limit),
        )
        return [poem_id for (poem_id,) in rows]

    async def call(self, poem_id: int, guild_id: int) -> None:
        """Leave a poem to the process that sees its server."""
        async with self._database.transaction() as transaction:
            await transaction.execute("INSERT OR IGNORE INTO fame_calls VALUES (?, ?)", (poem_id, guild_id))

    async def answer_calls(self, share: Share) -> list[int]:
        """The poems that were left to a share, which are then no longer."""
        ours, of_ours = share.condition("guild_id")
        if not await self._database.fetch_all(f"SELECT 1 FROM fame_calls WHERE {ours} LIMIT 1", of_ours):  # noqa: S608
            return []
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                f"DELETE FROM fame_calls WHERE {ours} RETURNING poem_id",  # noqa: S608
                of_ours,
            )
            return [poem_id for (poem_id,) in await cursor.fetchall()]

    async def claim(self, renown: Renown, now: datetime) -> bool:
        """Note that the poem is about to be posted. Returns whether it may be: False where it was, ever."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO fame_posts (poem_id, guild_id, channel_id, state, posted_at)"
                " SELECT id, guild_id, ?, 'posting', ? FROM poems WHERE id = ? AND guild_id = ?"
                " ON CONFLICT DO NOTHING",
                (renown.hall_id, milliseconds(now), renown.poem_id, renown.guild_id),
            )
            return cursor.rowcount == 1

    async def confirm(self, poem_id: int, guild_id: int, message_id: int) -> None:
        """The message is there; what was withdrawn meanwhile stays so."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE fame_posts SET message_id = ?, state = iif(state = 'withdrawn', state, 'shown')"
                " WHERE poem_id = ? AND guild_id = ?",
                (message_id, poem_id, guild_id),
            )

    async def mark_stale(self, poem_id: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE fame_posts SET state = 'stale' WHERE poem_id = ? AND state = 'shown'", (poem_id,)
            )

    async def withdraw(self, poem_ids: Sequence[int]) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute_many(
                "UPDATE fame_posts SET state = 'withdrawn' WHERE poem_id = ?", [(poem_id,) for poem_id in poem_ids]
            )

    async def forget(self, poem_id: int, guild_id: int) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM fame_posts WHERE poem_id = ? AND guild_id = ?", (poem_id, guild_id))
