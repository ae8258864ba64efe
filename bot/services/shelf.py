"""The shelf of versions: those that were trained here, and those that came with the program."""

import asyncio
import os
import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from bot.services.version_refusals import ChangedVersion, NoSuchVersion
from bot.store.versions import Version, VersionRepository
from model.configuration import NetworkConfiguration
from model.errors import CheckpointError
from model.header import Header, fingerprint, read_header
from model.recipes import PoemRecipe
from model.shipped import COMPARED

FOLDER: Final = "models"
SUFFIX: Final = ".safetensors"
CERTIFICATE: Final = f".certificate{SUFFIX}"


@dataclass(frozen=True, slots=True)
class Known:
    """A version in the list: what its file says, and what was noted; `version` is None for shipped ones."""

    name: str
    path: Path
    header: Header
    bytes: int
    version: Version | None
    in_use: bool

    def fits(self, recipe: PoemRecipe) -> bool:
        """Whether a training by the recipe can go on from it."""
        try:
            return not NetworkConfiguration.model_validate(self.header.configuration).unlike(recipe)
        except ValidationError:  # damaged: no recipe builds that
            return False


class Shelf:
    def __init__(self, repository: VersionRepository, folder: Path, shipped: Path) -> None:
        """Args:
        repository: what was trained here.
        folder: the data folder.
        shipped: the folder of the weights that come with the program.
        """
        self._repository = repository
        self._folder = folder / FOLDER
        self._shipped = shipped

    def path(self, name: str) -> Path:
        """Where a version that was trained here lies."""
        return self._folder / f"{name}{SUFFIX}"

    async def path_of(self, name: str) -> Path:
        """Where any version lies.

        Raises:
            NoSuchVersion: there is none of that name.
            ChangedVersion: its file is not what it was.
        """
        version = await self._repository.get(name)
        if version is None:
            found = next((path for path in await asyncio.to_thread(self._came_along) if path.stem == name), None)
            if found is None:
                raise NoSuchVersion(name=name)
            return found
        path = self.path(name)
        if not await asyncio.to_thread(_is, path, version.weights):
            raise ChangedVersion(name=name)
        return path

    async def all(self, current: Path | None) -> list[Known]:
        """Every version whose file can be read, trained ones first, the newest of them first.

        Args:
            current: the file of what is in use.
        """
        versions = await self._repository.all()
        shipped = await asyncio.to_thread(self._came_along)
        trained = [(self.path(version.name), version) for version in versions]
        found = []
        for path, version in [*trained, *((path, None) for path in shipped)]:
            with suppress(CheckpointError):
                header = await asyncio.to_thread(read_header, path, "poem")
                found.append(Known(path.stem, path, header, path.stat().st_size, version, in_use=path == current))
        return found

    # What follows reads or writes the disk, beside the event loop.

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

    def _came_along(self) -> list[Path]:
        return [path for path in sorted(self._shipped.glob(f"*{SUFFIX}")) if _writes_poems(path)]


def _is(path: Path, weights: str) -> bool:
    """Whether the file is there, and is these weights."""
    return path.is_file() and fingerprint(path) == weights


def _writes_poems(path: Path) -> bool:
    """Whether they are there to write for people, and not to be looked at beside others."""
    if path.name.endswith(CERTIFICATE):
        return False
    with suppress(CheckpointError):
        header = read_header(path)
        return header.kind == "poem" and not header.recipe.startswith(COMPARED)
    return False
