"""The poem of the day, and what stands in its way."""

import asyncio
import json
import logging
import sqlite3
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

import discord
import pytest
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle
from simcord.enums import OverwriteType

from bot.services.daily import DailyService
from bot.services.refusals import Busy
from bot.services.schedule import hours_due
from bot.store.blocks import Subject
from bot.store.daily import DailyRepository
from model.requests import PoemRequest
from tests.bot.cogs.daily.conftest import ZONE, Clock, done, subscribe, tick, today
from tests.bot.support import rows
from tests.conftest import World


async def test_after_an_outage_what_is_two_hours_late_still_comes_and_missed_days_do_not(
    world: World, clock: Clock
) -> None:
    channel = await subscribe(world)
    await tick(world, clock, timedelta(days=3, hours=1, minutes=59))
    assert len(channel.history()) == 1
    await tick(world, clock, timedelta(minutes=1))
    await tick(world, clock, timedelta(days=2, hours=1))
    assert len(channel.history()) == 1


async def test_two_who_look_at_once_post_one_poem(world: World, clock: Clock) -> None:
    channel = await subscribe(world)
    await asyncio.gather(*(tick(world, clock) for _ in range(3)))

    assert len(channel.history()) == 1
    assert len(await rows(world.bot, "SELECT id FROM poems")) == 1


async def test_a_day_is_claimed_once_and_only_with_the_settings_that_were_read(world: World, clock: Clock) -> None:
    await subscribe(world)
    [due] = await world.bot.daily.due(clock.now)
    claims = await asyncio.gather(*(world.bot.daily.claim(due) for _ in range(5)))
    assert sorted(claims) == [False, False, False, False, True]
    changes: list[dict[str, str | int | None]] = [
        {"daily_channel_id": 5},
        {"daily_minute": 5},
        {"daily_zone": "UTC"},
        {"daily_channel_id": None},
    ]
    for change in changes:
        await world.bot.servers.choose(world.guild.id, {**asdict(due.settings), "daily_done": None}, clock.now)
        [due] = await world.bot.daily.due(clock.now)
        await world.bot.servers.choose(world.guild.id, change, clock.now)
        assert not await world.bot.daily.claim(due)


async def deny(world: World, channel: ChannelHandle, name: str) -> None:
    me = world.bot.user
    assert me is not None
    deny = discord.Permissions(**{name: True}).value
    overwrite = Overwrite(target_id=me.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
    world.env.backend.edit_channel(channel.id, {}, overwrites=[overwrite])
    await world.env.settle()


@pytest.mark.parametrize("how", ["gone", "send_messages", "view_channel", "blocked", "refused"])
async def test_where_it_cannot_be_posted_it_is_tried_again_the_next_day_only(
    world: World, clock: Clock, how: str, caplog: pytest.LogCaptureFixture, wishes: list[PoemRequest]
) -> None:
    channel = await subscribe(world)
    match how:
        case "gone":
            world.env.backend.delete_channel(channel.id)
            await world.env.settle()
        case "blocked":
            await world.bot.blocks.add(Subject.SERVER, world.guild.id, "spam", clock.now)
        case "refused":
            world.env.inject_error("POST", f"/channels/{channel.id}/messages", status=403, code=50013)
        case _:
            await deny(world, channel, how)
    for minute in range(3):
        await asyncio.gather(*(tick(world, clock) for _ in range(2)))
        clock.now += timedelta(minutes=minute)

    assert caplog.text.count(f"No poem of the day for server {world.guild.id}") == 1
    assert await done(world) == today(clock).isoformat()
    assert bool(wishes) == (how == "refused")
    assert (await world.bot.servers.of(world.guild.id)).daily_channel_id == channel.id


async def test_after_silence_of_discord_the_next_minute_posts_the_same_poem(
    world: World, clock: Clock, caplog: pytest.LogCaptureFixture, wishes: list[PoemRequest]
) -> None:
    channel = await subscribe(world)
    world.env.inject_error("POST", f"/channels/{channel.id}/messages", status=502)
    await tick(world, clock)
    assert not channel.history()
    assert "502" in caplog.text
    assert await done(world) == today(clock).isoformat()
    for minute in range(3):
        await tick(world, clock, timedelta(minutes=minute))
    assert len(channel.history()) == 1
    assert len(wishes) == 1
    assert not await rows(world.bot, "SELECT * FROM daily_posts")


@pytest.mark.parametrize("change", [{"daily_channel_id": None}, {"daily_channel_id": 5}])
async def test_what_nobody_wants_there_any_more_is_not_posted_late(
    world: World, clock: Clock, change: dict[str, int | None]
) -> None:
    channel = await subscribe(world)
    world.env.inject_error("POST", f"/channels/{channel.id}/messages", status=502)
    await tick(world, clock)
    await world.bot.servers.choose(world.guild.id, change, clock.now)
    await tick(world, clock, timedelta(minutes=1))
    assert not channel.history()


async def test_what_discord_does_not_take_for_two_hours_is_given_up(world: World, clock: Clock) -> None:
    channel = await subscribe(world)
    for passed in (timedelta(), timedelta(hours=2)):
        world.env.inject_error("POST", f"/channels/{channel.id}/messages", status=502)
        await tick(world, clock, passed)
    assert await rows(world.bot, "SELECT guild_id FROM daily_posts") == [(world.guild.id,)]
    await tick(world, clock, timedelta(minutes=1))
    assert not channel.history()
    assert not await rows(world.bot, "SELECT * FROM daily_posts")


async def test_while_poems_cannot_be_written_the_day_is_not_lost(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    channel = await subscribe(world)

    async def busy(*_: object) -> None:
        raise Busy

    with monkeypatch.context() as patch:
        patch.setattr(DailyService, "write", busy)
        await tick(world, clock)
        assert not channel.history()
        assert "has to wait: error.busy" in caplog.text
    await tick(world, clock, timedelta(minutes=2))
    assert len(channel.history()) == 1


async def test_one_server_that_fails_stops_neither_the_others_nor_the_next_minute(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    channel = await subscribe(world)

    async def broken(*_: object) -> None:
        raise RuntimeError("broken")

    async def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(DailyService, "write", broken)
        await tick(world, clock)
    with monkeypatch.context() as patch:
        patch.setattr(DailyRepository, "zones", locked)
        await tick(world, clock, timedelta(minutes=1))
    assert "failed" in caplog.text
    assert "nobody knows who is due" in caplog.text
    await tick(world, clock, timedelta(minutes=2))
    assert len(channel.history()) == 1


async def test_it_waits_for_a_server_that_is_out_of_reach(
    world: World, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    channel = await subscribe(world)
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    guild.unavailable = True
    await tick(world, clock)
    assert "is out of reach" in caplog.text
    assert not channel.history()
    guild.unavailable = False
    await tick(world, clock, timedelta(minutes=1))
    assert len(channel.history()) == 1


async def test_switched_off_while_it_is_written_it_does_not_come(
    world: World, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    channel = await subscribe(world)
    write = DailyService.write

    async def slowly(service: DailyService, *args: Any) -> Any:
        poem = await write(service, *args)
        await world.bot.servers.choose(world.guild.id, {"daily_channel_id": None}, clock.now)
        return poem

    monkeypatch.setattr(DailyService, "write", slowly)
    await tick(world, clock)
    assert not channel.history()
    assert not await rows(world.bot, "SELECT * FROM poems")


async def test_only_servers_that_may_be_due_are_read_through_an_index(world: World, clock: Clock) -> None:
    now = datetime.fromisoformat("2026-06-01T00:00:00+00:00")
    for guild_id, (minute, zone, left) in enumerate(
        [(0, "UTC", None), (1, "UTC", None), (480, ZONE, None), (481, ZONE, None), (0, ZONE, None), (0, "UTC", 1)],
        start=1,
    ):
        await world.bot.servers.choose(
            guild_id, {"daily_channel_id": 9, "daily_minute": minute, "daily_zone": zone}, now
        )
        async with world.bot.poems._database.transaction() as transaction:
            await transaction.execute("UPDATE servers SET left_at = ? WHERE guild_id = ?", (left, guild_id))
    repository = DailyRepository(world.bot.poems._database)

    assert sorted(await repository.zones()) == [ZONE, "UTC"]
    found = await repository.within(hours_due(await repository.zones(), now))
    assert sorted(guild_id for guild_id, _ in found) == [1, 3]
    assert sorted(due.guild_id for due in await world.bot.daily.due(now)) == [1, 3]
    plan = await rows(
        world.bot,
        "EXPLAIN QUERY PLAN SELECT guild_id FROM json_each('[]') AS hours"
        " CROSS JOIN servers ON daily_zone = json_extract(hours.value, '$[0]')"
        " AND daily_minute BETWEEN json_extract(hours.value, '$[1]') AND json_extract(hours.value, '$[2]')"
        " AND daily_channel_id IS NOT NULL AND left_at IS NULL",
    )
    assert any("servers_by_daily (daily_zone=? AND daily_minute>? AND daily_minute<?)" in row[3] for row in plan)


async def test_a_second_ready_starts_no_second_loop(world: World) -> None:
    for cog_name in ("DailyCog", "CommunityCog"):
        found: Any = world.bot.get_cog(cog_name)
        await found.on_ready()
    await subscribe(world, wait=timedelta(minutes=1))
    await world.env.advance_time(2 * 60)

    assert len(await rows(world.bot, "SELECT id FROM poems")) == 1


async def test_nothing_is_logged_where_nobody_is_due(
    world: World, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    await tick(world, clock)
    assert "oem of the day" not in caplog.text
    assert json.dumps(await rows(world.bot, "SELECT * FROM poems")) == "[]"
