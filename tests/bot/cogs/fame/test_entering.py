"""The hall of fame: which poems enter, once, and what their message says."""

import asyncio
from typing import Any

import pytest
from discord.utils import utcnow
from simcord import Env

from bot.services.refusals import Busy
from bot.ui.presses import Press, custom_id
from tests.bot.halls import POSTS, STARS, idle, keep, open_hall, refresh, said, star, write
from tests.bot.support import rows
from tests.conftest import World


async def test_a_poem_enters_when_enough_people_press_its_star(world: World) -> None:
    hall = await open_hall(world)
    card = await write(world, start="月")
    await world.alice.click(card, custom_id=custom_id(1, Press.KEEP))
    assert not hall.history()
    await world.bob.click(card, custom_id=custom_id(1, Press.KEEP))

    [post] = hall.history()
    poem = await world.bot.poems.get(1)
    assert poem is not None
    assert poem.text in said(post)
    assert "🏛️ Hall of fame · asked for by **alice**" in said(post)
    assert star(post) == "2"
    assert not post.mentions
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]


async def test_it_enters_once_however_often_stars_come_and_go(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    for person in (11, 12):
        await world.bot.favorites.keep(person, 1, utcnow())
    # Presses at the same moment.
    await asyncio.gather(*(world.bot.fame.consider(1) for _ in range(20)))
    await idle(world.bot.fame)
    await world.bot.favorites.let_go(11, 1)
    await keep(world, 11, 13)

    assert len(hall.history()) == 1


async def test_the_number_follows_but_not_with_every_star(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    await keep(world, 13, 14)
    assert star(hall.last_message) == "2"
    before = len(world.env.http_requests)
    await world.env.advance_time(10 * 60)

    assert star(hall.last_message) == "4"
    assert "asked for by **alice**" in said(hall.last_message)
    assert [request.method for request in world.env.http_requests[before:]] == ["GET", "PATCH"]
    await refresh(world)
    assert len(world.env.http_requests) == before + 2
    await world.bot.favorites.let_go(11, 1)
    await world.bot.favorites.let_go(12, 1)
    await world.bot.favorites.let_go(13, 1)
    await keep(world, 15)
    await refresh(world)
    assert star(hall.last_message) == "2"
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]


async def test_the_post_speaks_the_servers_language(world: World) -> None:
    hall = await open_hall(world)
    await world.bot.servers.choose(world.guild.id, {"language": "zh-TW"}, utcnow())
    await write(world)
    await keep(world, 11, 12)

    assert "佳作榜 · 求詩者：**alice**" in said(hall.last_message)


async def test_names_are_only_text(world: World, env: Env) -> None:
    hostile = world.guild.add_member(env.create_user("x" * 5, global_name="**@everyone** <@1>"))
    hall = await open_hall(world)
    await hostile.slash(world.channel, "poem")
    await keep(world, 11, 12)

    assert "@everyone" not in said(hall.last_message)
    assert "<@1>" not in said(hall.last_message)
    assert "everyone" in said(hall.last_message)


async def test_who_cannot_be_named_is_not(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    world.env.inject_error("GET", f"/guilds/{world.guild.id}/members/*", status=404, code=10007)
    await keep(world, 11, 12)

    assert said(hall.last_message).endswith("🏛️ Hall of fame")


async def test_a_server_with_pictures_has_them_in_its_hall_while_the_bot_may_attach_them(world: World) -> None:
    hall = await open_hall(world)
    await world.bot.servers.choose(world.guild.id, {"display": "picture"}, utcnow())

    async def picture(poem_id: int, poem: Any) -> bytes:
        return b"\x89PNG"

    world.bot.pictures.picture = picture  # type: ignore[method-assign]
    await write(world)
    await write(world)
    await keep(world, 11, 12)
    first = hall.last_message
    assert first is not None
    assert [attachment.content_type for attachment in first.attachments] == ["image/png"]
    await keep(world, 13)
    await refresh(world)
    first = hall.last_message
    assert first is not None
    assert (star(first), len(first.attachments)) == ("3", 1)


async def test_without_a_picture_the_text_stands_alone(world: World) -> None:
    hall = await open_hall(world)
    await world.bot.servers.choose(world.guild.id, {"display": "picture"}, utcnow())
    await write(world)

    async def picture(poem_id: int, poem: Any) -> bytes:
        raise Busy

    world.bot.pictures.picture = picture  # type: ignore[method-assign]
    await keep(world, 11, 12)
    assert hall.last_message is not None
    assert not hall.last_message.attachments


@pytest.mark.parametrize("what", ["no hall", "switched off", "direct message", "too few", "nobody's", "gone", "left"])
async def test_poems_that_have_no_place_in_a_hall(world: World, what: str) -> None:
    hall = await open_hall(world, stars=3 if what == "too few" else STARS)
    if what == "no hall":
        await world.bot.servers.choose(world.guild.id, {"fame_channel_id": None}, utcnow())
    await write(world)
    database = world.bot.poems._database
    changes = {
        "switched off": "UPDATE servers SET fame_stars = NULL",
        "direct message": "UPDATE poems SET guild_id = NULL",
        "nobody's": "UPDATE poems SET person_id = 0",
        "left": "UPDATE servers SET left_at = 1",
    }
    for person in (11, 12):
        await world.bot.favorites.keep(person, 1, utcnow())
    async with database.transaction() as transaction:
        await transaction.execute(changes.get(what, "SELECT 1"))
        if what == "gone":
            await transaction.execute("DELETE FROM poems")
    await world.bot.fame.consider(1)
    await idle(world.bot.fame)

    assert not hall.history()
    assert not await rows(world.bot, POSTS)
