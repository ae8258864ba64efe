"""Programs of our own that run beside the bot, within bounds: what they cannot do in time they do not do."""

import asyncio
import json
import logging
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.config import PREFIX, ROOT
from bot.services.refusals import ShuttingDown

log = logging.getLogger(__name__)

LONGEST_ANSWER: Final = 1 << 20
LONGEST_COMPLAINT: Final = 2_000
SPARE_SECONDS: Final = 60.0
"""Longer than any child may take by so much."""
_SECRET: Final = ("DISCORD_", PREFIX)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a child may use.

    Attributes:
        seconds: by the clock; processor time is bounded likewise.
        memory: in MiB of addresses; None for what there is.
        file: in MiB, of each file that is written, its answer included; None for what there is.
    """

    seconds: float
    memory: int | None = None
    file: int | None = None

    def options(self) -> list[str]:
        named = {"memory": self.memory, "seconds": round(self.seconds), "file": self.file}
        return [word for name, value in named.items() if value for word in (f"--limit-{name}", str(value))]


class ChildFailed(Exception):  # noqa: N818 - says what is the case
    """A child that did not end well; `str()` is one line for the log.

    Attributes:
        fault: what it answered as the kind of the fault, "time" where it took too long, "memory" where it needed too
            much, else "other".
    """

    def __init__(self, fault: str, reason: str) -> None:
        self.fault = fault
        super().__init__(reason)


class Running:
    """A child that nobody waits for.

    Attributes:
        runs: whether it is not at its end.
        failure: why it ended badly; None while it runs, and where it ended well.
        answer: what it said, where it ended well.
    """

    def __init__(self) -> None:
        self.runs = True
        self.failure: Exception | None = None
        self.answer: dict[str, Any] = {}


class Children:
    """Runs `python -m model …`, at low priority, without the bot's token, in a thread that waits for it."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._closed = False

    async def run(self, *arguments: str | Path, bounds: Bounds) -> dict[str, Any]:
        """The JSON object that the child answers with.

        Raises:
            ChildFailed: it ended badly, or was ended.
            ShuttingDown: none is begun any more.
        """
        return await asyncio.to_thread(self._run, _command(arguments, bounds), bounds)

    async def run_long(self, *arguments: str | Path, bounds: Bounds) -> dict[str, Any]:
        """The same for one that takes minutes: whoever waits for the bot to have nothing to do does not wait for it.

        Raises:
            ChildFailed, ShuttingDown: as run() does.
        """
        loop = asyncio.get_running_loop()
        # A task that sleeps counts as one that has nothing to do; one that waits for a thread does not.
        sleeper = asyncio.create_task(asyncio.sleep(bounds.seconds + SPARE_SECONDS), name="waits for a child")
        running = self.start(*arguments, bounds=bounds, ended=lambda: loop.call_soon_threadsafe(sleeper.cancel))
        try:
            await sleeper
        except asyncio.CancelledError:
            if running.runs:
                raise
        if running.failure is not None:
            raise running.failure
        return running.answer

    def start(self, *arguments: str | Path, bounds: Bounds, ended: Callable[[], object] = lambda: None) -> Running:
        """Begin one that may take long, and see later how it ended; `ended` is called in a thread of its own."""
        running = Running()

        def work() -> None:
            try:
                running.answer = self._run(_command(arguments, bounds), bounds)
            except (ChildFailed, ShuttingDown, OSError) as error:
                running.failure = error
            finally:
                running.runs = False
                with suppress(RuntimeError):  # the loop is closed already
                    ended()

        # A task that waits for it would count as something that the bot is busy with.
        threading.Thread(target=work, name=f"child {arguments[0]}", daemon=True).start()
        return running

    def close(self) -> None:
        """End those that run, and begin no more."""
        self._closed = True
        for child in list(self._running):
            _end(child)

    # What follows runs in a thread of its own.

    def _run(self, command: Sequence[str], bounds: Bounds) -> dict[str, Any]:
        # In files: a bound on files bounds what is said, too, and a pipe that nobody reads would stop the child.
        with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as complained:
            child = subprocess.Popen(  # noqa: S603 - our own program
                command, stdin=subprocess.DEVNULL, stdout=said, stderr=complained, cwd=ROOT, env=_environment(),
                start_new_session=True,
            )  # fmt: skip
            self._running.add(child)
            try:
                code = self._wait(child, bounds.seconds)
            finally:
                _end(child)
                self._running.discard(child)
            for file in (said, complained):
                file.seek(0)
            return _answer(code, said.read(LONGEST_ANSWER), complained.read(LONGEST_COMPLAINT))

    def _wait(self, child: "subprocess.Popen[bytes]", seconds: float) -> int:
        if self._closed:
            raise ShuttingDown
        try:
            code = child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise ChildFailed("time", f"it took longer than {seconds:g} s") from None
        if self._closed:
            raise ShuttingDown
        return code


def _command(arguments: Sequence[str | Path], bounds: Bounds) -> list[str]:
    return [sys.executable, "-m", "model", "--nice", "10", *bounds.options(), *map(str, arguments)]


def _environment() -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.upper().startswith(_SECRET)}
    # One thread of arithmetic: the bot answers meanwhile, and each thread would take addresses of the bound.
    return own | {"PYTHONUTF8": "1", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}


def _end(child: "subprocess.Popen[bytes]") -> None:
    """End the child and all that it began."""
    if child.poll() is None:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
    child.wait()


def _answer(code: int, said: bytes, complained: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(said or b"{}")
    except ValueError:
        answer = {}
    answer = answer if isinstance(answer, dict) else {}
    if code == 0 and answer:
        return answer
    reason = " ".join(complained.decode(errors="replace").split()) or f"it ended with {code}"
    if code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise ChildFailed("time", f"it was ended ({code}): {reason}")
    # What is written in C++ ends at once where it gets no memory.
    memory = "not enough memory" in reason or "MemoryError" in reason or code in (-signal.SIGSEGV, -signal.SIGABRT)
    raise ChildFailed(str(answer.get("fault") or ("memory" if memory else "other")), reason)
