"""The process is killed at any moment, and started again: what was acknowledged is there, and nothing comes twice."""

import asyncio
import re
import signal
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from bot.config import Config
from bot.store.database import DATABASE, Database
from loopback.people import Asked, Channel, Message, Person
from loopback.running import connected, running
from loopback.server import StandIn

SEED = 20261127
STARTING_SECONDS = 3.0
WORKING_SECONDS = 1.5
"""Within these it is killed, counted from its start and from its first answer."""
MOST_AT_ONCE = 6
UNLIMITED = {"TANGPOET_LIMITS__PERSON_PER_MINUTE": "600", "TANGPOET_LIMITS__SERVER_PER_MINUTE": "60000"}
UPDATED = 7
_KEEP = re.compile(r"poem:([0-9]+):keep")


def poem_on(answer: Message | None) -> tuple[int, Message] | None:
    """The poem on a card, and the card; None for a message that only says how many come before."""
    for component in answer.components if answer is not None else ():
        if (found := _KEEP.fullmatch(str(component.get("custom_id")))) and answer is not None:
            return int(found[1]), answer
    return None


@dataclass
class Crowd:
    """People who have poems written and keep them, one over the other's shoulder, as fast as they are answered."""

    stand_in: StandIn
    people: list[Person]
    channel: Channel
    chance: Random
    cards: dict[int, Message] = field(default_factory=dict)
    """By their poems."""
    pressed: list[tuple[int, Asked]] = field(default_factory=list)
    """The poem, and how its star was pressed."""

    async def crowd_in(self) -> None:
        """Until the bot is gone."""
        with suppress(ConnectionError):
            await asyncio.gather(*map(self._ask_and_keep, self.people))

    async def _ask_and_keep(self, person: Person) -> None:
        while True:
            asked = await self.stand_in.types(person, self.channel, "poem")
            poem_id, card = await self.stand_in.until(lambda asked=asked: poem_on(asked.answer))  # type: ignore[misc]
            self.cards[poem_id] = card
            for fan in self.chance.sample(self.people, self.chance.randint(1, len(self.people))):
                self.pressed.append((poem_id, await self.stand_in.presses(fan, self.channel, card, "keep")))

    def acknowledged(self) -> set[tuple[int, int]]:
        """Person and poem of each favourite that somebody saw."""
        seen = [(poem, asked) for poem, asked in self.pressed if asked.callback and asked.callback["type"] == UPDATED]
        return {(asked.person.id, poem) for poem, asked in seen}


@dataclass
class Kept:
    """What stands in the database, as a program reads it that is not the bot."""

    favorites: set[tuple[int, int]]
    poems: set[int]
    integrity: str

    @classmethod
    def read(cls, config: Config) -> "Kept":
        with closing(sqlite3.connect(config.storage.dir / DATABASE)) as file:
            return cls(
                set(file.execute("SELECT person_id, poem_id FROM favorites")),
                {poem_id for (poem_id,) in file.execute("SELECT id FROM poems")},
                file.execute("PRAGMA integrity_check").fetchone()[0],
            )


def places_of_daily_poems(stand_in: StandIn, config: Config) -> Iterator[Channel]:
    """Servers whose poem of the day is due from now on, as many as are asked for."""
    while True:
        channel = stand_in.server("with a poem of the day").channel("daily")
        assert channel.server is not None
        with closing(sqlite3.connect(config.storage.dir / DATABASE)) as file, file:
            now = datetime.now(UTC)
            file.execute(
                "INSERT INTO servers (guild_id, daily_channel_id, daily_minute, daily_zone, daily_done, changed_at)"
                " VALUES (?, ?, ?, 'Etc/UTC', ?, 0)",
                (
                    channel.server.id,
                    channel.id,
                    now.hour * 60 + now.minute,
                    (now - timedelta(days=1)).date().isoformat(),
                ),
            )
        yield channel


async def kill_at_a_moment(config: Config, stand_in: StandIn, crowd: Crowd, chance: Random, *, working: bool) -> None:
    """Start the bot, and kill it: while it starts, or while it works."""
    before, cards = stand_in.gateway.identified, len(crowd.cards)
    async with running(config, stand_in, **UNLIMITED) as bot:
        asking = None
        if working:
            await stand_in.until(lambda: stand_in.gateway.identified > before and stand_in.gateway.ready)
            asking = asyncio.create_task(crowd.crowd_in())
            await stand_in.until(lambda: len(crowd.cards) > cards, while_runs=asking)
            await asyncio.sleep(chance.uniform(0, WORKING_SECONDS))
        else:
            await asyncio.sleep(chance.uniform(0, STARTING_SECONDS))
        bot.send(signal.SIGKILL)
        if asking is not None:
            asking.cancel()
        assert await bot.end() == -signal.SIGKILL, bot.log
        assert "Traceback" not in bot.log
        if asking is not None:
            await asyncio.gather(asking, return_exceptions=True)
    await stand_in.until(lambda: stand_in.gateway.socket is None)


async def kill_again_and_again(config: Config, stand_in: StandIn, rounds: int, starting: int) -> Counter[str]:
    """Kill the bot so many times, so many of them while it starts.

    Returns:
        What happened how often.
    """
    chance = Random(SEED)
    people = [stand_in.person(f"person {number}") for number in range(MOST_AT_ONCE)]
    crowd = Crowd(stand_in, people, stand_in.server("poets").channel("poems"), chance)
    await (await Database.open(config.storage.dir / DATABASE)).close()
    daily = places_of_daily_poems(stand_in, config)
    places = []
    while_starting = set(chance.sample(range(rounds), starting))
    counts: Counter[str] = Counter()
    for number in range(rounds):
        places.append(next(daily))
        await kill_at_a_moment(config, stand_in, crowd, chance, working=number not in while_starting)
        kept = Kept.read(config)
        assert kept.integrity == "ok", number
        assert crowd.acknowledged() <= kept.favorites, number
        assert crowd.cards.keys() <= kept.poems, number
        assert all(len(stand_in.rest.posted(place)) <= 1 for place in places), number
    # The last start needs no more help than the others did.
    async with connected(config, stand_in):
        _, card = crowd.cards.popitem()
        pressed = await stand_in.presses(people[0], crowd.channel, card, "another")
        assert await stand_in.until(lambda: poem_on(pressed.answer))
    counts["killed"] = rounds
    counts["killed while it started"] = starting
    counts["poems answered"] = len(crowd.cards) + 1
    counts["stars pressed"] = len(crowd.pressed)
    counts["favourites acknowledged"] = len(crowd.acknowledged())
    counts["favourites kept"] = len(Kept.read(config).favorites)
    counts["poems of the day due"] = len(places)
    counts["poems of the day posted"] = sum(len(stand_in.rest.posted(place)) for place in places)
    return counts


async def test_a_bot_that_is_killed_loses_nothing_that_was_acknowledged(stand_in: StandIn, config: Config) -> None:
    counts = await kill_again_and_again(config, stand_in, rounds=2, starting=0)

    assert counts["favourites acknowledged"]
    assert counts["favourites kept"] >= counts["favourites acknowledged"]


@pytest.mark.soak
async def test_a_bot_that_is_killed_two_hundred_times(stand_in: StandIn, config: Config) -> None:
    counts = await kill_again_and_again(config, stand_in, rounds=200, starting=50)

    print(f"\nseed {SEED}")
    for name, count in counts.items():
        print(f"{name}: {count:,}")
    assert counts["favourites acknowledged"] > 200
