"""The bot is killed in the very moment in which it posts a poem of the day: it comes once, and only once."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest

from bot.app import PoetBot
from bot.cogs.daily import DailyCog
from bot.config import Config
from bot.store.database import DATABASE, Database
from loopback.faults import Refused
from loopback.people import Channel
from loopback.rest import MISSING_ACCESS
from loopback.running import connected, kept, running
from loopback.server import StandIn
from tests.loopback.fans import poem_on, with_daily_poem

POST = ("POST", "channels/*/messages")
READ = ("GET", "channels/*/messages")


@pytest.fixture
async def daily(stand_in: StandIn, config: Config) -> Channel:
    """Where a poem of the day is due from now on."""
    await (await Database.open(config.storage.dir / DATABASE)).close()
    return with_daily_poem(stand_in, config)


async def kill_while_it_posts(config: Config, stand_in: StandIn, *, arrives: bool) -> None:
    """Discord takes the post or not; before it says so, the bot is killed."""
    stand_in.is_silent(*POST, works=arrives)
    async with running(config, stand_in) as process:
        await stand_in.until(lambda: stand_in.count("POST", "/messages"))
        process.send(signal.SIGKILL)
        await process.end()
    await stand_in.until(lambda: stand_in.gateway.socket is None)


async def settled(bot: PoetBot) -> None:
    """Wait until no poem of the day is under way."""
    async with asyncio.timeout(60):
        while await bot.daily._repository.unfinished():  # noqa: ASYNC110 - nobody is told of it
            await asyncio.sleep(0.01)


@asynccontextmanager
async def started_again(config: Config, stand_in: StandIn) -> AsyncIterator[PoetBot]:
    async with connected(config, stand_in) as bot:
        await settled(bot)
        yield bot


@pytest.mark.parametrize("arrives", [True, False])
async def test_a_poem_of_the_day_comes_once_however_the_bot_is_killed(
    stand_in: StandIn, config: Config, daily: Channel, *, arrives: bool
) -> None:
    await kill_while_it_posts(config, stand_in, arrives=arrives)
    assert len(stand_in.rest.posted(daily)) == arrives
    async with started_again(config, stand_in):
        [card] = stand_in.rest.posted(daily)
    assert poem_on(card)
    assert stand_in.count("POST", "/messages") == (1 if arrives else 2)
    assert await kept(config, "SELECT count(*) FROM poems") == [(1,)]


async def test_where_the_channel_cannot_be_read_discord_knows_the_first_attempt_again(
    stand_in: StandIn, config: Config, daily: Channel
) -> None:
    await kill_while_it_posts(config, stand_in, arrives=True)
    stand_in.refuses(*READ, Refused(403, MISSING_ACCESS, "Missing Access"), times=None)
    async with started_again(config, stand_in):
        assert len(stand_in.rest.posted(daily)) == 1
    assert stand_in.count("POST", "/messages") == 2


async def test_where_nothing_tells_whether_it_came_no_second_one_comes(
    stand_in: StandIn, config: Config, daily: Channel, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await kill_while_it_posts(config, stand_in, arrives=True)
    stand_in.refuses(*READ, Refused(403, MISSING_ACCESS, "Missing Access"), times=None)
    monkeypatch.setattr("bot.cogs.posts.KNOWS_NONCE", timedelta())
    async with started_again(config, stand_in):
        assert "No poem of the day" in caplog.text
    assert stand_in.count("POST", "/messages") == 1


async def test_what_was_killed_while_discord_was_away_comes_when_it_is_back(
    stand_in: StandIn, config: Config, daily: Channel
) -> None:
    await kill_while_it_posts(config, stand_in, arrives=False)
    fault = stand_in.refuses(*READ, Refused(429, 0, "slow down"), times=None)
    async with connected(config, stand_in) as bot:
        await stand_in.until(lambda: fault.met)
        stand_in.faults.waiting.clear()
        cog = bot.get_cog("DailyCog")
        assert isinstance(cog, DailyCog)
        assert not stand_in.rest.posted(daily)
        await cog.each_minute()
        await settled(bot)
    assert len(stand_in.rest.posted(daily)) == 1
