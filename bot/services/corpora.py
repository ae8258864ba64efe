"""Texts to learn from: each a folder below `corpora/` in the data folder, and how new ones come there."""

import asyncio
import json
import logging
import re
import secrets
import shutil
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from bot.services.children import Bounds, ChildFailed, Children, Running
from bot.services.corpus_refusals import (
    BadCorpusName,
    CorpusInUse,
    CorpusNameTaken,
    CorpusStays,
    CorpusTooLarge,
    DownloadRuns,
    NoSuchCorpus,
    WaitsNoMore,
    refusal_of,
)
from bot.services.favorite_corpus import FAVORITES, FavoriteCorpus

log = logging.getLogger(__name__)

FOLDER: Final = "corpora"
LONGEST_NAME: Final = 32
TAKING: Final = Bounds(seconds=240, memory=3_072, file=256)
DOWNLOADING: Final = Bounds(seconds=3_600)
KEPT_WAITING_SECONDS: Final = 86_400
"""So long what was uploaded waits to be confirmed."""

_NAME: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
# No corpus has such a name: they begin with a dot.
_WAITING: Final = ".waiting"
_ABOUT: Final = ".about"
_REMOVED: Final = ".removed"
_UPLOAD: Final = "upload"
_POEMS: Final = "poems"
_UNFINISHED: Final = ".git-objects"
"""What a download has in its folder until it is complete."""


@dataclass(frozen=True, slots=True)
class About:
    """What is known of a corpus.

    Attributes:
        name: what it is called here.
        file: the name of the file that it came in, as its sender typed it; empty where it came otherwise.
        statistics: as `model.corpus.statistics` counts; see there.
        held_out: poems that no training sees.
        samples: a few texts.
    """

    name: str
    file: str
    statistics: Mapping[str, Any]
    held_out: int
    samples: Sequence[str]

    @property
    def poems(self) -> int:
        return int(self.statistics["poems"])


@dataclass(frozen=True, slots=True)
class Listed:
    """A corpus in the list; `about` is None where nobody has looked at it yet."""

    name: str
    about: About | None
    unfinished: bool = False


@dataclass(frozen=True, slots=True)
class Download:
    """A download that was begun, and for whom."""

    name: str
    person_id: int
    child: Running


class Corpora:
    """What there is to learn from. Nothing here runs for long on the event loop."""

    def __init__(self, folder: Path, children: Children, favorites: FavoriteCorpus, *, base: str, largest: int) -> None:
        """Nothing is read yet.

        Args:
            folder: the data folder.
            children: reads what others made.
            favorites: the corpus of loved poems.
            base: the name of the corpus of old poems.
            largest: bytes of a file that is taken.
        """
        self.folder = folder / FOLDER
        self.base = base
        self.largest = largest
        self.favorites = favorites
        self._children = children
        self._download: Download | None = None
        self.learns_from: Callable[[str], Awaitable[bool]] = _nothing_learns
        """Whether a job that is not at its end learns from the corpus of that name."""

    async def names(self) -> list[str]:
        """All that can be learnt from, the loved poems last."""
        return [one.name for one in await asyncio.to_thread(self._found) if not one.unfinished] + [FAVORITES]

    async def path_of(self, name: str) -> Path:
        """Where the trainer finds a corpus; that of loved poems is made.

        Raises:
            NoSuchCorpus: there is none of that name, or its download is not complete.
            NoFavorites, NoBase: there are too few loved poems, or no old ones to mix them with.
        """
        if name == FAVORITES:
            return await self.favorites.mix(self.folder / self.base if await self._has(self.base) else None)
        if not await self._has(name):
            raise NoSuchCorpus(name=name)
        return self.folder / name

    async def all(self) -> list[Listed]:
        """All corpora that are folders, with what is known of them."""
        return await asyncio.to_thread(self._found)

    async def about(self, name: str) -> About:
        """What a corpus holds; it is counted where nobody has before.

        Raises:
            NoSuchCorpus: there is none of that name.
            CannotRead: it cannot be read.
        """
        if not await self._has(name):
            raise NoSuchCorpus(name=name)
        known = await asyncio.to_thread(_read_about, self._about(name))
        if known is None:
            known = _about(name, "", await self._read("take", self.folder / name))
            await asyncio.to_thread(_write_about, self._about(name), known)
        return known

    def check_file(self, size: int) -> None:
        """Raises:
        CorpusTooLarge: a file of so many bytes is not taken.
        """
        if size > self.largest:
            raise CorpusTooLarge(size=-(-size >> 20), limit=self.largest >> 20)

    async def name_for(self, wanted: str | None, file: str) -> str:
        """What an upload will be called: as wanted, or after its file.

        Raises:
            BadCorpusName: what is wanted is no name.
            CorpusNameTaken: a corpus has it.
        """
        if wanted is not None:
            name = wanted.strip().lower()
            if not _NAME.fullmatch(name):
                raise BadCorpusName(limit=LONGEST_NAME)
            if name == FAVORITES or (self.folder / name).exists():
                raise CorpusNameTaken(name=name)
            return name
        own = re.sub(r"[^a-z0-9]+", "-", file.lower().partition(".")[0])[: LONGEST_NAME - 4].strip("-") or "corpus"
        names = [own, *(f"{own}-{number}" for number in range(2, 1000))]
        return next(name for name in names if name != FAVORITES and not (self.folder / name).exists())

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
        self.check_file(len(content))
        token = secrets.token_hex(8)
        waiting = self.folder / _WAITING / token
        await asyncio.to_thread(self._receive, waiting, content)
        try:
            answer = await self._read("take", waiting / _UPLOAD, "--out", waiting / _POEMS)
        except BaseException:
            await asyncio.to_thread(shutil.rmtree, waiting, ignore_errors=True)
            raise
        about = _about(name, file, answer)
        await asyncio.to_thread(_write_about, waiting / f"{name}.json", about)
        (waiting / _UPLOAD).unlink()
        return token, about

    async def confirm(self, token: str) -> About:
        """Keep what was kept apart.

        Raises:
            WaitsNoMore: it was confirmed or thrown away already.
            CorpusNameTaken: meanwhile another one has the name.
        """
        return await asyncio.to_thread(self._confirm, self.folder / _WAITING / token)

    async def throw_away(self, token: str) -> None:
        """Raises:
        WaitsNoMore: it was confirmed or thrown away already.
        """
        await asyncio.to_thread(self._discard, self.folder / _WAITING / token, WaitsNoMore())

    async def remove(self, name: str) -> None:
        """Delete a corpus.

        Raises:
            CorpusStays: it is that of loved poems.
            NoSuchCorpus: there is none of that name.
            CorpusInUse: a job learns from it, or it is being fetched.
        """
        if name == FAVORITES:
            raise CorpusStays
        if not _NAME.fullmatch(name) or not (self.folder / name).is_dir():
            raise NoSuchCorpus(name=name)
        running = self._download is not None and self._download.name == name and self._download.child.runs
        if running or await self.learns_from(name):
            raise CorpusInUse(name=name)
        await asyncio.to_thread(self._discard, self.folder / name, NoSuchCorpus(name=name))
        await asyncio.to_thread(self._about(name).unlink, missing_ok=True)

    def download(self, person_id: int, *options: str) -> str:
        """Begin to fetch the base corpus. Returns its name.

        Raises:
            DownloadRuns: it is being fetched already.
        """
        if self._download is not None and self._download.child.runs:
            raise DownloadRuns
        arguments: tuple[str | Path, ...] = ("corpus", "download", "--json", "--to", self.folder / self.base, *options)
        self._download = Download(self.base, person_id, self._children.start(*arguments, bounds=DOWNLOADING))
        self._about(self.base).unlink(missing_ok=True)
        return self.base

    def ended_download(self) -> Download | None:
        """A download that has ended, once."""
        if self._download is None or self._download.child.runs:
            return None
        ended, self._download = self._download, None
        return ended

    async def _has(self, name: str) -> bool:
        return any(one.name == name and not one.unfinished for one in await self.all())

    async def _read(self, *arguments: str | Path) -> dict[str, Any]:
        try:
            return await self._children.run("corpus", *arguments, bounds=TAKING)
        except ChildFailed as error:
            log.warning("A corpus was not read: %s", error)
            raise refusal_of(error) from error

    def _about(self, name: str) -> Path:
        return self.folder / _ABOUT / f"{name}.json"

    # What follows reads and writes the disk, beside the event loop.

    def _found(self) -> list[Listed]:
        if not self.folder.is_dir():
            return []
        folders = [path for path in sorted(self.folder.iterdir()) if _NAME.fullmatch(path.name) and path.is_dir()]
        return [
            Listed(path.name, _read_about(self._about(path.name)), unfinished=self._is_unfinished(path))
            for path in folders
        ]

    def _is_unfinished(self, path: Path) -> bool:
        fetched = self._download is not None and self._download.name == path.name and self._download.child.runs
        return fetched or (path / _UNFINISHED).exists() or not any(path.iterdir())

    def _receive(self, waiting: Path, content: bytes) -> None:
        now = time.time()
        for old in (self.folder / _WAITING).glob("*"):
            if now - old.stat().st_mtime > KEPT_WAITING_SECONDS:
                shutil.rmtree(old, ignore_errors=True)
        waiting.mkdir(parents=True)
        (waiting / _UPLOAD).write_bytes(content)

    def _confirm(self, waiting: Path) -> About:
        about = next((found for file in waiting.glob("*.json") if (found := _read_about(file)) is not None), None)
        if about is None:
            raise WaitsNoMore
        if (self.folder / about.name).exists():
            raise CorpusNameTaken(name=about.name)
        try:
            (waiting / _POEMS).rename(self.folder / about.name)
        except FileNotFoundError:
            raise WaitsNoMore from None
        _write_about(self._about(about.name), about)
        shutil.rmtree(waiting, ignore_errors=True)
        return about

    def _discard(self, path: Path, missing: Exception) -> None:
        """Out of sight at once, and then away; `missing` is raised where there is nothing."""
        removed = self.folder / _REMOVED / secrets.token_hex(8)
        removed.parent.mkdir(parents=True, exist_ok=True)
        try:
            path.rename(removed)
        except FileNotFoundError:
            raise missing from None
        shutil.rmtree(self.folder / _REMOVED, ignore_errors=True)


async def _nothing_learns(_: str) -> bool:
    return False


def _about(name: str, file: str, answer: Mapping[str, Any]) -> About:
    return About(name, file, answer["statistics"], answer["held_out"], answer["samples"])


def _read_about(path: Path) -> About | None:
    try:
        return About(**json.loads(path.read_bytes()))
    except (OSError, ValueError, TypeError):
        return None


def _write_about(path: Path, about: About) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fields = {name: getattr(about, name) for name in ("name", "file", "statistics", "held_out", "samples")}
    part = path.with_suffix(".part")
    part.write_text(json.dumps(fields, ensure_ascii=False), encoding="utf-8", errors="backslashreplace")
    part.replace(path)
