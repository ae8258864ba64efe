"""One process trains in a folder at a time, and can be found there while it lives. Needs no torch."""

import fcntl
import json
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from model.errors import FolderTakenError, TrainingError

NAME: Final = "lock"
HEARTBEAT_SECONDS: Final = 1.0
PATIENCE_SECONDS: Final = 2.0
"""So long a process tries to get the lock: whoever looks whether it is free holds it for a moment."""
_AGAIN_SECONDS: Final = 0.05


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that trains in a folder; times are seconds since 1970."""

    pid: int
    started_at: float
    seen_at: float
    """Its last heartbeat."""


@contextmanager
def holding(folder: Path) -> Iterator[None]:
    """Hold the folder, which is made where it is missing. The lock goes with the process, however it ends.

    The file of the lock tells who holds it, and its date when that process last gave a sign of life.

    Raises:
        FolderTakenError: another process trains there.
        TrainingError: the folder cannot be written.
    """
    path = folder / NAME
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise TrainingError(f"{folder} cannot be written ({error.strerror}); name another folder") from None
    ended = threading.Event()
    heartbeat = threading.Thread(target=_beat, args=(descriptor, ended), name="heartbeat", daemon=True)
    try:
        _lock(descriptor, folder)
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "started_at": time.time()}).encode(), 0)
        heartbeat.start()
        yield
    finally:
        ended.set()
        if heartbeat.ident is not None:
            heartbeat.join()
        os.close(descriptor)


def holder_of(folder: Path) -> Holder | None:
    """Who trains in the folder; None where nobody does."""
    try:
        descriptor = os.open(folder / NAME, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return _read(descriptor)
    else:
        return None
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    until = time.monotonic() + PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                raise FolderTakenError(
                    f"another process trains in {folder}; wait for its end, or name another folder"
                ) from None
            time.sleep(_AGAIN_SECONDS)
        else:
            return


def _beat(descriptor: int, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_SECONDS):
        os.utime(descriptor)


def _read(descriptor: int) -> Holder:
    """Between the lock and the first word of its holder nothing is known but that there is one: pid 0."""
    seen_at = os.fstat(descriptor).st_mtime
    try:
        told = json.loads(os.pread(descriptor, 4096, 0))
        return Holder(int(told["pid"]), float(told["started_at"]), seen_at)
    except (ValueError, LookupError, TypeError):
        return Holder(0, seen_at, seen_at)
