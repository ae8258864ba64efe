"""What the bot logs while it is played with: all of it in a file, and warnings before the person's eyes."""

import asyncio
import contextlib
import logging
import sys
from collections.abc import Callable, Iterator
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Final

from bot.operations.lock import FolderUnusable
from bot.operations.logs import set_level

LOG_BYTES: Final = 1 << 20


class LogFile(RotatingFileHandler):
    """A file that a full disk may cut short; logging's own way would fill the terminal with traces."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging's name
        """Nothing: warnings stand on the screen all the same."""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            super().close()


class Screen(logging.Handler):
    """Warnings in a line each; their traces are in the file."""

    def __init__(self, path: Path) -> None:
        super().__init__(logging.WARNING)
        self._path = path
        self._say: Callable[[str], object] = _to_standard_error

    def emit(self, record: logging.LogRecord) -> None:
        trace = f" (its trace is in {self._path})" if record.exc_info else ""
        self._say(f"{record.levelname.lower()}: {record.getMessage()}{trace}")

    @contextlib.contextmanager
    def through(self, say: Callable[[str], object]) -> Iterator[None]:
        """Say them so that they do not run into what stands on the terminal; threads log, too."""
        loop = asyncio.get_running_loop()
        self._say = lambda line: loop.call_soon_threadsafe(say, line)
        try:
            yield
        finally:
            self._say = _to_standard_error


def _to_standard_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


@contextlib.contextmanager
def logs(path: Path, level: str) -> Iterator[Screen]:
    """Log until the end of the block.

    Raises:
        FolderUnusable: the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = LogFile(path, maxBytes=LOG_BYTES, backupCount=1, encoding="utf-8")
    except OSError as error:
        raise FolderUnusable(f"cannot write {path}: {error.strerror}; choose another [storage] dir") from error
    file.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    screen = Screen(path)
    root = logging.getLogger()
    before = root.level
    set_level(level)
    for handler in (file, screen):
        root.addHandler(handler)
    try:
        yield screen
    finally:
        for handler in (file, screen):
            root.removeHandler(handler)
            handler.close()
        root.setLevel(before)
