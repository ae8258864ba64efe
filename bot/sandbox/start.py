"""Puts the sandbox together, and takes it apart at the end."""

import argparse
import asyncio
import contextlib
import io
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TextIO

import discord
from rich.console import Console
from rich.text import Text
from simcord import SetupError

from bot.app import create_bot
from bot.config import Config
from bot.operations.exits import Exit
from bot.operations.lock import FolderInUse, FolderUnusable
from bot.sandbox.keyboard import Keyboard, editing, piped, typed
from bot.sandbox.logs import logs
from bot.sandbox.page import PortInUseError
from bot.sandbox.session import Session
from bot.sandbox.world import World
from bot.store.database import StoreError

PIPED_COLUMNS: Final = 100


@dataclass(frozen=True, slots=True)
class Desk:
    """Where the person sits: lines come from the keyboard, answers go to the console, remarks to the notes."""

    keyboard: Keyboard
    console: Console
    notes: Console
    interactive: bool

    def note(self, *parts: str | tuple[str, str]) -> None:
        """Say something in a line; parts may have a style."""
        self.notes.print(Text.assemble(*parts), soft_wrap=True)

    @classmethod
    def of_process(cls) -> "Desk":
        """The process's own input and output; with a pipe for input, remarks go to standard error."""
        for stream in (sys.stdout, sys.stderr):
            _speak_chinese(stream)
        interactive = sys.stdin.isatty() and sys.stdout.isatty()
        console = Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_COLUMNS)
        if interactive:
            return cls(typed(), console, console, interactive=True)
        return cls(piped(sys.stdin.fileno()), console, Console(stderr=True, highlight=False), interactive=False)


def _speak_chinese(stream: TextIO) -> None:
    """Poems are written out even where the locale's encoding has no word for them."""
    if not isinstance(stream, io.TextIOWrapper):
        return
    try:
        "月›▎".encode(stream.encoding)
    except UnicodeEncodeError:
        stream.reconfigure(encoding="utf-8")
    stream.reconfigure(errors="replace")


def start(config: Config, options: argparse.Namespace) -> int:
    """Run the sandbox with the process's own input and output; returns the exit status."""
    folder = config.storage.dir / "sandbox"
    sandboxed = config.model_copy(
        update={
            "storage": config.storage.model_copy(update={"dir": folder}),
            # This Discord is a new one each time: it has to be told.
            "discord": config.discord.model_copy(update={"sync_commands": True}),
        }
    )
    desk = Desk.of_process()
    try:
        return asyncio.run(play(lambda: create_bot(sandboxed), folder, options, desk, config.log.level))
    except FolderInUse:
        desk.note(f"Another sandbox is open in {folder}: close it first.")
        return Exit.IN_USE
    except (FolderUnusable, StoreError) as error:
        desk.note(str(error))
        return Exit.STORE


async def play(
    make_bot: Callable[[], discord.Client], folder: Path, options: argparse.Namespace, desk: Desk, log_level: str
) -> int:
    """One sitting, until the lines end or SIGINT or SIGTERM comes; returns the exit status.

    Raises:
        FolderInUse, FolderUnusable, StoreError: the bot cannot start in the folder.
    """
    files = folder / "files"
    stop = asyncio.Event()
    async with AsyncExitStack() as stack:
        screen = stack.enter_context(logs(folder / "sandbox.log", log_level))
        stack.enter_context(_signals(stop))
        world = World(make_bot(), locale=options.locale, files=files)
        await stack.enter_async_context(world.running())
        shutil.rmtree(files, ignore_errors=True)
        session = Session(world, desk.console, desk.keyboard, interactive=desk.interactive)
        desk.note(("tangpoet sandbox", "bold"), ": a simulated Discord, on this machine only")
        if not options.no_page and (desk.interactive or options.port) and not await _serve(world, options.port, desk):
            return Exit.IN_USE
        if desk.interactive:
            desk.note(("Type /poem 月 or help; Ctrl-D leaves.", "dim"))
            stack.enter_context(editing(session.completions, folder / "history"))
            stack.enter_context(screen.through(session.say))
        await _until(stop, session)
    return Exit.OK


async def _serve(world: World, port: int | None, desk: Desk) -> bool:
    """Open the page. Without it the terminal still does, unless a port was asked for."""
    try:
        address = await world.serve(port)
    except (PortInUseError, SetupError) as error:
        desk.note((f"There is no page: {error}", "red"))
        return port is None
    desk.note("The same channel in a browser: ", (address, "underline"))
    return True


async def _until(stop: asyncio.Event, session: Session) -> None:
    """The session, until it ends or is told to."""
    running = asyncio.create_task(session.run())
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait((running, stopping), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (running, stopping):
            task.cancel()
        ended, _ = await asyncio.gather(running, stopping, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended


@contextlib.contextmanager
def _signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    wanted = (signal.SIGINT, signal.SIGTERM)
    # Windows has none of this, and neither has a thread.
    with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
        for number in wanted:
            loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError, ValueError, RuntimeError):
            for number in wanted:
                loop.remove_signal_handler(number)
