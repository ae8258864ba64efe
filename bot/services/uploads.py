"""Corpora that people send: read within bounds, told of, and kept apart until they are confirmed."""

import asyncio
import logging
import secrets
import shutil
import time
from pathlib import Path
from typing import Any, Final

from bot.services.children import Bounds, ChildFailed, Children
from bot.services.corpus_folder import WAITING, About, CorpusFolder
from bot.services.corpus_refusals import CorpusNameTaken, CorpusTooLarge, WaitsNoMore, refusal_of

log = logging.getLogger(__name__)

READING: Final = Bounds(seconds=240, memory=3_072, file=256)
KEPT_WAITING_SECONDS: Final = 86_400
"""So long what was uploaded waits to be confirmed."""
_UPLOAD: Final = "upload"
_POEMS: Final = "poems"


class Uploads:
    def __init__(self, folder: CorpusFolder, children: Children, *, largest: int) -> None:
        """Args:
        folder: of the corpora.
        children: reads what others made.
        largest: bytes of a file that is taken.
        """
        self._folder = folder
        self._children = children
        self._largest = largest

    def check_size(self, size: int) -> None:
        """Raises:
        CorpusTooLarge: a file of so many bytes is not taken.
        """
        if size > self._largest:
            raise CorpusTooLarge(size=-(-size >> 20), limit=self._largest >> 20)

    async def take(self, name: str, file: str, content: bytes) -> tuple[str, About]:
        """Read an upload, and keep it apart until it is confirmed.

        Args:
            name: what it will be called.
            file: the name of its file, to be told; no path is made of it.
            content: of the file.

        Returns:
            What to confirm it by, and what it holds.

        Raises:
            CorpusTooLarge: it is larger than was said.
            CannotRead: it cannot be read, within bounds of time and memory.
        """
        self.check_size(len(content))
        token = secrets.token_hex(8)
        waiting = self._folder.waiting(token)
        await asyncio.to_thread(self._receive, waiting, content)
        try:
            answer = await read_corpus(self._children, waiting / _UPLOAD, "--out", waiting / _POEMS)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, waiting, ignore_errors=True)
            raise
        about = About.of(name, file, answer)
        await asyncio.to_thread(self._wait, waiting, about)
        return token, about

    async def confirm(self, token: str) -> About:
        """Keep what was kept apart.

        Raises:
            WaitsNoMore: it was confirmed or thrown away already.
            CorpusNameTaken: meanwhile another one has the name.
        """
        return await asyncio.to_thread(self._confirm, self._folder.waiting(token))

    async def throw_away(self, token: str) -> None:
        """Raises:
        WaitsNoMore: it was confirmed or thrown away already.
        """
        if not await asyncio.to_thread(self._folder.discard, self._folder.waiting(token)):
            raise WaitsNoMore

    # What follows reads and writes the disk, beside the event loop.

    def _receive(self, waiting: Path, content: bytes) -> None:
        now = time.time()
        for old in (self._folder.path / WAITING).glob("*"):
            if now - old.stat().st_mtime > KEPT_WAITING_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        waiting.mkdir(parents=True)
        (waiting / _UPLOAD).write_bytes(content)

    def _wait(self, waiting: Path, about: About) -> None:
        about.write(waiting / "about.json")
        (waiting / _UPLOAD).unlink()

    def _confirm(self, waiting: Path) -> About:
        about = About.read(waiting / "about.json")
        if about is None:
            raise WaitsNoMore
        if self._folder.of(about.name).exists():
            raise CorpusNameTaken(name=about.name)
        try:
            (waiting / _POEMS).rename(self._folder.of(about.name))
        except FileNotFoundError:
            raise WaitsNoMore from None
        self._folder.note(about)
        shutil.rmtree(waiting, ignore_errors=True)
        return about


async def read_corpus(children: Children, path: Path, *options: str | Path) -> dict[str, Any]:
    """What the child says of a corpus.

    Raises:
        CannotRead: it cannot be read.
    """
    try:
        return await children.run("corpus", "take", path, *options, bounds=READING)
    except ChildFailed as error:
        log.warning("A corpus was not read: %s", error)
        raise refusal_of(error) from error
