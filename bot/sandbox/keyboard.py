"""Lines from a terminal or a pipe, awaited without holding up the bot."""

import asyncio
import contextlib
import importlib
import os
import queue
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol


def _optional(name: str) -> ModuleType | None:
    """A module that only Unix has; without it, lines are read without history and completion."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


readline: Final = _optional("readline")
termios: Final = _optional("termios")

Completer = Callable[[str], Sequence[str]]
CHUNK: Final = 1 << 16


class Keyboard(Protocol):
    """Where lines come from."""

    async def read(self, prompt: str) -> str | None:
        """The next line without its end, or None at the end of input."""


class Reader:
    """Reads in a thread of its own: nothing else waits for a file, a pipe and a terminal alike.

    The thread is a daemon and is never joined, since nothing can wake it; it owns no buffered stream that Python would
    want to lock when it ends.
    """

    def __init__(self, take: Callable[[str], str | None]) -> None:
        self._take = take
        self._prompts: queue.SimpleQueue[tuple[str, asyncio.Future[str | None]]] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def read(self, prompt: str) -> str | None:
        """The next line. A read may be given up once, at the end: its line is lost."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="keyboard", daemon=True)
            self._thread.start()
        future: asyncio.Future[str | None] = asyncio.get_running_loop().create_future()
        self._prompts.put((prompt, future))
        return await future

    def _work(self) -> None:
        while True:
            prompt, future = self._prompts.get()
            line = self._take(prompt)
            with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
                future.get_loop().call_soon_threadsafe(_answer, future, line)


def _answer(future: asyncio.Future[str | None], line: str | None) -> None:
    if not future.done():
        future.set_result(line)


def piped(descriptor: int) -> Reader:
    """Lines of a pipe or a file."""
    lines = _lines(descriptor)
    return Reader(lambda _prompt: next(lines, None))


def _lines(descriptor: int) -> Iterator[str]:
    pending = b""
    while chunk := os.read(descriptor, CHUNK):
        *whole, pending = (pending + chunk).split(b"\n")
        yield from (line.removesuffix(b"\r").decode("utf-8", "replace") for line in whole)
    if pending:
        yield pending.decode("utf-8", "replace")


def typed() -> Reader:
    """Lines that a person types, with history and completion where readline is."""
    return Reader(_input)


def _input(prompt: str) -> str | None:
    try:
        return input(prompt)
    except EOFError:
        return None


@contextlib.contextmanager
def editing(completer: Completer, history: Path) -> Iterator[None]:
    """Complete words while lines are typed, remember the lines, and leave the terminal as it was found."""
    if readline is None:
        yield
        return
    readline.set_completer(_completion(readline, completer))
    readline.set_completer_delims(" ")
    readline.parse_and_bind("tab: complete")
    with contextlib.suppress(OSError):
        readline.read_history_file(history)
    try:
        with _restored(sys.stdin.fileno()):
            yield
    finally:
        with contextlib.suppress(OSError):
            readline.write_history_file(history)


@contextlib.contextmanager
def _restored(descriptor: int) -> Iterator[None]:
    """A read that is given up leaves the terminal as readline needs it, without echo: put that right."""
    if termios is None:
        yield
        return
    settings = termios.tcgetattr(descriptor)
    try:
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, settings)


def _completion(editor: ModuleType, completer: Completer) -> Callable[[str, int], str | None]:
    def complete(_word: str, state: int) -> str | None:
        line = editor.get_line_buffer()[: editor.get_endidx()]
        found = completer(line)
        return found[state] if state < len(found) else None

    return complete


def typed_so_far() -> str:
    """What stands after the prompt already."""
    return str(readline.get_line_buffer()) if readline is not None else ""
