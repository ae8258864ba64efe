"""The unmodified bot against the stand-in: in this process, and as one of its own."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

from bot.app import PoetBot, create_bot
from bot.config import ROOT, Config
from bot.store.database import DATABASE, Database
from loopback.rest import TOKEN
from loopback.server import StandIn


@asynccontextmanager
async def connected(config: Config, stand_in: StandIn) -> AsyncIterator[PoetBot]:
    """A bot that is connected; it ends in good order, whatever the test did."""
    async with create_bot(config) as bot:
        serving = asyncio.create_task(bot.start(TOKEN))
        try:
            await stand_in.until(lambda: stand_in.gateway.ready, while_runs=serving)
            yield bot
        finally:
            await bot.close()
            await asyncio.gather(serving, return_exceptions=True)


async def noted(bot: PoetBot, sql: str) -> list[tuple[Any, ...]]:
    """What the bot's database answers, once all notes are written."""
    await bot.journal.idle()
    await bot.journal.written()
    return [tuple(row) for row in await bot.poems._database.fetch_all(sql)]


async def kept(config: Config, sql: str) -> list[tuple[Any, ...]]:
    """What the database of a bot that has ended answers."""
    database = await Database.open(config.storage.dir / DATABASE)
    try:
        return [tuple(row) for row in await database.fetch_all(sql)]
    finally:
        await database.close()


class Process:
    """`python -m bot run`, and what it has said so far."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.log = ""

    async def says(self, text: str) -> None:
        """Wait until it does."""
        assert self._process.stderr is not None
        while text not in self.log:
            line = (await self._process.stderr.readline()).decode()
            assert line, self.log
            self.log += line

    @property
    def memory(self) -> float:
        """What is resident, in MiB; 0 where the system does not tell."""
        status = Path(f"/proc/{self._process.pid}/status")
        if not status.exists():
            return 0.0
        [line] = [line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS:")]
        return int(line.split()[1]) / 1024

    def send(self, number: signal.Signals) -> None:
        self._process.send_signal(number)

    async def end(self) -> int:
        """Read what it says until it ends; its exit status."""
        _, said = await self._process.communicate()
        self.log += (said or b"").decode()
        assert self._process.returncode is not None
        return self._process.returncode


@asynccontextmanager
async def running(config: Config, stand_in: StandIn, *, before: str = "", **variables: str) -> AsyncIterator[Process]:
    """The bot as its own process, for a test; `before` is run in it first."""
    settings = config.storage.dir.parent / "config.toml"
    settings.touch()
    code = (
        f"import sys\n{before}\nfrom bot.__main__ import main\nsys.exit(main(['run', '--config', {str(settings)!r}]))"
    )
    variables = {
        "OMP_NUM_THREADS": "1",
        **address_of(stand_in),
        "TANGPOET_STORAGE__DIR": str(config.storage.dir),
        "TANGPOET_MODEL__DIR": str(config.model.dir),
        "TANGPOET_POEM__FORM": config.poem.form,
        "TANGPOET_POEM__CANDIDATES": str(config.poem.candidates),
        **token_in(config.storage.dir.parent),
    } | variables
    async with python("-c", code, log=None, **variables) as process, asyncio.timeout(120):
        yield process


@asynccontextmanager
async def python(*arguments: str, log: Path | None = None, **variables: str) -> AsyncIterator[Process]:
    """A process of its own. Without a file for its log, that has to be read as it comes: a full pipe stops it."""
    with log.open("wb") if log is not None else nullcontext(asyncio.subprocess.PIPE) as errors:
        process = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=os.environ | variables, cwd=ROOT, stderr=errors
        )
    try:
        yield Process(process)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


def address_of(stand_in: StandIn) -> dict[str, str]:
    """The settings that have the bot find the stand-in instead of Discord."""
    return {"TANGPOET_DISCORD__API": stand_in.base, "TANGPOET_DISCORD__GATEWAY": stand_in.gateway.url}


def token_in(folder: Path) -> dict[str, str]:
    """The variable that names a file with the token of the stand-in."""
    (folder / "token").write_text(f"{TOKEN}\n")
    return {"DISCORD_TOKEN_FILE": str(folder / "token")}
