"""The hall of fame where Discord is silent, a channel is closed, or a process ends in between."""

import discord
import pytest
from discord.utils import utcnow
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle
from simcord.enums import OverwriteType

from bot.cogs.posts import HallPoster
from bot.store.blocks import Subject
from tests.bot.halls import POSTS, idle, keep, lose_id, open_hall, write
from tests.bot.support import rows
from tests.conftest import World


async def forbid(world: World, hall: ChannelHandle, *denied: str) -> None:
    """Take permissions in the hall from the bot, and give it all others."""
    me = world.bot.user
    assert me is not None
    deny = discord.Permissions(**dict.fromkeys(denied, True)).value
    overwrite = Overwrite(target_id=me.id, type=OverwriteType.MEMBER, allow=0, deny=deny)
    world.env.backend.edit_channel(hall.id, {}, overwrites=[overwrite])
    await world.env.settle()


async def test_a_channel_that_is_gone_or_closed_is_logged_and_tried_again_with_the_next_star(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    hall = await open_hall(world)
    await write(world)
    for permission in ("send_messages", "view_channel"):
        await forbid(world, hall, permission)
        before = len(world.env.http_requests)
        await keep(world, 11, 12)
        assert not hall.history()
        assert len(world.env.http_requests) == before
    assert "may not write in the channel" in caplog.text
    assert not await rows(world.bot, POSTS)
    await forbid(world, hall)
    await keep(world, 13)
    assert len(hall.history()) == 1


async def test_a_deleted_channel_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    hall = await open_hall(world)
    await write(world)
    world.env.backend.delete_channel(hall.id)
    await world.env.settle()
    await keep(world, 11, 12)

    assert f"the channel {hall.id} is gone" in caplog.text
    assert not await rows(world.bot, POSTS)


async def test_a_server_that_is_out_of_reach_gets_its_post_with_a_later_star(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    guild = world.bot.get_guild(world.guild.id)
    assert guild is not None
    guild.unavailable = True
    await keep(world, 11, 12)
    assert not hall.history()
    guild.unavailable = False
    await keep(world, 13)
    assert len(hall.history()) == 1


async def test_a_poem_that_goes_while_it_is_posted_is_not_posted(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    hall = await open_hall(world)
    await write(world)

    async def gone(*_: object) -> None:
        return None

    monkeypatch.setattr(type(world.bot.poems), "find", gone)
    await keep(world, 11, 12)
    assert not hall.history()
    assert not await rows(world.bot, POSTS)


async def test_a_hall_in_a_thread_needs_the_permission_to_write_in_threads(world: World) -> None:
    hall = await open_hall(world)
    channel = world.bot.get_channel(hall.id)
    assert isinstance(channel, discord.TextChannel)
    thread = await channel.create_thread(name="hall", type=discord.ChannelType.public_thread)
    await world.env.settle()
    await world.bot.servers.choose(world.guild.id, {"fame_channel_id": thread.id}, utcnow())
    await write(world)
    await forbid(world, hall, "send_messages_in_threads")
    await keep(world, 11, 12)
    assert not await rows(world.bot, POSTS)
    await forbid(world, hall, "send_messages")
    await keep(world, 13)
    assert await rows(world.bot, POSTS) == [(1, thread.id, 1, "shown")]


async def test_words_that_a_server_does_not_want_stay_out(world: World, caplog: pytest.LogCaptureFixture) -> None:
    hall = await open_hall(world)
    await write(world, start="月山")
    await world.bot.server_words.replace(world.guild.id, ["月山"])
    await keep(world, 11, 12)

    assert "words that are not wanted" in caplog.text
    assert not hall.history()


async def test_a_blocked_server_gets_nothing(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await world.bot.blocks.add(Subject.SERVER, world.guild.id, "spam", utcnow())
    await keep(world, 11, 12)

    assert not hall.history()


async def test_a_refusal_of_discord_releases_the_poem(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    world.env.inject_error("POST", f"/channels/{hall.id}/messages", status=400, code=50035)
    await keep(world, 11, 12)
    assert not await rows(world.bot, POSTS)
    await keep(world, 13)
    assert len(hall.history()) == 1


async def test_where_discord_is_silent_the_next_star_looks_whether_the_post_is_there(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    world.env.inject_error("POST", f"/channels/{hall.id}/messages", status=502)
    await keep(world, 11)
    await keep(world, 12)
    assert await rows(world.bot, POSTS) == [(1, hall.id, 0, "posting")]
    await keep(world, 13)

    assert len(hall.history()) == 1
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]


async def restart(world: World) -> None:
    """As at the start of a process."""
    await world.bot.fame.start(HallPoster(world.bot))
    await idle(world.bot.fame)


async def test_a_post_that_the_process_did_not_outlive_is_found_at_the_next_start(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await write(world)
    await keep(world, 11, 12, poem=2)
    await keep(world, 11, 12)
    await lose_id(world)
    await restart(world)

    assert len(hall.history()) == 2
    assert sorted(await rows(world.bot, POSTS)) == [(1, hall.id, 1, "shown"), (2, hall.id, 1, "shown")]
    [[one], [two]] = await rows(world.bot, "SELECT message_id FROM fame_posts ORDER BY poem_id")
    assert one > two


async def test_a_claim_whose_message_was_never_sent_is_posted_at_the_next_start(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    message = hall.last_message
    assert message is not None
    await message.delete()
    await lose_id(world)
    await restart(world)

    assert len(hall.history()) == 1
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]


async def test_where_the_channel_cannot_be_read_a_poem_rather_stays_out_than_stands_there_twice(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    await lose_id(world)
    await forbid(world, hall, "read_message_history")
    await restart(world)

    assert len(hall.history()) == 1
    assert "is left out: the bot may not read" in caplog.text
    await forbid(world, hall)
    await restart(world)
    assert len(hall.history()) == 1
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]
