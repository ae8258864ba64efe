"""The files of versions: those that were trained here, and those that came with the program."""

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Final

from model.errors import CheckpointError
from model.header import read_header

FOLDER: Final = "models"
SUFFIX: Final = ".safetensors"
CERTIFICATE: Final = f".certificate{SUFFIX}"


class VersionFiles:
    """All of it reads or writes the disk, so it belongs beside the event loop."""

    def __init__(self, folder: Path, shipped: Path) -> None:
        """Args:
        folder: the data folder.
        shipped: the folder of the weights that come with the program.
        """
        self._folder = folder / FOLDER
        self._shipped = shipped

    def path(self, name: str) -> Path:
        """Where a version that was trained here lies."""
        return self._folder / f"{name}{SUFFIX}"

    def shipped(self) -> list[Path]:
        """The weights for poems that came with the program."""
        return [path for path in sorted(self._shipped.glob(f"*{SUFFIX}")) if _writes_poems(path)]

    def take(self, weights: Path, name: str) -> Path:
        """Copy a file, whole or not at all. Returns where it is."""
        path = self.path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.part")
        try:
            with weights.open("rb") as source, part.open("wb") as file:
                shutil.copyfileobj(source, file)
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
        return path


def _writes_poems(path: Path) -> bool:
    with suppress(CheckpointError):
        return not path.name.endswith(CERTIFICATE) and read_header(path).kind == "poem"
    return False
