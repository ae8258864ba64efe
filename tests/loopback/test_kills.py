"""The process is killed at any moment, and started again: what was acknowledged is there, and nothing comes twice."""

import asyncio
import signal
from collections import Counter
from random import Random

import pytest

from bot.config import Config
from bot.store.database import DATABASE, Database
from loopback.running import connected, running
from loopback.server import StandIn
from tests.loopback.fans import Fans, Kept, poem_on, with_daily_poem

SEED = 20261127
STARTING_SECONDS = 3.0
WORKING_SECONDS = 1.5
"""Within these it is killed, counted from its start and from its first answer."""
PEOPLE = 6
UNLIMITED = {"TANGPOET_LIMITS__PERSON_PER_MINUTE": "600", "TANGPOET_LIMITS__SERVER_PER_MINUTE": "60000"}


async def kill_at_a_moment(config: Config, stand_in: StandIn, fans: Fans, chance: Random, *, working: bool) -> None:
    """Start the bot, and kill it: while it starts, or while it works."""
    before, cards = stand_in.gateway.identified, len(fans.cards)
    async with running(config, stand_in, **UNLIMITED) as bot:
        asking = None
        if working:
            await stand_in.until(lambda: stand_in.gateway.identified > before and stand_in.gateway.ready)
            asking = asyncio.create_task(fans.crowd_in())
            await stand_in.until(lambda: len(fans.cards) > cards, while_runs=asking)
            await asyncio.sleep(chance.uniform(0, WORKING_SECONDS))
        else:
            await asyncio.sleep(chance.uniform(0, STARTING_SECONDS))
        bot.send(signal.SIGKILL)
        if asking is not None:
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
        assert await bot.end() == -signal.SIGKILL, bot.log
        assert "Traceback" not in bot.log
    await stand_in.until(lambda: stand_in.gateway.socket is None)


async def kill_again_and_again(config: Config, stand_in: StandIn, rounds: int, starting: int) -> Counter[str]:
    """Kill the bot so many times, so many of them while it starts.

    Returns:
        What happened how often.
    """
    chance = Random(SEED)
    people = [stand_in.person(f"person {number}") for number in range(PEOPLE)]
    fans = Fans(stand_in, people, stand_in.server("poets").channel("poems"), chance)
    await (await Database.open(config.storage.dir / DATABASE)).close()
    daily = []
    while_starting = set(chance.sample(range(rounds), starting))
    for number in range(rounds):
        daily.append(with_daily_poem(stand_in, config))
        await kill_at_a_moment(config, stand_in, fans, chance, working=number not in while_starting)
        kept = Kept.read(config)
        assert (kept.integrity, kept.written_twice) == ("ok", 0), number
        assert fans.acknowledged() <= kept.favorites, number
        assert fans.cards.keys() <= kept.poems, number
        assert all(len(stand_in.rest.posted(place)) <= 1 for place in daily), number
    # The last start needs no more help than the others did.
    async with connected(config, stand_in):
        _, card = fans.cards.popitem()
        pressed = await stand_in.presses(people[0], fans.channel, card, "another")
        assert await stand_in.until(lambda: poem_on(pressed.answer))
        await stand_in.until(lambda: all(stand_in.rest.posted(place) for place in daily))
    assert all(len(stand_in.rest.posted(place)) == 1 for place in daily)
    return Counter(
        {
            "killed": rounds,
            "killed while it started": starting,
            "poems answered": len(fans.cards) + 1,
            "stars pressed": len(fans.pressed),
            "favourites acknowledged": len(fans.acknowledged()),
            "favourites kept": len(Kept.read(config).favorites),
            "poems of the day due": len(daily),
            "poems of the day posted": sum(len(stand_in.rest.posted(place)) for place in daily),
        }
    )


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
