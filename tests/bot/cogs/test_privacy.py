"""`/privacy`, as a person sees it."""

import gzip
import io
import json
import re
import sqlite3
import sys

import discord
import pytest
from simcord import Env, InteractionResult, ResponseMessage

from bot.app import create_bot
from bot.config import Config
from bot.services.privacy import Privacy
from bot.store.blocks import Subject
from tests.bot.support import buttons, command, interact, rows, text
from tests.conftest import World, simulation

TABLES = ("poems", "favorites", "people", "additions", "requests", "reports", "faults")


async def privacy(world: World, what: str) -> InteractionResult:
    return await world.alice.slash(world.channel, f"privacy {what}")


def private(result: InteractionResult) -> ResponseMessage:
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


async def poem(world: World) -> int:
    await world.alice.slash(world.channel, "poem", start="月")
    [(poem_id,)] = await rows(world.bot, "SELECT max(id) FROM poems")
    return int(poem_id)


async def keep(world: World, person_id: int, poem_id: int) -> None:
    await world.bot.favorites.keep(person_id, poem_id, discord.utils.utcnow())


async def content(env: Env, message: ResponseMessage) -> list[tuple[str, bytes]]:
    return [(file.filename, await file.read()) for file in message.attachments]


async def test_show_counts_what_is_kept(world: World) -> None:
    await keep(world, world.alice.id, await poem(world))
    await world.alice.slash(world.channel, "add", a="1", b="2")
    shown = text(private(await privacy(world, "show")))

    assert "Poems written for you, and what you asked for: **1**, until you delete it" in shown
    assert "Favourites: **1**, until you delete it" in shown
    assert "Sums, with their numbers: **1**, forgotten after 365 days" in shown
    assert re.search(r"how they ended: \*\*[23]\*\*, forgotten after 90 days", shown)
    assert "repair: **0**, forgotten after 30 days" in shown
    assert "blocked you: **0**, as long as it holds" in shown
    assert "Backups of the database are kept for 30 days." in shown
    assert "not made to unlearn" in shown
    assert "Not kept: your name" in shown


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "收藏：**0**，存到你删除为止"), ("zh-TW", "90 天後刪去")])
@pytest.mark.parametrize("what", ["show", "export", "delete"])
async def test_every_page_speaks_the_persons_language(world: World, locale: str, said: str, what: str) -> None:
    data = {**command(world, "privacy"), "options": [{"type": 1, "name": what, "options": []}]}
    response = private(await interact(world, data, locale=locale))
    shown = text(response)

    assert not re.search("[A-Za-z]{4,} [a-z]{2,} ", shown), shown
    assert len(shown) <= 4_000
    if what == "show":
        assert said in shown


async def test_a_time_of_one_day_is_said_as_one(config: Config) -> None:
    retention = config.retention.model_copy(update={"requests_days": 1, "backup_days": 1})
    env = simulation(create_bot(config.model_copy(update={"retention": retention})))
    await env.start()
    try:
        guild = env.create_guild()
        alice = guild.add_member(env.create_user("alice"))
        shown = text((await alice.slash(guild.create_text_channel("poems"), "privacy show")).response)
    finally:
        await env.bot.close()
        await env.shutdown()

    assert "forgotten after 1 day\n" in shown
    assert "kept for 1 day." in shown


async def test_the_export_is_a_file_for_the_person_alone(world: World) -> None:
    poem_id = await poem(world)
    await world.bob.slash(world.channel, "poem")
    response = private(await privacy(world, "export"))

    [(name, file)] = await content(world.env, response)
    exported = json.loads(file)
    assert name == "tangpoet.json"
    assert exported["person_id"] == str(world.alice.id)
    assert [row["id"] for row in exported["poems"]] == [str(poem_id)]
    assert [row["command"] for row in exported["requests"]] == ["poem", "privacy export"]
    assert str(world.bob.id) not in file.decode()
    assert not any("export" in message.content for message in world.channel.history(viewer=world.bob))


async def test_an_export_over_discords_limit_comes_in_pieces_over_several_messages(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poem(world)
    # discord.py loads the extension as a module of its own.
    monkeypatch.setattr(sys.modules["bot.cogs.privacy"], "MOST_FILES", 2)
    data = {**command(world, "privacy"), "options": [{"type": 1, "name": "export", "options": []}]}
    result = await interact(world, data, attachment_size_limit=200)

    messages = [private(result), *result.followups]
    assert len(messages) == 2
    assert all(message.ephemeral for message in messages)
    assert f"in {sum(len(message.attachments) for message in messages)} pieces" in messages[0].content
    files = [file for message in messages for file in await content(world.env, message)]
    assert [name for name, _ in files] == [f"tangpoet.json.gz.{number:03}" for number in range(1, len(files) + 1)]
    packed = b"".join(file for _, file in files)
    assert json.loads(gzip.GzipFile(fileobj=io.BytesIO(packed)).read())["poems"]


async def test_delete_asks_first_and_then_leaves_nothing(world: World) -> None:
    poem_id = await poem(world)
    await world.alice.slash(world.channel, "add", a="1", b="2")
    await keep(world, world.alice.id, poem_id)
    asked = private(await privacy(world, "delete"))
    assert len(await rows(world.bot, "SELECT 1 FROM poems")) == 1
    assert "as long as" not in text(asked)
    assert "that stays; or else deleting would lift it" in text(asked)

    [button] = buttons(asked)
    result = await world.alice.click(asked, custom_id=button)

    said = text(private(result))
    assert "Everything is deleted" in said
    assert "Favourites: **1**" in said
    assert "Your settings" not in said
    assert not buttons(private(result))
    for table in TABLES:
        assert not await rows(world.bot, f"SELECT * FROM {table}"), table  # noqa: S608


async def test_a_poem_that_others_keep_still_works_for_them(world: World) -> None:
    shown = (await world.alice.slash(world.channel, "poem", start="月")).response
    assert shown is not None
    [(poem_id, verses)] = await rows(world.bot, "SELECT id, text FROM poems")
    await keep(world, world.bob.id, poem_id)
    result = await confirm(world)

    assert "without an author: **1**" in text(private(result))
    assert await rows(world.bot, "SELECT person_id, start, text, loved FROM poems") == [(0, "", verses, 1)]
    for press in ("craft", "another"):
        pressed = await world.bob.click(shown, custom_id=f"poem:{poem_id}:{press}")
        assert pressed.response is not None
        assert text(pressed.response)
        assert not pressed.response.content


async def confirm(world: World) -> InteractionResult:
    asked = private(await privacy(world, "delete"))
    [button] = buttons(asked)
    return await world.alice.click(asked, custom_id=button)


async def test_two_questions_can_both_be_answered_and_the_second_finds_only_itself(world: World) -> None:
    await poem(world)
    questions = [private(await privacy(world, "delete")) for _ in range(2)]
    said = []
    for asked in questions:
        [button] = buttons(asked)
        said.append(text((await world.alice.click(asked, custom_id=button)).response))

    assert "Poems written for you, and what you asked for: **1**" in said[0]
    assert "Poems written" not in said[1]
    assert "Commands and presses: which, with what, where, when, and how they ended: **1**" in said[1]  # this press
    assert not await rows(world.bot, "SELECT * FROM requests")


async def test_an_old_question_is_declined(world: World) -> None:
    await poem(world)
    asked = private(await privacy(world, "delete"))
    [button] = buttons(asked)
    await world.env.advance_time(901)
    result = await world.alice.click(asked, custom_id=button)

    [said] = result.followups
    assert said.ephemeral
    assert "This button is old, and nothing was deleted." in said.content
    assert len(await rows(world.bot, "SELECT 1 FROM poems")) == 1


async def test_nobody_deletes_for_another(world: World) -> None:
    await poem(world)
    asked = private(await privacy(world, "delete"))
    [button] = buttons(asked)
    assert world.bot.user is not None
    message = {
        "id": str(asked.id), "channel_id": str(world.channel.id), "type": 0, "content": "", "embeds": [],
        "author": {"id": str(world.bot.user.id), "username": "bot", "discriminator": "0", "avatar": None},
        "attachments": [], "mentions": [], "mention_roles": [], "mention_everyone": False, "pinned": False,
        "tts": False, "timestamp": "2026-01-01T00:00:00+00:00", "edited_timestamp": None, "flags": 64 | 1 << 15,
        "components": asked.components,
    }  # fmt: skip
    data = {"custom_id": button, "component_type": 2}
    result = await interact(world, data, kind=3, person=world.bob.id, message=message)

    assert "belongs to somebody else, and nothing was deleted" in private(result).content
    assert len(await rows(world.bot, "SELECT 1 FROM poems")) == 1


async def test_the_question_outlives_a_restart(world: World, config: Config) -> None:
    await poem(world)
    asked = private(await privacy(world, "delete"))
    [button] = buttons(asked)
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))
    result = await world.alice.click(asked, custom_id=button)

    assert "Everything is deleted" in text(private(result))
    assert not await rows(world.bot, "SELECT * FROM poems")


async def test_nothing_is_deleted_while_a_poem_is_being_written(world: World) -> None:
    await poem(world)
    async with world.bot.limits.one_at_a_time(world.alice.id, discord.utils.utcnow()):
        result = await confirm(world)

    assert "still running" in private(result).content
    assert len(await rows(world.bot, "SELECT 1 FROM poems")) == 1


async def test_posts_in_halls_of_fame_are_withdrawn(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    poem_id = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("INSERT INTO fame_posts VALUES (?, 1, 2, 3, 'shown', 0)", (poem_id,))
    withdrawn: list[list[int]] = []

    async def withdraw(poem_ids: list[int]) -> None:
        withdrawn.append(poem_ids)

    monkeypatch.setattr(world.bot.fame, "withdraw", withdraw)
    await confirm(world)

    assert withdrawn == [[poem_id]]
    assert await rows(world.bot, "SELECT poem_id, state FROM fame_posts") == [(poem_id, "withdrawn")]


async def test_posts_are_withdrawn_even_if_the_process_dies_right_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    poem_id = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("INSERT INTO fame_posts VALUES (?, 1, 2, 3, 'shown', 0)", (poem_id,))

    async def die(_: list[int]) -> None:
        raise OSError

    monkeypatch.setattr(world.bot.fame, "withdraw", die)
    await confirm(world)

    # What the start of the hall of fame looks for.
    assert await rows(world.bot, "SELECT state FROM fame_posts") == [("withdrawn",)]


async def test_the_blocked_may_see_and_delete_their_data(world: World) -> None:
    await poem(world)
    await world.bot.blocks.add(Subject.PERSON, world.alice.id, "spam", discord.utils.utcnow())

    assert "blocked you: **1**" in text(private(await privacy(world, "show")))
    assert (await content(world.env, private(await privacy(world, "export"))))[0][0] == "tangpoet.json"
    await confirm(world)
    assert not await rows(world.bot, "SELECT * FROM poems")
    assert await rows(world.bot, "SELECT subject_id FROM blocks") == [(world.alice.id,)]
    refused = await world.alice.slash(world.channel, "poem")
    assert refused.response is not None
    assert refused.response.ephemeral


async def test_a_deletion_that_the_database_refuses_loses_nothing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    await poem(world)

    async def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    monkeypatch.setattr(Privacy, "delete", locked)
    result = await confirm(world)

    assert "I cannot reach my memory" in result.followups[0].content
    assert len(await rows(world.bot, "SELECT 1 FROM poems")) == 1
