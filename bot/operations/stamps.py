"""Files whose times say when each part of the bot last did something; health and the watchdog go by them.

Needs neither discord.py nor torch: `python -m bot health` is asked every half a minute.
"""

import os
import time
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from bot.share import Share

STALE_SECONDS: Final = 60.0
_FOLDER: Final = "health"


class Part(StrEnum):
    """What has to be alive."""

    LOOP = "loop"
    """The event loop, which answers people."""
    NETWORKS = "networks"
    """The thread that writes poems."""
    GATEWAY = "gateway"
    """The connection over which Discord speaks."""
    DATABASE = "database"


class Stamps:
    """The stamps of one process."""

    def __init__(self, storage: Path, share: Share) -> None:
        """`storage` is the data folder, which several processes may share."""
        self._folder = storage / _FOLDER if share.is_all else storage / _FOLDER / ",".join(map(str, share.ids))

    def begin(self) -> None:
        """Forget what an earlier process left.

        Raises:
            OSError: the folder cannot be written.
        """
        self._folder.mkdir(parents=True, exist_ok=True)
        self.clear()

    def stamp(self, part: Part, age: float = 0.0) -> None:
        """The part was alive so many seconds ago.

        Raises:
            OSError: the file cannot be written.
        """
        path, moment = self._folder / part, time.time() - age
        path.touch()
        os.utime(path, (moment, moment))

    def clear(self) -> None:
        """No bot runs any more."""
        for part in Part:
            (self._folder / part).unlink(missing_ok=True)

    def ages(self) -> Mapping[Part, float | None]:
        """Seconds since each part was last alive; None where it never was."""
        return {part: self._age(part) for part in Part}

    def _age(self, part: Part) -> float | None:
        try:
            moment = (self._folder / part).stat().st_mtime
        except FileNotFoundError:
            return None
        # A stamp of the future was made before the clock was put back; one that lives is made again soon.
        return abs(time.time() - moment)


def is_stale(age: float | None) -> bool:
    return age is None or age > STALE_SECONDS
