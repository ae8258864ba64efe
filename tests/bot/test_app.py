"""The life of the bot: what it asks of Discord, when it registers commands, how it starts and ends."""

import asyncio
import logging
import sqlite3
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from simcord import Env

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.operations.lock import FolderInUse, FolderLock, FolderUnusable
from bot.services.poet import PoemTicket
from bot.store.database import DATABASE, Database, StoreError
from bot.store.syncs import SyncRepository
from model.requests import Poem
from tests.bot.support import command, emit, interact, rows, text
from tests.conftest import World, simulation

COMMANDS = ("PUT", "/applications/{}/commands")


def registrations(env: Env) -> int:
    return sum(entry.method == "PUT" and entry.path.endswith("/commands") for entry in env.http_requests)


async def start(config: Config, **options: Any) -> Env:
    env = simulation(create_bot(config), **options)
    await env.start()
    return env


async def stop(env: Env) -> None:
    await env.bot.close()
    await env.shutdown()


def test_it_asks_for_the_least(config: Config) -> None:
    bot = create_bot(config)

    assert {name for name, wanted in bot.intents if wanted} == {"guilds"}
    mentions = bot.allowed_mentions
    assert mentions is not None
    assert not any((mentions.everyone, mentions.users, mentions.roles, mentions.replied_user))


async def test_commands_are_offered_everywhere_and_to_people(world: World) -> None:
    """But for those that are about servers."""
    for entry in world.env.backend.commands[None].values():
        if entry["name"] not in {"admin", "server", "top"}:
            assert sorted(entry["contexts"]) == [0, 1, 2]
            assert sorted(entry["integration_types"]) == [0, 1]


async def test_commands_are_registered_only_when_they_have_changed(world: World, config: Config) -> None:
    assert registrations(world.env) == 1
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))
    assert registrations(world.env) == 1
    assert world.bot.command_ids == {
        entry["name"]: int(entry["id"]) for entry in world.env.backend.commands[None].values()
    }

    @world.bot.tree.command(name="new", description="a command that was not there")
    async def new(interaction: discord.Interaction[Any]) -> None:
        await interaction.response.send_message("new")

    await world.bot.sync_commands()
    assert registrations(world.env) == 2
    await world.bot.sync_commands()
    assert registrations(world.env) == 2


async def test_commands_that_discord_refused_are_sent_again(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    for status, code in ((400, 50035), (503, 0)):
        env = simulation(create_bot(config))
        env.inject_error("PUT", "/applications/*/commands", status=status, code=code)
        await env.start()
        assert not env.backend.commands.get(None)
        assert "did not take the commands" in caplog.text
        caplog.clear()
        await stop(env)

    env = await start(config)
    assert env.backend.commands[None]
    await stop(env)


async def test_a_registration_that_cannot_be_noted_is_made_again(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full(*_: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(SyncRepository, "record", full)
        env = await start(config)
    assert "(database or disk is full); they are sent again at the next start" in caplog.text
    await env.bot.close()
    await env.restart_bot(create_bot(config))
    assert registrations(env) == 2
    await stop(env)


async def test_commands_that_discord_refuses_fail_a_registration(config: Config) -> None:
    env = simulation(PoetBot(config, only_sync=True))
    env.inject_error("PUT", "/applications/*/commands", status=400, code=50035)
    with pytest.raises(discord.app_commands.CommandSyncFailure):
        await env.start()
    await env.bot.close()


async def test_registration_can_be_turned_off_and_forced(config: Config) -> None:
    off = config.model_copy(update={"discord": config.discord.model_copy(update={"sync_commands": False})})
    env = await start(off, strict_sync=False)
    assert registrations(env) == 0
    await stop(env)

    for count in (1, 2):
        env = simulation(PoetBot(config, only_sync=True))
        await env.start()
        assert registrations(env) == 1, count
        assert env.bot.poet.in_use is None  # type: ignore[attr-defined]
        await stop(env)


async def test_two_bots_do_not_share_a_folder(world: World, config: Config) -> None:
    with pytest.raises(FolderInUse, match="another bot uses"):
        async with create_bot(config) as bot:
            await bot.setup_hook()

    assert text((await world.alice.slash(world.channel, "poem")).response)


async def test_a_folder_that_cannot_be_written(config: Config, tmp_path: Path) -> None:
    (tmp_path / "run").write_text("a file where the folder should be")
    with pytest.raises(FolderUnusable, match="cannot write in"):
        async with create_bot(config) as bot:
            await bot.setup_hook()


async def test_a_database_of_a_newer_version_stops_the_start_and_frees_the_folder(config: Config) -> None:
    database = await Database.open(config.storage.dir / DATABASE)
    async with database.transaction() as transaction:
        await transaction.execute("PRAGMA user_version = 999")
    await database.close()

    with pytest.raises(StoreError, match="has version 999"):
        async with create_bot(config) as bot:
            await bot.setup_hook()

    FolderLock.take(config.storage.dir).release()


def hold_poems(monkeypatch: pytest.MonkeyPatch, gate: asyncio.Event) -> None:
    async def wait(_: object, ticket: PoemTicket) -> Poem:
        await gate.wait()
        return await ticket.answer

    monkeypatch.setattr(sys.modules["bot.cogs.poem"], "answered", wait)


async def test_closing_finishes_what_runs_and_refuses_what_is_new(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    gate = asyncio.Event()
    hold_poems(monkeypatch, gate)
    bot = world.bot
    running = emit(world, command(world, "poem", start="月"))
    await asyncio.sleep(0.1)
    with world.env._bot_scope():
        closing = asyncio.create_task(bot.close())
        again = asyncio.create_task(bot.close())
    await asyncio.sleep(0.05)
    late = emit(world, command(world, "poem"), person=world.bob.id)
    pressed = emit(
        world,
        {"custom_id": "poem:1:another", "component_type": 2},
        kind=3,
        person=world.bob.id,
        message=message_with_button(world),
    )
    await asyncio.sleep(0.05)
    assert not closing.done()
    gate.set()
    await asyncio.wait_for(asyncio.gather(closing, again), 10)

    assert text(running.response).strip().startswith("月")
    for refused in (late, pressed):
        assert refused.response is not None
        assert refused.response.ephemeral
        assert "being restarted" in refused.response.content
    assert bot.is_closed()
    assert "Closed" in caplog.text
    database = await Database.open(bot.config.storage.dir / DATABASE)
    outcomes = await database.fetch_all("SELECT outcome FROM requests ORDER BY asked_at, id")
    assert outcomes == [("done",), ("error.shutting_down",), ("error.shutting_down",)]
    await database.close()


def message_with_button(world: World) -> dict[str, Any]:
    """A poem card as an interaction carries it."""
    return {
        "id": str(world.env.backend.snowflake()),
        "channel_id": str(world.channel.id),
        "type": 0,
        "content": "",
        "author": {"id": str(world.bot.application_id), "username": "bot", "discriminator": "0", "avatar": None},
        "attachments": [],
        "embeds": [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "flags": 1 << 15,
        "components": [
            {"type": 1, "id": 1, "components": [{"type": 2, "id": 2, "style": 2, "custom_id": "poem:1:another"}]}
        ],
    }


async def test_closing_does_not_wait_for_ever(
    config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    hurried = config.model_copy(update={"limits": config.limits.model_copy(update={"shutdown_seconds": 0.1})})
    monkeypatch.setattr("bot.app.LAST_WORDS_SECONDS", 0.1)
    env = await start(hurried)
    guild = env.create_guild()
    alice = guild.add_member(env.create_user("alice"))
    world = World(env, guild, guild.create_text_channel("poems"), alice, alice)
    hold_poems(monkeypatch, asyncio.Event())
    emit(world, command(world, "poem"))
    await asyncio.sleep(0.1)

    await asyncio.wait_for(env.bot.close(), 10)
    await env.shutdown()

    assert "Closed without waiting any longer for requests, answers" in caplog.text
    database = await Database.open(config.storage.dir / DATABASE)
    assert await database.fetch_all("SELECT command, outcome FROM requests") == [("poem", None)]
    await database.close()


async def test_a_request_ends_even_if_telling_fails(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def fail(*_: object) -> None:
        raise RuntimeError("in the answer itself")

    monkeypatch.setattr("bot.errors.answer", fail)
    asked: Any = SimpleNamespace(
        id=1, user=world.alice, guild_id=None, channel_id=None, locale=discord.Locale.british_english, extras={}
    )
    await world.bot.requests.begin(asked, "poem", {})
    with pytest.raises(RuntimeError, match="in the answer itself"):
        await world.bot.requests.fail(asked, ValueError())

    assert await rows(world.bot, "SELECT outcome FROM requests") == [("error.unexpected",)]
    await asyncio.wait_for(world.bot.journal.idle(), 5)


async def test_a_bot_that_never_started_can_be_closed(config: Config) -> None:
    async with create_bot(config) as bot:
        pass
    assert bot.is_closed()


async def test_cards_leave_nothing_in_memory(world: World) -> None:
    for _ in range(3):
        await world.alice.slash(world.channel, "poem")
        await world.alice.slash(world.channel, "add", a="1" * 50, b="2")

    assert not world.bot._connection._view_store._views
    assert len(await rows(world.bot, "SELECT id FROM poems")) == 3


async def test_what_is_typed_on_the_way_to_a_command_is_not_noted(world: World) -> None:
    options = [{"name": "start", "type": 3, "value": "月", "focused": True}]
    await interact(world, command(world, "poem") | {"options": options}, kind=4)

    assert await rows(world.bot, "SELECT id FROM requests") == []


async def test_ready_is_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await world.bot.on_ready()

    assert "Ready as" in caplog.text
