"""A clock, and a server that wants a poem every day."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import discord
import pytest
from simcord.builders import ChannelHandle

from tests.conftest import World

ZONE = "Asia/Shanghai"


class Clock:
    """Shows what time it is to be."""

    def __init__(self, start: datetime) -> None:
        self.now = start

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Clock:
    """From now on time passes only where a test says so; the loop of the minutes stands still."""
    clock = Clock(discord.utils.utcnow().replace(second=0, microsecond=0))
    cog(world).each_minute.cancel()
    monkeypatch.setattr(discord.utils, "utcnow", clock)
    return clock


def cog(world: World) -> Any:
    return world.bot.get_cog("DailyCog")


async def subscribe(world: World, zone: str = ZONE, wait: timedelta = timedelta(), **changes: Any) -> ChannelHandle:
    """A daily poem, due after that time."""
    channel = world.guild.create_text_channel("daily")
    await world.env.settle()
    now = discord.utils.utcnow()
    due = (now + wait).astimezone(ZoneInfo(zone))
    minute, yesterday = due.hour * 60 + due.minute, due.date() - timedelta(days=1)
    await world.bot.servers.begin_daily(world.guild.id, channel.id, minute, zone, yesterday, now)
    if changes:
        await world.bot.servers.choose(world.guild.id, changes, now)
    return channel


async def tick(world: World, clock: Clock, passed: timedelta = timedelta()) -> None:
    """A minute's look at the servers, after that time."""
    clock.now += passed
    await cog(world).each_minute()


async def done(world: World) -> str | None:
    return (await world.bot.servers.of(world.guild.id)).daily_done


def today(clock: Clock) -> date:
    return clock.now.astimezone(ZoneInfo(ZONE)).date()
