"""The folder of the corpora as it lies on the disk. All of it belongs beside the event loop."""

import json
import re
import secrets
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

FOLDER: Final = "corpora"
NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
LONGEST_NAME: Final = 32
# No corpus has such a name: they begin with a dot.
WAITING: Final = ".waiting"
_ABOUT: Final = ".about"
_REMOVED: Final = ".removed"
_UNFINISHED: Final = ".git-objects"
"""What a download has in its folder until it is complete."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a corpus.

    Attributes:
        name: what it is called here.
        file: the name of the file that it came in, as its sender called it; empty where it came otherwise.
        statistics: as `model.corpus.statistics` counts; see there.
        held_out: poems that no training sees.
        samples: a few texts.
    """

    name: str
    file: str
    statistics: Mapping[str, Any]
    held_out: int
    samples: Sequence[str]

    @classmethod
    def of(cls, name: str, file: str, answer: Mapping[str, Any]) -> "About":
        """From what the child that reads it answers."""
        return cls(name, file, answer["statistics"], answer["held_out"], answer["samples"])

    @classmethod
    def read(cls, path: Path) -> "About | None":
        """What was noted; None where nothing was, or nothing that can be read."""
        try:
            return cls(**json.loads(path.read_bytes()))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        # The name of a file may be no text: half a surrogate pair.
        part.write_bytes(json.dumps(asdict(self), ensure_ascii=False).encode("utf-8", "backslashreplace"))
        part.replace(path)


@dataclass(frozen=True, slots=True)
class Listed:
    """A corpus in the list; `about` is None where nobody has looked at it yet."""

    name: str
    about: About | None
    unfinished: bool = False


class CorpusFolder:
    def __init__(self, folder: Path) -> None:
        """In the data folder."""
        self.path = folder / FOLDER

    def of(self, name: str) -> Path:
        return self.path / name

    def waiting(self, token: str) -> Path:
        """What was uploaded and is not confirmed."""
        return self.path / WAITING / token

    def is_there(self, name: str) -> bool:
        return NAME.fullmatch(name) is not None and self.of(name).is_dir()

    def all(self) -> list[Listed]:
        if not self.path.is_dir():
            return []
        names = [path.name for path in sorted(self.path.iterdir()) if self.is_there(path.name)]
        return [Listed(name, self.about(name), unfinished=self._is_unfinished(name)) for name in names]

    def about(self, name: str) -> About | None:
        return About.read(self._about(name))

    def note(self, about: About) -> None:
        about.write(self._about(about.name))

    def forget(self, name: str) -> None:
        """It is to be counted anew."""
        self._about(name).unlink(missing_ok=True)

    def discard(self, path: Path) -> bool:
        """Out of sight at once, and then away. Returns whether anything was there."""
        removed = self.path / _REMOVED / secrets.token_hex(8)
        removed.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.rename(removed)
        except FileNotFoundError:
            return False
        shutil.rmtree(self.path / _REMOVED, ignore_errors=True)
        return True

    def _about(self, name: str) -> Path:
        return self.path / _ABOUT / f"{name}.json"

    def _is_unfinished(self, name: str) -> bool:
        return (self.of(name) / _UNFINISHED).exists() or not any(self.of(name).iterdir())
