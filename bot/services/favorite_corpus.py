"""Poems that people love as a corpus: of servers that agreed and that the owner listed, kept by two people at least."""

import asyncio
import hashlib
import json
import logging
import shutil
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.services.children import Bounds, ChildFailed, Children
from bot.services.corpus_refusals import NoBase, NoFavorites, refusal_of
from bot.store.loved import LovedPoem, LovedRepository
from model.corpus.mixing import HELD_OUT, TRAINING

log = logging.getLogger(__name__)

FAVORITES: Final = "favorites"
FOLDER: Final = "favorites"
FEWEST_KEEPERS: Final = 2
MOST_WEIGHT: Final = 10
FEWEST_POEMS: Final = 8
"""With fewer nothing could be both learnt and judged by."""
KEPT_DAYS: Final = 30
"""So long the copy of the poems is kept that a network learns from."""
GIVEN_SHARE: Final = 0.5
"""A line of which so much was typed by a person is theirs."""
MIXING: Final = Bounds(seconds=300, memory=3_072, file=256)


@dataclass(frozen=True, slots=True)
class Loved:
    """What may be learnt from.

    Attributes:
        agreed: servers that agreed.
        listed: those of them that the owner listed.
        poems: of these servers, each with how often it is read.
        left_out: poems that are kept by enough people, but have a line that a person gave.
    """

    agreed: int
    listed: int
    poems: Sequence[tuple[str, int]]
    left_out: int


class FavoriteCorpus:
    def __init__(self, repository: LovedRepository, children: Children, folder: Path, listed: Collection[int]) -> None:
        """Args:
        repository: the loved poems.
        children: mixes them with old ones.
        folder: the data folder.
        listed: the servers that the owner listed.
        """
        self._repository = repository
        self._children = children
        self._folder = folder / FOLDER
        self._listed = frozenset(listed)
        self._turn = asyncio.Lock()

    async def loved(self) -> Loved:
        """The poems, in the order in which they were written."""
        agreed = await self._repository.agreed()
        listed = sorted(agreed & self._listed)
        found = [poem for guild_id in listed for poem in await self._repository.of_server(guild_id, FEWEST_KEEPERS)]
        own = [poem for poem in sorted(found, key=lambda poem: poem.id) if not has_given_line(poem)]
        poems = [(poem.text, min(poem.loved, MOST_WEIGHT)) for poem in own]
        return Loved(len(agreed), len(listed), poems, len(found) - len(own))

    async def mix(self, base: Path | None, *, again: bool = False) -> Path:
        """Mix them with old poems. Returns where the trainer finds the mixture.

        Args:
            base: the old poems; None where there are none.
            again: whether somebody learns from the last mixture, which is then as good as a new one: a job that is
                continued has to find what it began with.

        Raises:
            NoFavorites: too few poems may be learnt from.
            NoBase: there are no old ones.
            CannotRead: the mixture could not be made.
        """
        if again and (held_out := self.held_out()) is not None:
            return held_out.parent / TRAINING
        loved = await self.loved()
        if len(loved.poems) < FEWEST_POEMS:
            raise NoFavorites(count=len(loved.poems), fewest=FEWEST_POEMS)
        if base is None:
            raise NoBase
        # No titles and authors: people may have typed the one, and are the other.
        entries = [{"paragraphs": [text], "weight": weight} for text, weight in loved.poems]
        content = json.dumps(entries, ensure_ascii=False).encode()
        # The same poems have the same place, and need not be mixed anew.
        folder = self._folder / hashlib.sha256(content).hexdigest()[:16]
        async with self._turn:
            if not (folder / TRAINING).is_dir():
                await self._mix(content, base, folder)
        return folder / TRAINING

    def held_out(self) -> Path | None:
        """The loved poems to judge by that were held out of the newest mixture."""
        found = sorted(self._folder.glob(f"*/{HELD_OUT}"), key=lambda path: path.stat().st_mtime)
        return found[-1] if found else None

    async def sweep(self) -> None:
        """Delete the copy of the poems once it is old."""
        await asyncio.to_thread(self._sweep)

    async def _mix(self, content: bytes, base: Path, folder: Path) -> None:
        part = folder.with_suffix(".part")
        await asyncio.to_thread(_begin, part, content)
        try:
            answer = await self._children.run(
                "corpus", "mix", part / "loved.json", "--base", base, "--out", part, bounds=MIXING
            )
        except ChildFailed as error:
            log.warning("Loved poems were not mixed with old ones: %s", error)
            if error.fault == "no_poems":
                raise NoFavorites(count=0, fewest=FEWEST_POEMS) from error
            raise refusal_of(error) from error
        log.info("Loved poems mixed with old ones: %s", answer)
        await asyncio.to_thread(self._keep_only, part, folder)

    def _sweep(self) -> None:
        old = time.time() - KEPT_DAYS * 86_400
        for folder in self._folder.glob("*"):
            if folder.stat().st_mtime < old:
                shutil.rmtree(folder, ignore_errors=True)

    def _keep_only(self, part: Path, folder: Path) -> None:
        """The new mixture alone: what people have let go or deleted since is in no older one."""
        for old in self._folder.iterdir():
            if old != part:
                shutil.rmtree(old, ignore_errors=True)
        part.rename(folder)


def has_given_line(poem: LovedPoem) -> bool:
    """Whether at least half of one of its lines was typed by a person."""
    given, place = set(poem.given), 0
    for line in poem.lines:
        typed = sum(number in given for number in range(place, place + len(line)))
        if typed >= GIVEN_SHARE * len(line):
            return True
        place += len(line)
    return False


def _begin(part: Path, content: bytes) -> None:
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    (part / "loved.json").write_bytes(content)
