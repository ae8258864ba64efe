"""People who have poems written and keep them, and what is left of it in the database."""

import asyncio
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Self

from bot.config import Config
from bot.store.database import DATABASE
from loopback.people import Asked, Channel, Message, Person
from loopback.server import StandIn

UPDATED = 7
_KEEP = re.compile(r"poem:([0-9]+):keep")


def poem_on(answer: Message | None) -> tuple[int, Message] | None:
    """The poem on a card, and the card; None for a message that only says how many come before."""
    for component in answer.components if answer is not None else ():
        if (found := _KEEP.fullmatch(str(component.get("custom_id")))) and answer is not None:
            return int(found[1]), answer
    return None


@dataclass
class Fans:
    """They keep each other's poems, each of them once, as fast as they are answered."""

    stand_in: StandIn
    people: Sequence[Person]
    channel: Channel
    chance: Random
    patience: float = 60.0
    cards: dict[int, Message] = field(default_factory=dict)
    """By their poems."""
    pressed: list[tuple[int, Asked]] = field(default_factory=list)
    """The poem, and how its star was pressed."""

    async def crowd_in(self) -> None:
        """For ever."""
        await asyncio.gather(*map(self._ask_and_keep, self.people))

    async def _ask_and_keep(self, person: Person) -> None:
        while True:
            asked = await self.stand_in.types(person, self.channel, "poem")
            with suppress(TimeoutError):
                async with asyncio.timeout(self.patience):
                    poem_id, card = await self.stand_in.until(lambda asked=asked: poem_on(asked.answer))  # type: ignore[misc]
                    self.cards[poem_id] = card
                    for fan in self.chance.sample(self.people, self.chance.randint(1, len(self.people))):
                        star = await self.stand_in.presses(fan, self.channel, card, "keep")
                        self.pressed.append((poem_id, star))

    def acknowledged(self) -> set[tuple[int, int]]:
        """Person and poem of each favourite that somebody saw."""
        seen = [(poem, asked) for poem, asked in self.pressed if asked.callback and asked.callback["type"] == UPDATED]
        return {(asked.person.id, poem) for poem, asked in seen}


@dataclass
class Kept:
    """What stands in the database, as a program reads it that is not the bot."""

    favorites: set[tuple[int, int]]
    poems: set[int]
    written_twice: int
    integrity: str

    @classmethod
    def read(cls, config: Config) -> Self:
        with closing(sqlite3.connect(config.storage.dir / DATABASE)) as file:
            written = "SELECT count(*) - count(DISTINCT request_id) FROM poems WHERE request_id <> 0"
            return cls(
                set(file.execute("SELECT person_id, poem_id FROM favorites")),
                {poem_id for (poem_id,) in file.execute("SELECT id FROM poems")},
                file.execute(written).fetchone()[0],
                file.execute("PRAGMA integrity_check").fetchone()[0],
            )


def with_daily_poem(stand_in: StandIn, config: Config) -> Channel:
    """A channel of a server whose poem of the day is due from now on."""
    channel = stand_in.server("with a poem of the day").channel("daily")
    assert channel.server is not None
    now = datetime.now(UTC)
    row = (channel.server.id, channel.id, now.hour * 60 + now.minute, (now - timedelta(days=1)).date().isoformat())
    with closing(sqlite3.connect(config.storage.dir / DATABASE)) as file, file:
        file.execute(
            "INSERT INTO servers (guild_id, daily_channel_id, daily_minute, daily_zone, daily_done, changed_at)"
            " VALUES (?, ?, ?, 'Etc/UTC', ?, 0)",
            row,
        )
    return channel


def with_hall(stand_in: StandIn, config: Config, poems: Channel, stars: int) -> Channel:
    """A hall of fame for the poems of a channel's server."""
    assert poems.server is not None
    hall = poems.server.channel("hall")
    with closing(sqlite3.connect(config.storage.dir / DATABASE)) as file, file:
        file.execute(
            "INSERT INTO servers (guild_id, fame_channel_id, fame_stars, changed_at) VALUES (?, ?, ?, 0)",
            (poems.server.id, hall.id, stars),
        )
    return hall
