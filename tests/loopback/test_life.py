"""The life of the process: login, registration, signals, an end in good order, and one without."""

import asyncio
import logging
import os
import signal
import sqlite3
from contextlib import closing

import discord
import pytest
from pydantic import SecretStr

from bot.config import Config
from bot.operations import running as process
from bot.operations.lock import FolderLock
from bot.store.database import DATABASE, Database, StoreError
from loopback.people import Channel, Person
from loopback.rest import TOKEN
from loopback.running import kept, running
from loopback.server import StandIn


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_ends_the_bot_in_good_order(
    stand_in: StandIn,
    config: Config,
    alice: Person,
    poems: Channel,
    number: signal.Signals,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    serving = asyncio.create_task(process.serve(config, SecretStr(TOKEN)))
    await stand_in.until(lambda: stand_in.gateway.ready, while_runs=serving)
    asked = await stand_in.types(alice, poems, "poem")
    await stand_in.until(lambda: asked.acknowledged, while_runs=serving)
    os.kill(os.getpid(), number)
    await asyncio.wait_for(serving, 20)

    assert asked.answer is not None  # the poem that was under way
    assert TOKEN not in caplog.text
    assert await kept(config, "SELECT command, outcome FROM requests") == [("poem", "done")]


async def test_a_signal_while_discord_is_silent_ends_the_bot(stand_in: StandIn, config: Config) -> None:
    silent = stand_in.is_silent("GET", "users/@me")
    serving = asyncio.create_task(process.serve(config, SecretStr(TOKEN)))
    await stand_in.until(lambda: silent.met, while_runs=serving)
    os.kill(os.getpid(), signal.SIGTERM)

    await asyncio.wait_for(serving, 10)


async def test_a_wrong_token_is_told_apart(stand_in: StandIn, config: Config) -> None:
    with pytest.raises(discord.LoginFailure):
        await process.serve(config, SecretStr("wrong.token"))
    assert not (config.storage.dir / DATABASE).exists()


async def test_sync_registers_the_commands_whether_changed_or_not(stand_in: StandIn, config: Config) -> None:
    for count in (1, 2):
        await process.sync(config, SecretStr(TOKEN))
        assert stand_in.count("PUT", "/commands") == count
    assert not stand_in.gateway.identified


async def test_the_whole_process_from_start_to_sigterm(
    stand_in: StandIn, config: Config, alice: Person, poems: Channel
) -> None:
    async with running(config, stand_in, TANGPOET_LOG__LEVEL="debug") as bot:
        await bot.says("Ready as poet")
        asked = await stand_in.types(alice, poems, "poem")
        await stand_in.answer(asked)
        bot.send(signal.SIGTERM)
        status = await bot.end()

    assert status == 0, bot.log
    assert "Closed" in bot.log
    assert "Traceback" not in bot.log
    for path in [path for path in config.storage.dir.iterdir() if path.is_file()]:
        assert TOKEN.encode() not in path.read_bytes()
    assert TOKEN not in bot.log
    assert asked.token not in bot.log


async def test_a_database_of_a_newer_version_ends_the_start_with_one_line(stand_in: StandIn, config: Config) -> None:
    database = await Database.open(config.storage.dir / DATABASE)
    async with database.transaction() as transaction:
        await transaction.execute("PRAGMA user_version = 999")
    await database.close()
    before = (config.storage.dir / DATABASE).read_bytes()
    async with running(config, stand_in) as bot:
        status = await bot.end()

    assert status == 74, bot.log
    assert "has version 999" in bot.log.splitlines()[-1]
    assert "Traceback" not in bot.log
    assert (config.storage.dir / DATABASE).read_bytes() == before


# A network that computes in native code for as long as it is let.
SLOW = """
import torch
from model.generation import Poet
def compute(poet, requests):
    matrix = torch.rand(1500, 1500)
    print('computing', file=sys.stderr, flush=True)
    while True:
        matrix = torch.tanh(matrix @ matrix)
Poet.compose_all = compute
"""


@pytest.mark.parametrize("signals", [1, 2])
async def test_a_process_whose_network_does_not_end(
    stand_in: StandIn, config: Config, alice: Person, poems: Channel, signals: int
) -> None:
    patience = "0.1" if signals == 1 else "600"
    async with running(config, stand_in, before=SLOW, TANGPOET_LIMITS__SHUTDOWN_SECONDS=patience) as bot:
        await stand_in.until(lambda: stand_in.gateway.ready)
        await stand_in.types(alice, poems, "poem")
        await bot.says("computing")
        for _ in range(signals):
            bot.send(signal.SIGTERM)
            await asyncio.sleep(0.5)
        status = await bot.end()

    if signals == 1:
        assert status == 0, bot.log
        assert "Closed without waiting any longer for requests, a batch of poems, the networks" in bot.log
        assert "error.shutting_down" in bot.log
        assert "Traceback" not in bot.log
    else:
        assert status == -signal.SIGTERM, bot.log


@pytest.mark.parametrize("table", ["blocks", "command_syncs", "sqlite_schema"])
async def test_a_database_with_a_damaged_page_ends_the_start_in_good_order(
    stand_in: StandIn, config: Config, table: str
) -> None:
    path = config.storage.dir / DATABASE
    await (await Database.open(path)).close()
    with closing(sqlite3.connect(path)) as file:
        [size] = file.execute("PRAGMA page_size").fetchone()
        [page] = file.execute("SELECT rootpage FROM sqlite_schema WHERE name = ? UNION SELECT 1", (table,)).fetchall()[
            -1
        ]
    with path.open("r+b") as damaged:
        damaged.seek((page - 1) * size + (200 if page == 1 else 0))
        damaged.write(b"\xff" * (size - 200))
    with pytest.raises((StoreError, sqlite3.DatabaseError), match=r"malformed|not a database|disk image"):
        await asyncio.wait_for(process.serve(config, SecretStr(TOKEN)), 20)
    assert not stand_in.gateway.identified
    FolderLock.take(config.storage.dir).release()
