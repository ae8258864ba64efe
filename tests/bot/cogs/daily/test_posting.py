"""The poem of the day: once, at its hour, in the server's way."""

from datetime import timedelta
from typing import Any

import discord

from bot.services.seasons import occasion_of
from model.forms import Form
from model.requests import PoemRequest
from tests.bot.cogs.daily.conftest import Clock, done, subscribe, tick, today
from tests.bot.halls import said, star
from tests.bot.support import rows
from tests.conftest import World


def ids(message: discord.Message) -> set[str]:
    found, parts = set[str](), list[Any](message.components)
    for part in parts:
        found.add(getattr(part, "custom_id", None) or "")
        parts.extend(getattr(part, "children", ()))
    return found


async def test_a_poem_comes_at_its_hour_and_no_second_one(world: World) -> None:
    channel = await subscribe(world, wait=timedelta(minutes=3))
    await world.env.advance_time(60)
    assert not channel.history()
    await world.env.advance_time(5 * 60)

    assert len(channel.history()) == 1


async def test_it_is_a_card_of_its_season_with_all_buttons(
    world: World, clock: Clock, wishes: list[PoemRequest]
) -> None:
    channel = await subscribe(world, form="五绝")
    await tick(world, clock)
    [first] = channel.history()
    occasion = occasion_of(today(clock))

    assert f"🗓️ Poem of the day · {occasion.name}: " in said(first)
    assert {"poem:1:keep", "poem:1:another", "poem:1:craft", "poem:1:picture", "poem:1:remove"} <= ids(first)
    assert [(wish.form, wish.theme) for wish in wishes] == [(Form.WUJUE, occasion.theme)]
    assert await done(world) == today(clock).isoformat()


async def test_it_comes_each_day_once(world: World, clock: Clock) -> None:
    channel = await subscribe(world)
    for day in range(1, 4):
        await tick(world, clock)
        await tick(world, clock, timedelta(minutes=1))
        await tick(world, clock, timedelta(hours=1))
        assert len(channel.history()) == day
        await tick(world, clock, timedelta(hours=22, minutes=58))
        assert len(channel.history()) == day
        clock.now += timedelta(minutes=1)


async def test_it_is_kept_as_the_bots_own(world: World, clock: Clock) -> None:
    await subscribe(world)
    await tick(world, clock)
    me = world.bot.user
    assert me is not None

    [row] = await rows(world.bot, "SELECT request_id, person_id, guild_id FROM poems")
    assert row == (0, me.id, world.guild.id)
    assert not (await world.bot.poems.of_person(world.alice.id)).rows
    assert {fact.count for fact in await world.bot.privacy.facts(world.alice.id)} == {0}
    assert not await rows(world.bot, "SELECT * FROM requests")


async def test_people_keep_it_and_it_enters_the_hall(world: World, clock: Clock) -> None:
    channel = await subscribe(world)
    hall = world.guild.create_text_channel("hall")
    await world.env.settle()
    await world.bot.servers.choose(world.guild.id, {"fame_channel_id": hall.id, "fame_stars": 1}, clock.now)
    await tick(world, clock)
    card = channel.last_message
    assert card is not None
    await world.alice.click(card, custom_id="poem:1:keep")

    assert star(channel.last_message) == "1"
    assert "Poem of the day" in said(channel.last_message)
    assert said(hall.last_message).endswith("🏛️ Hall of fame")


async def test_it_comes_in_the_servers_language_script_and_form(
    world: World, clock: Clock, wishes: list[PoemRequest]
) -> None:
    channel = await subscribe(world, language="zh-TW", script="hant", form="七绝")
    await tick(world, clock)

    assert "每日一詩 · " in said(channel.last_message)
    [wish] = wishes
    assert (wish.form, wish.script) == (Form.QIJUE, "hant")


async def test_a_server_that_wants_no_form_gets_no_theme(world: World, clock: Clock, wishes: list[PoemRequest]) -> None:
    channel = await subscribe(world, form="free")
    await tick(world, clock)

    assert [(wish.form, wish.theme) for wish in wishes] == [(None, None)]
    assert "left aside" not in said(channel.last_message)


async def test_a_theme_that_a_server_does_not_want_is_left_out(
    world: World, clock: Clock, wishes: list[PoemRequest]
) -> None:
    channel = await subscribe(world, form="五绝")
    await world.bot.server_words.replace(world.guild.id, [occasion_of(today(clock)).theme])
    await tick(world, clock)

    assert {wish.theme for wish in wishes} == {None}
    assert channel.history()
