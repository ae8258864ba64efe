"""A lock on the data folder: two bots must not write into one; processes of one bot may, each with its own shards."""

import asyncio
import fcntl
import os
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from bot.share import ALL, Share

NAME: Final = "lock"
"""Locked by who is alone, and shared by processes that divide the shards; in it stands of how many."""
STARTING: Final = "lock.starting"
"""Locked by who finds out whether it is alone, until its database is up to date."""
SHARD: Final = "lock.shard-{}"
"""Locked by the process that serves the shard."""
LOCK_TRIES: Final = 120
BETWEEN_TRIES_SECONDS: Final = 0.5
"""Others may have to bring a large database up to date first."""


class FolderInUse(Exception):  # noqa: N818 - says what is the case
    """Another process holds the folder; `str()` is one line that says what to do."""


class FolderBusy(FolderInUse):
    """Another process starts at this moment: it takes seconds."""


class FolderUnusable(Exception):  # noqa: N818 - says what is the case
    """The folder cannot be written; `str()` is one line that says what to do."""


class FolderLock:
    """Held until it is released or the process ends, however it ends.

    Attributes:
        alone: no other process has the folder; others may come in once let_others_in() is called.
    """

    def __init__(self, folder: Path, share: Share) -> None:
        self._folder = folder
        self._share = share
        self._held = ExitStack()
        self._starting = ExitStack()
        self._whole = -1
        self.alone = False

    @classmethod
    def take(cls, folder: Path, share: Share = ALL) -> "FolderLock":
        """Take the folder, or a share of it.

        Raises:
            FolderInUse: another process holds it, or one of the shards.
            FolderBusy: another process starts; try again soon.
            FolderUnusable: the folder cannot be written.
        """
        lock = cls(folder, share)
        with ExitStack() as undone:
            undone.callback(lock.release)
            try:
                folder.mkdir(parents=True, exist_ok=True)
                lock._take()
            except OSError as error:
                raise FolderUnusable(
                    f"cannot write in {folder}: {error.strerror}; choose another [storage] dir"
                ) from error
            undone.pop_all()
        return lock

    def let_others_in(self) -> None:
        """The database is as this program wants it: now processes with other shards may use it, where there are any."""
        if not self._share.is_all:
            fcntl.flock(self._whole, fcntl.LOCK_SH)
            self._starting.close()

    def release(self) -> None:
        """Let go. The files stay: to remove one would let two processes lock two files of one name."""
        self._starting.close()
        self._held.close()

    def _take(self) -> None:
        folder = self._folder
        if not _locked(self._open(STARTING, self._starting), fcntl.LOCK_EX):
            raise FolderBusy(f"another process starts in {folder}: try again when it has")
        self._whole = self._open(NAME, self._held)
        if _locked(self._whole, fcntl.LOCK_EX):
            self.alone = True
            os.ftruncate(self._whole, 0)
            os.pwrite(self._whole, str(self._share.count).encode(), 0)
        elif self._share.is_all or not _locked(self._whole, fcntl.LOCK_SH):
            raise FolderInUse(f"another bot uses {folder}: stop it, or choose another [storage] dir")
        if (count := os.pread(self._whole, 16, 0).decode()) != str(self._share.count):
            raise FolderInUse(
                f"the processes that use {folder} divide {count} shards, and this one {self._share.count}: "
                "give all the same [discord] shards, after stopping those of before"
            )
        if self._share.is_all:
            self._starting.close()
            return
        for number in self._share.ids:
            if not _locked(self._open(SHARD.format(number), self._held), fcntl.LOCK_EX):
                raise FolderInUse(
                    f"another process serves shard {number} in {folder}: stop it, or give this one other shard_ids"
                )

    def _open(self, name: str, held: ExitStack) -> int:
        descriptor = os.open(self._folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        held.callback(os.close, descriptor)
        return descriptor


async def lock_on(folder: Path, share: Share) -> FolderLock:
    """The folder or a share of it, once no other process is starting.

    Raises:
        FolderInUse, FolderBusy, FolderUnusable: as FolderLock.take() does.
    """
    for _ in range(LOCK_TRIES):
        try:
            return FolderLock.take(folder, share)
        except FolderBusy:
            await asyncio.sleep(BETWEEN_TRIES_SECONDS)
    return FolderLock.take(folder, share)


def _locked(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
