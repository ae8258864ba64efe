"""A lock on the data folder: two bots must not write into one."""

import fcntl
import os
from pathlib import Path
from typing import Final

NAME: Final = "lock"


class FolderInUse(Exception):  # noqa: N818 - says what is the case
    """Another process holds the folder; `str()` is one line that says what to do."""


class FolderUnusable(Exception):  # noqa: N818 - says what is the case
    """The folder cannot be written; `str()` is one line that says what to do."""


class FolderLock:
    """Held until it is released or the process ends, however it ends."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    @classmethod
    def take(cls, folder: Path) -> "FolderLock":
        """Raises:
        FolderInUse: another process holds it.
        FolderUnusable: the folder cannot be written.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise FolderUnusable(f"cannot write in {folder}: {error.strerror}; choose another [storage] dir") from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            raise FolderInUse(f"another bot uses {folder}: stop it, or choose another [storage] dir") from error
        return cls(descriptor)

    def release(self) -> None:
        """Let go. The file stays: to remove it would let two processes lock two files of one name."""
        os.close(self._descriptor)
