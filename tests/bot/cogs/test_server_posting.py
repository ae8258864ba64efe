"""`/server daily` and `/server fame`: where and when the bot posts by itself."""

import re
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import discord
import pytest
from simcord import InteractionResult, MemberActor, ResponseMessage

from bot.services.schedule import due
from bot.store.servers import ServerSettings
from tests.bot.panels import closed, kept, message_of, panel_of, pick, told, use
from tests.bot.support import buttons, components, emit, interact, text
from tests.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)


# The poem of the day.


async def test_the_poem_of_the_day_begins_at_the_next_such_moment(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "daily")
    assert "Off. It comes at 08:00 (UTC)" in text(panel)
    assert buttons(panel)["server:daily:off"]["disabled"]

    result = await pick(world, boss, panel, "server:daily:channel", world.channel)

    settings = await kept(world)
    assert (settings.daily_channel_id, settings.daily_minute, settings.daily_zone) == (world.channel.id, 480, "UTC")
    now = discord.utils.utcnow()
    seen_to = datetime.fromisoformat(settings.daily_done or "").replace(tzinfo=UTC)
    first = seen_to.replace(hour=8) + timedelta(days=1)
    assert 0 < (first - now).total_seconds() <= 86_400
    assert f"<t:{int(first.timestamp())}:F>" in text(result.response)
    assert not buttons(result.response).get("server:daily:off", {}).get("disabled")


async def when(world: World, boss: MemberActor, panel: ResponseMessage, time: str, zone: str) -> InteractionResult:
    shown = await boss.click(panel, custom_id="server:daily:when")
    return await boss.submit_modal(shown, {"time": time, "zone": zone})


async def test_hour_and_zone_are_chosen(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "daily")

    result = await when(world, boss, panel, "20:30", "new york")
    assert "Off. It comes at 20:30 (America/New_York)" in text(result.response)
    await pick(world, boss, panel, "server:daily:channel", world.channel)

    settings = await kept(world)
    assert (settings.daily_minute, settings.daily_zone) == (20 * 60 + 30, "America/New_York")


async def test_another_hour_gives_no_second_poem_of_the_day(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "daily")
    await pick(world, boss, panel, "server:daily:channel", world.channel)
    today = discord.utils.utcnow().date().isoformat()
    await world.bot.servers.choose(world.guild.id, {"daily_done": today}, NOW)  # it was posted

    await when(world, boss, panel, "23:59", "UTC")
    assert (await kept(world)).daily_done == today
    await world.bot.servers.choose(world.guild.id, {"daily_done": "2020-01-01"}, NOW)  # the bot was away
    other = world.guild.create_text_channel("other")
    await pick(world, boss, panel, "server:daily:channel", other)

    settings = await kept(world)
    assert (settings.daily_channel_id, settings.daily_done) == (other.id, "2020-01-01")
    await when(world, boss, panel, "0:00", "UTC")
    assert (await kept(world)).daily_done == today


async def test_it_is_switched_off_and_on_again(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "daily")
    await pick(world, boss, panel, "server:daily:channel", world.channel)
    await world.bot.servers.choose(world.guild.id, {"daily_done": "2020-01-01"}, NOW)

    press = use("server:daily:off", kind=2)
    message = message_of(world, panel)
    for _ in range(2):
        emit(world, press, kind=3, message=message, person=boss.id)  # by two at the same moment
    await world.env.settle()
    assert (await kept(world)).daily_channel_id is None
    assert "Off." in text(await panel_of(world, boss, "daily"))
    await pick(world, boss, panel, "server:daily:channel", world.channel)

    # The days in between are not made up for.
    assert ((await kept(world)).daily_done or "") > "2020-01-01"


@pytest.mark.parametrize("typed", ["25:00", "8:00 <@>"])
async def test_what_is_no_hour_is_said_so(world: World, boss: MemberActor, typed: str) -> None:
    panel = await panel_of(world, boss, "daily")
    shown = await boss.click(panel, custom_id="server:daily:when")
    result = await boss.submit_modal(shown, {"time": typed, "zone": "UTC"})

    assert "not an hour of the day" in told(result)
    assert await kept(world) == ServerSettings()
    assert world.env.errors


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("Asia/Shanhai", "`Asia/Shanghai`"),
        ("@everyone", "I do not know this time zone. Write"),
    ],
)
async def test_what_is_no_zone_is_answered_with_those_like_it(
    world: World, boss: MemberActor, typed: str, said: str
) -> None:
    panel = await panel_of(world, boss, "daily")
    result = await when(world, boss, panel, "8:00", typed)

    assert said in told(result)
    assert await kept(world) == ServerSettings()
    assert world.env.errors


async def test_the_schedule_sends_nothing_in_arrears(world: World, boss: MemberActor) -> None:
    """What the panel says comes next is what the schedule then finds due."""
    panel = await panel_of(world, boss, "daily")
    await when(world, boss, panel, "8:00", "Asia/Shanghai")
    result = await pick(world, boss, panel, "server:daily:channel", world.channel)

    settings, now = await kept(world), discord.utils.utcnow()
    [said] = re.findall(r"<t:([0-9]+):F>", text(result.response))
    first = datetime.fromtimestamp(int(said), UTC)
    assert first.astimezone(ZoneInfo("Asia/Shanghai")).hour == 8
    assert now < first <= now + timedelta(days=1)
    assert due(settings, now) is None
    assert due(settings, first - timedelta(seconds=1)) is None
    assert due(settings, first) == first.astimezone(ZoneInfo("Asia/Shanghai")).date()


# The hall of fame.


async def test_a_hall_of_fame_has_a_channel_and_a_number(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "fame")
    assert "5 people keep" in text(panel)
    result = await pick(world, boss, panel, "server:fame:channel", world.channel)
    assert f"5 people keep is posted in <#{world.channel.id}>" in text(result.response)

    shown = await boss.click(panel, custom_id="server:fame:when")
    result = await boss.submit_modal(shown, {"stars": "１００"})

    assert "100 people keep" in text(result.response)
    settings = await kept(world)
    assert (settings.fame_channel_id, settings.fame_stars) == (world.channel.id, 100)
    await boss.click(panel, custom_id="server:fame:off")
    settings = await kept(world)
    assert (settings.fame_channel_id, settings.fame_stars) == (None, 100)


@pytest.mark.parametrize("typed", ["1", "101", "many"])
async def test_what_is_no_number_of_stars_is_said_so(world: World, boss: MemberActor, typed: str) -> None:
    panel = await panel_of(world, boss, "fame")
    shown = await boss.click(panel, custom_id="server:fame:when")
    result = await boss.submit_modal(shown, {"stars": typed})

    assert "from 2 to 100" in told(result)
    assert await kept(world) == ServerSettings()
    assert world.env.errors


# Channels.


@pytest.mark.parametrize(
    ("posting", "denied", "missing"),
    [
        ("daily", ["view_channel"], "View Channel · Send Messages"),
        ("fame", ["view_channel"], "View Channel · Send Messages · Read Message History"),
        ("daily", ["send_messages"], "Send Messages"),
        ("fame", ["send_messages"], "Send Messages"),
        ("fame", ["read_message_history"], "Read Message History"),
    ],
)
async def test_a_channel_where_the_bot_may_not_write_is_declined(
    world: World, boss: MemberActor, posting: str, denied: list[str], missing: str
) -> None:
    channel = closed(world, "closed", *denied)
    panel = await panel_of(world, boss, posting)

    result = await pick(world, boss, panel, f"server:{posting}:channel", channel)

    assert f"I cannot post in <#{channel.id}>. I lack: {missing}." in told(result)
    assert await kept(world) == ServerSettings()


async def test_a_channel_that_is_gone_is_said_to_be(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "daily")
    gone = world.guild.create_text_channel("gone")
    await pick(world, boss, panel, "server:daily:channel", gone)
    await pick(world, boss, await panel_of(world, boss, "fame"), "server:fame:channel", gone)
    world.env.backend.delete_channel(gone.id)
    await world.env.settle()

    assert "is gone" in text(await panel_of(world, boss, "daily"))
    assert "is gone" in text(await panel_of(world, boss, "settings"))
    fame = await panel_of(world, boss, "fame")
    [menu] = [part for part in components(fame) if part["type"] == 8]
    assert not menu.get("default_values")


async def test_a_channel_that_goes_while_it_is_chosen_is_declined(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "fame")
    forged = use("server:fame:channel", "4242", kind=8)
    forged["resolved"] = {
        "channels": {"4242": {"id": "4242", "type": 0, "name": "x", "permissions": "0", "parent_id": None}}
    }

    result = await interact(world, forged, kind=3, message=message_of(world, panel), person=boss.id)

    assert "I do not see this channel" in told(result)
    assert await kept(world) == ServerSettings()


async def test_the_chosen_channel_is_shown(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "daily")
    result = await pick(world, boss, panel, "server:daily:channel", world.channel)

    [menu] = [part for part in components(result.response) if part["type"] == 8]
    assert menu["default_values"] == [{"id": world.channel.id, "type": "channel"}]
    assert menu["channel_types"] == [0, 5]
