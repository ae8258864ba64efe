"""The hall of fame: who enters, once; what the message says; and what becomes of it."""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import discord
import pytest
from discord.utils import utcnow
from simcord import Env
from simcord.backend.models import Overwrite
from simcord.builders import ChannelHandle
from simcord.enums import OverwriteType

from bot.cogs.posts import HallPoster, reaching_discord
from bot.services import fame
from bot.services.fame import FameService, Unclear
from bot.services.refusals import Busy
from bot.store.blocks import Subject
from bot.store.database import Database
from bot.store.fame import FamePost, FameRepository, Renown
from bot.ui.presses import Press, custom_id
from tests.bot.support import rows
from tests.conftest import World

STARS = 2
POSTS = "SELECT poem_id, channel_id, message_id IS NOT NULL, state FROM fame_posts"


async def open_hall(world: World, stars: int = STARS) -> ChannelHandle:
    hall = world.guild.create_text_channel("hall")
    await world.env.settle()
    await world.bot.servers.choose(world.guild.id, {"fame_channel_id": hall.id, "fame_stars": stars}, utcnow())
    return hall


async def write(world: World, **options: Any) -> discord.Message:
    """A poem by Alice. Returns its card; the first has the id 1."""
    await world.alice.slash(world.channel, "poem", **options)
    message = world.channel.last_message
    assert message is not None
    return message


async def keep(world: World, *people: int, poem: int = 1) -> None:
    for person in people:
        await world.bot.favorites.keep(person, poem, utcnow())
        await world.bot.fame.consider(poem)
    await idle(world.bot.fame)


async def idle(service: FameService) -> None:
    """Wait until all is done that was begun from here."""
    while service._task is not None:
        await service._task


async def refresh(world: World) -> None:
    """The round that comes every few minutes."""
    community: Any = world.bot.get_cog("CommunityCog")
    await community.refresh_fame()
    await idle(world.bot.fame)


def said(message: discord.Message | None) -> str:
    assert message is not None
    parts: list[Any] = list(message.components)
    found = []
    while parts:
        part = parts.pop(0)
        found.append(getattr(part, "content", ""))
        parts = list(getattr(part, "children", ())) + parts
    return "\n".join(found)


def star(message: discord.Message | None, poem: int = 1) -> str | None:
    """What stands beside the star of a card."""
    assert message is not None
    parts: list[Any] = list(message.components)
    for part in parts:
        if getattr(part, "custom_id", None) == custom_id(poem, Press.KEEP):
            label: str | None = part.label
            return label
        parts.extend(getattr(part, "children", ()))
    raise AssertionError("no star")


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


async def lose_id(world: World) -> None:
    """As if the process had ended before it could note which message it was."""
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("UPDATE fame_posts SET message_id = NULL, state = 'posting'")


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


async def test_withdrawn_poems_leave_every_hall_at_once(world: World) -> None:
    hall = await open_hall(world)
    for _ in range(3):
        await write(world)
    for poem in (1, 2, 3):
        await keep(world, 11, 12, poem=poem)
    await world.bot.fame.withdraw([1, 3, 99])
    await idle(world.bot.fame)

    assert [star(message, 2) for message in hall.history()] == ["2"]
    assert await rows(world.bot, POSTS) == [(2, hall.id, 1, "shown")]


@pytest.mark.parametrize("how", ["message gone", "channel gone", "id unknown", "never sent"])
async def test_withdrawing_what_is_out_of_reach_forgets_it(world: World, how: str) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    message = hall.last_message
    assert message is not None
    if how in ("message gone", "never sent"):
        await message.delete()
    if how in ("id unknown", "never sent"):
        await lose_id(world)
    if how == "channel gone":
        world.env.backend.delete_channel(hall.id)
        await world.env.settle()
    await world.bot.fame.withdraw([1])
    await idle(world.bot.fame)

    assert not await rows(world.bot, POSTS)
    if how != "channel gone":
        assert not hall.history()


async def test_a_message_that_could_not_be_deleted_is_deleted_in_the_next_round(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    world.env.inject_error("DELETE", f"/channels/{hall.id}/messages/*", status=500)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")  # its post goes with it, whoever deletes it
    await world.bot.fame.consider(1)
    await idle(world.bot.fame)
    assert len(hall.history()) == 1
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "withdrawn")]
    await refresh(world)

    assert not hall.history()
    assert not await rows(world.bot, POSTS)


async def test_a_message_that_cannot_be_changed_stays_as_it_is(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12, 13)
    world.env.inject_error("PATCH", f"/channels/{hall.id}/messages/*", status=400, code=30046)
    await refresh(world)
    assert "poem 1 stays as it is" in caplog.text
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "shown")]
    await keep(world, 14)
    world.env.inject_error("PATCH", f"/channels/{hall.id}/messages/*", status=500)
    await refresh(world)
    assert await rows(world.bot, POSTS) == [(1, hall.id, 1, "stale")]
    await refresh(world)
    assert star(hall.last_message) == "4"


async def test_a_message_that_a_moderator_deleted_does_not_come_back(world: World) -> None:
    hall = await open_hall(world)
    await write(world)
    await keep(world, 11, 12)
    message = hall.last_message
    assert message is not None
    await message.delete()
    await keep(world, 13)
    await refresh(world)
    await keep(world, 14)

    assert not hall.history()


async def test_a_database_that_fails_stops_nobody(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hall = await open_hall(world)
    await write(world)

    async def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    with monkeypatch.context() as patch:
        patch.setattr(FameRepository, "renown", locked)
        patch.setattr(FameRepository, "unsettled", locked)
        await keep(world, 11, 12)
        await refresh(world)
    assert "could not see to poem 1" in caplog.text
    assert "nothing could be brought up to date" in caplog.text
    await keep(world, 13)
    assert len(hall.history()) == 1


@pytest.mark.parametrize("silence", [aiohttp.ClientConnectionError("no line"), TimeoutError("slow"), OSError("down")])
def test_a_line_that_breaks_leaves_it_unclear(silence: Exception) -> None:
    with pytest.raises(Unclear), reaching_discord():
        raise silence


class Slow:
    """A poster whose messages are sent only when it is told so."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.go_on = asyncio.Event()
        self.posted = 0
        self.removed: list[int] = []

    async def post(self, _channel_id: int, _renown: Renown) -> int:
        self.begun.set()
        await self.go_on.wait()
        self.posted += 1
        return 77

    async def change(self, _channel_id: int, _message_id: int, _renown: Renown) -> None:
        raise NotImplementedError

    async def remove(self, _channel_id: int, message_id: int) -> None:
        self.removed.append(message_id)

    async def find(self, _post: FamePost) -> int | None:
        raise Unclear("silence")


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """With a poem that has the id 1 and a star more than its server wants."""
    database = await Database.open(tmp_path / "t.db")
    async with database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO poems (request_id, person_id, guild_id, text, start, unknown, seed, script, wish, weights,"
            " version, made_at, loved) VALUES (1, 2, 3, '月', '', '', 3, 'hans', '{}', 'abc', '1', 0, 2)"
        )
        await transaction.execute(
            "INSERT INTO servers (guild_id, fame_channel_id, fame_stars, changed_at) VALUES (3, 4, 1, 0)"
        )
    yield database
    await database.close()


async def states(database: Database) -> list[str]:
    return [state for (state,) in await database.fetch_all("SELECT state FROM fame_posts")]


@pytest.mark.parametrize("how", ["withdrawn", "deleted"])
async def test_what_is_withdrawn_while_it_is_posted_goes_right_after(database: Database, how: str) -> None:
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    await service.start(poster)
    await service.consider(1)
    await poster.begun.wait()
    if how == "withdrawn":
        await service.withdraw([1])
    else:
        async with database.transaction() as transaction:
            await transaction.execute("DELETE FROM poems")
    poster.go_on.set()
    await idle(service)
    await service.refresh()
    await idle(service)

    assert (poster.posted, poster.removed) == (1, [77])
    assert not await states(database)


async def test_closing_finishes_what_is_being_posted_and_takes_no_more(database: Database) -> None:
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    await service.start(poster)
    await service.consider(1)
    await poster.begun.wait()
    await service.consider(2)
    asyncio.get_running_loop().call_soon(poster.go_on.set)
    await service.close()
    await service.close()

    assert await states(database) == ["shown"]
    await service.consider(1)
    assert service._task is None


async def test_a_star_before_the_start_counts_once_it_has_started(database: Database) -> None:
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    poster.go_on.set()
    await service.consider(1)
    assert not await states(database)
    await service.start(poster)
    await idle(service)

    assert (poster.posted, await states(database)) == (1, ["shown"])


async def test_silence_while_looking_for_a_post_leaves_it_for_later(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO fame_posts VALUES (1, 3, 4, NULL, 'posting', 0)")
    service, poster = FameService(FameRepository(database), utcnow), Slow()
    await service.start(poster)
    await idle(service)

    assert "poem 1 in channel 4 waits: silence" in caplog.text
    assert (poster.posted, await states(database)) == (0, ["posting"])


async def test_too_many_poems_do_not_fill_the_memory(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(fame, "MOST_WAITING", 2)
    service = FameService(FameRepository(database), utcnow)
    for poem in (1, 2, 3):
        await service.consider(poem)

    assert "poem 3 is passed over" in caplog.text
    assert len(service._waiting) == 2


async def test_a_claim_is_given_once_and_for_no_poem_that_is_gone(database: Database) -> None:
    posts = FameRepository(database)
    renown = await posts.renown(1)
    assert renown is not None
    claims = await asyncio.gather(*(posts.claim(renown, utcnow()) for _ in range(5)))
    assert sorted(claims) == [False, False, False, False, True]
    async with database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")
        await transaction.execute("DELETE FROM fame_posts")
    assert not await posts.claim(renown, utcnow())


async def test_a_poem_that_is_in_a_hall_already_is_not_claimed_again(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    posts = FameRepository(database)
    renown = await posts.renown(1)
    assert renown is not None
    assert await posts.claim(renown, utcnow())

    async def none(*_: object) -> list[FamePost]:
        return []  # as it was before somebody else claimed it

    monkeypatch.setattr(FameRepository, "posts", none)
    service, poster = FameService(posts, utcnow), Slow()
    await service.start(poster)
    await service.consider(1)
    await idle(service)
    assert not poster.begun.is_set()


async def test_what_is_to_be_done_is_found_without_reading_all_posts(database: Database) -> None:
    plan = await database.fetch_all(
        "EXPLAIN QUERY PLAN SELECT poem_id FROM fame_posts WHERE state IN ('stale', 'withdrawn')"
        " AND state != 'shown' ORDER BY state, poem_id LIMIT 50"
    )
    assert ["USING COVERING INDEX fame_posts_unsettled" in row[3] for row in plan] == [True]
