"""Whether the bot is alive: what it stamps, what `health` says of it, and what systemd is told."""

import asyncio
import os
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import PoetBot
from bot.config import Config
from bot.operations import pulse
from bot.operations.notify import notify
from bot.operations.stamps import Part, Stamps
from bot.services.worker import Worker
from bot.share import Share
from loopback.people import Channel
from loopback.running import connected
from loopback.server import StandIn

LONG_AGO = 1_000.0

pytestmark = pytest.mark.usefixtures("quick_pulse")


@pytest.fixture
def settings(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments for a look at the test's data folder."""
    monkeypatch.setattr("bot.operations.health.load_config.__defaults__", (None, None, tmp_path))
    # The bot's own worker is a thread of this process, which must not end with the command.
    monkeypatch.setattr("bot.__main__.leave", lambda code, _: code)
    path = tmp_path / "settings.toml"
    path.write_text(f'[storage]\ndir = "{config.storage.dir}"\n')
    return ["health", "--config", str(path)]


@pytest.fixture
def systemd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    """Where systemd listens."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(str(tmp_path / "notify"))
        listener.settimeout(30)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield listener


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(60):
        while not condition():  # noqa: ASYNC110 - files have no event
            await asyncio.sleep(0.005)


def ages(config: Config) -> dict[Part, float | None]:
    return dict(Stamps(config.storage.dir, Share()).ages())


def alive(config: Config) -> set[Part]:
    return {part for part, age in ages(config).items() if age is not None and age < LONG_AGO / 2}


def make_old(config: Config, *parts: Part) -> None:
    for part in parts:
        Stamps(config.storage.dir, Share()).stamp(part, LONG_AGO)


async def test_a_bot_that_is_well(
    bot: PoetBot, config: Config, settings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    await until(lambda: alive(config) == set(Part))

    assert main(settings) == 0
    printed = capsys.readouterr()
    assert [line.split(":")[0] for line in printed.out.splitlines()] == ["loop", "networks", "gateway", "database"]
    assert printed.err == ""


async def test_a_bot_that_has_stopped_is_not_alive(
    stand_in: StandIn, poems: Channel, config: Config, settings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(settings) == 1
    async with connected(config, stand_in):
        await until(lambda: alive(config) == set(Part))
        assert main(settings) == 0
    capsys.readouterr()

    assert main(settings) == 1
    assert capsys.readouterr() == ("", f"No bot runs in {config.storage.dir}.\n")


@pytest.mark.usefixtures("bot")
async def test_networks_that_are_stuck_are_told(
    bot: PoetBot, config: Config, settings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    await until(lambda: alive(config) == set(Part))
    gate, at_work = threading.Event(), threading.Event()
    bot.worker.start(at_work.set)
    bot.worker.start(gate.wait)
    await until(at_work.is_set)
    make_old(config, *Part)
    await until(lambda: len(alive(config)) == 3)
    capsys.readouterr()

    assert main(settings) == 1
    printed = capsys.readouterr()
    assert printed.err == "No sign of life for 60 s: networks.\n"
    assert [line.endswith("stuck") for line in printed.out.splitlines()] == [False, True, False, False]
    gate.set()
    await until(lambda: alive(config) == set(Part))
    assert main(settings) == 0


async def test_an_event_loop_that_is_stuck_is_told(bot: PoetBot, config: Config) -> None:
    await until(lambda: alive(config) == set(Part))
    make_old(config, *Part)
    time.sleep(0.2)  # noqa: ASYNC251 - the loop is stuck

    assert not alive(config)
    await until(lambda: alive(config) == set(Part))


@pytest.mark.parametrize("hangs", [False, True])
async def test_a_database_that_does_not_answer_is_told(
    bot: PoetBot, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, hangs: bool
) -> None:
    asked: list[object] = []

    async def refuse(*arguments: object) -> None:
        asked.append(arguments)
        if hangs:
            await asyncio.Event().wait()
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(bot.database, "fetch_one", refuse)
        await until(lambda: asked)
        make_old(config, *Part)
        await until(lambda: len(alive(config)) == 3)
        assert set(Part) - alive(config) == {Part.DATABASE}
    assert ("disk I/O error" in caplog.text) is not hangs


def test_processes_that_share_a_folder_are_told_apart(config: Config, settings: list[str]) -> None:
    path = Path(settings[-1])
    mine, other = Share((0, 1), 4), Share((2, 3), 4)
    for share, age in ((mine, 0.0), (other, 61.0)):
        stamps = Stamps(config.storage.dir, share)
        stamps.begin()
        for part in Part:
            stamps.stamp(part, age)
    text = path.read_text() + "[discord]\nshards = 4\n"
    for ids, code in (("[0, 1]", 0), ("[2, 3]", 1), ("[0, 2]", 1)):
        path.write_text(f"{text}shard_ids = {ids}\n")
        assert main(settings) == code


async def test_a_gateway_that_is_silent_is_told(bot: PoetBot, config: Config) -> None:
    await until(lambda: alive(config) == set(Part))
    [shard] = bot.shards.values()
    keeper = shard._parent.ws._keep_alive
    assert keeper is not None
    keeper._last_recv -= LONG_AGO

    await until(lambda: len(alive(config)) == 3)
    assert set(Part) - alive(config) == {Part.GATEWAY}


async def test_a_disk_that_takes_no_stamps_costs_nobody_an_answer(
    bot: PoetBot, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[object] = []

    def refuse(*arguments: object) -> None:
        tried.append(arguments)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Stamps, "stamp", refuse)
    await until(lambda: len(tried) > 10)

    assert caplog.text.count("Cannot note that the bot is alive") == 1


def test_a_loop_that_is_closed_ends_the_pulse(config: Config) -> None:
    threads: list[threading.Thread] = []

    async def begin() -> None:
        worker = Worker("test")
        beating = pulse.Pulse(
            Stamps(config.storage.dir, Share()),
            worker,
            database=partial(asyncio.sleep, 3600.0),
            gateway=lambda: None,
            late=lambda _: None,
        )
        beating.start()
        threads.append(beating._thread)
        await worker.close()

    asyncio.run(begin())
    threads[0].join(60)

    assert not threads[0].is_alive()


async def test_stamps_of_a_process_that_was_killed_are_too_old(
    config: Config, settings: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    stamps = Stamps(config.storage.dir, Share())
    stamps.begin()
    for part in Part:
        stamps.stamp(part, 61.0)
    assert main(settings) == 1
    assert capsys.readouterr().err == "No sign of life for 60 s: loop, networks, gateway, database.\n"
    for part in Part:
        stamps.stamp(part, -61.0)  # and so is one from before the clock was put back
    assert main(settings) == 1


def test_wrong_settings_have_their_own_code(settings: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    Path(settings[-1]).write_text("[poem]\ntemperature = 9\n")

    assert main(settings) == 78
    assert "poem.temperature" in capsys.readouterr().err


async def test_systemd_hears_of_it_from_start_to_stop(
    stand_in: StandIn, poems: Channel, config: Config, systemd: socket.socket
) -> None:
    said: list[str] = []

    async def hears(state: str) -> None:
        while state not in said:
            said.append((await asyncio.to_thread(systemd.recv, 64)).decode())

    async with connected(config, stand_in):
        await hears("READY=1")
        await hears("WATCHDOG=1")
    await hears("STOPPING=1")

    assert said[-1] == "STOPPING=1"
    assert set(said[:-1]) == {"READY=1", "WATCHDOG=1"}
    assert said.count("READY=1") == 1


async def test_the_watchdog_hears_nothing_of_a_bot_that_is_stuck(
    bot: PoetBot, config: Config, systemd: socket.socket
) -> None:
    gate, at_work = threading.Event(), threading.Event()
    bot.worker.start(at_work.set)
    bot.worker.start(gate.wait)
    await until(at_work.is_set)
    make_old(config, Part.NETWORKS)
    # One beat that was under way may still tell.
    await until(lambda: len(alive(config)) == 3)
    systemd.setblocking(False)
    for _ in range(2):
        make_old(config, Part.LOOP)
        await until(lambda: Part.LOOP in alive(config))
    told = 0
    try:
        while True:
            systemd.recv(64)
            told += 1
    except BlockingIOError:
        pass
    for _ in range(3):
        make_old(config, Part.LOOP)
        await until(lambda: Part.LOOP in alive(config))
    with pytest.raises(BlockingIOError):
        systemd.recv(64)
    gate.set()


def test_an_abstract_address_is_understood(monkeypatch: pytest.MonkeyPatch) -> None:
    name = f"tangpoet-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
        listener.bind(f"\0{name}")
        listener.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@{name}")
        notify("READY=1")
        assert listener.recv(64) == b"READY=1"


def test_a_systemd_that_is_gone_is_no_reason_to_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "none"))
    notify("READY=1")

    assert "systemd could not be told READY=1" in caplog.text
