"""Texts to learn from: each a folder below `corpora/` in the data folder, and how new ones come there."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.services.children import Bounds, Children, Running
from bot.services.corpus_folder import LONGEST_NAME, NAME, About, CorpusFolder, Listed
from bot.services.corpus_refusals import (
    BadCorpusName,
    CorpusInUse,
    CorpusNameTaken,
    CorpusStays,
    DownloadRuns,
    NoSuchCorpus,
)
from bot.services.favorite_corpus import FAVORITES, FavoriteCorpus
from bot.services.uploads import Uploads, read_corpus

DOWNLOADING: Final = Bounds(seconds=3_600)
MOST_ALIKE: Final = 1_000
"""Corpora of one file name."""


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
        self.base = base
        self.favorites = favorites
        self.uploads = Uploads(CorpusFolder(folder), children, largest=largest)
        self._folder = CorpusFolder(folder)
        self._children = children
        self._download: Download | None = None
        self.learns_from: Callable[[str], Awaitable[bool]] = _nothing_learns
        """Whether a job that is not at its end learns from the corpus of that name."""

    async def names(self) -> list[str]:
        """All that can be learnt from, the loved poems last."""
        return [one.name for one in await self.all() if not one.unfinished] + [FAVORITES]

    async def path_of(self, name: str) -> Path:
        """Where the trainer finds a corpus; that of loved poems is made.

        Raises:
            NoSuchCorpus: there is none of that name, or its download is not complete.
            NoFavorites, NoBase: there are too few loved poems, or no old ones to mix them with.
        """
        if name == FAVORITES:
            base = self._folder.of(self.base) if await self._has(self.base) else None
            return await self.favorites.mix(base, again=await self.learns_from(FAVORITES))
        if not await self._has(name):
            raise NoSuchCorpus(name=name)
        return self._folder.of(name)

    async def all(self) -> list[Listed]:
        """All corpora that are folders, with what is known of them."""
        found = await asyncio.to_thread(self._folder.all)
        return [Listed(one.name, one.about, one.unfinished or self._is_fetched(one.name)) for one in found]

    async def about(self, name: str) -> About:
        """What a corpus holds; it is counted where nobody has before.

        Raises:
            NoSuchCorpus: there is none of that name.
            CannotRead: it cannot be read.
        """
        if not await self._has(name):
            raise NoSuchCorpus(name=name)
        known = await asyncio.to_thread(self._folder.about, name)
        if known is None:
            known = About.of(name, "", await read_corpus(self._children, self._folder.of(name)))
            await asyncio.to_thread(self._folder.note, known)
        return known

    async def name_for(self, wanted: str | None, file: str) -> str:
        """What an upload will be called: as wanted, or after its file.

        Raises:
            BadCorpusName: what is wanted is no name.
            CorpusNameTaken: a corpus has it.
        """
        taken = {FAVORITES, *(one.name for one in await self.all())}
        if wanted is not None:
            name = wanted.strip().lower()
            if not NAME.fullmatch(name):
                raise BadCorpusName(limit=LONGEST_NAME)
            if name in taken:
                raise CorpusNameTaken(name=name)
            return name
        own = re.sub(r"[^a-z0-9]+", "-", file.lower().partition(".")[0])[: LONGEST_NAME - 4].strip("-") or "corpus"
        return next(name for name in (own, *(f"{own}-{n}" for n in range(2, MOST_ALIKE))) if name not in taken)

    async def check_removable(self, name: str) -> None:
        """Raises:
        CorpusStays: it is that of loved poems.
        NoSuchCorpus: there is none of that name.
        CorpusInUse: a job learns from it, or it is being fetched.
        """
        if name == FAVORITES:
            raise CorpusStays
        if not await asyncio.to_thread(self._folder.is_there, name):
            raise NoSuchCorpus(name=name)
        if self._is_fetched(name) or await self.learns_from(name):
            raise CorpusInUse(name=name)

    async def remove(self, name: str) -> None:
        """Delete a corpus.

        Raises:
            CorpusStays, NoSuchCorpus, CorpusInUse: as check_removable() does.
        """
        await self.check_removable(name)
        if not await asyncio.to_thread(self._folder.discard, self._folder.of(name)):
            raise NoSuchCorpus(name=name)
        await asyncio.to_thread(self._folder.forget, name)

    def download(self, person_id: int, *options: str) -> str:
        """Begin to fetch the base corpus. Returns its name.

        Raises:
            DownloadRuns: it is being fetched already.
        """
        if self._is_fetched(self.base):
            raise DownloadRuns
        self._folder.forget(self.base)
        child = self._children.start(
            "corpus", "download", "--json", "--to", self._folder.of(self.base), *options, bounds=DOWNLOADING
        )
        self._download = Download(self.base, person_id, child)
        return self.base

    def ended_download(self) -> Download | None:
        """A download that has ended, once."""
        if self._download is None or self._download.child.runs:
            return None
        ended, self._download = self._download, None
        return ended

    def _is_fetched(self, name: str) -> bool:
        return self._download is not None and self._download.name == name and self._download.child.runs

    async def _has(self, name: str) -> bool:
        return any(one.name == name and not one.unfinished for one in await self.all())


async def _nothing_learns(_: str) -> bool:
    return False
