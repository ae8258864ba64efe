"""What holds of versions after any sequence of uses, steps back and deletions."""

import asyncio
import shutil
import tempfile
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.judging import Judge
from bot.services.poet import PoetService
from bot.services.version_refusals import LastVersion, NothingBefore, VersionInUse
from bot.services.versions import Versions
from bot.store.database import Database
from bot.store.versions import Version, VersionRepository
from model.header import fingerprint

NOW = datetime(2026, 1, 1, tzinfo=UTC)
NAMES = ("a-1", "b-2", "c-3")
STEPS = st.lists(
    st.tuples(st.sampled_from(("use", "delete")), st.sampled_from((*NAMES, "gru"))) | st.just(("back", "")),
    min_size=1,
    max_size=12,
)


class SwiftPoet:
    """Switches weights without loading them: what is loaded is for other tests."""

    def __init__(self, default: Path) -> None:
        self.default = default
        self.in_use: Any = None
        self.switch(default)

    def switch(self, path: Path) -> None:
        self.in_use = SimpleNamespace(path=path, name=path.stem)

    def choose(self, path: Path | None) -> None:
        self.switch(path or self.default)

    async def swap(self, path: Path | None) -> None:
        self.choose(path)

    async def ready(self) -> None:
        """It always is."""


class House:
    """A data folder with three trained versions, and what should be true of it."""

    def __init__(self, folder: Path, database: Database, shipped: Path) -> None:
        self.folder = folder
        self.repository = VersionRepository(database)
        self.shipped = shipped
        self.poet = SwiftPoet(shipped / "gru.safetensors")
        self.there = set(NAMES)
        self.uses: list[str] = []  # what one goes back through, the last is in use; empty: as the settings say

    async def begin(self) -> Versions:
        versions = Versions(
            self.repository,
            cast("PoetService", self.poet),
            cast("Judge", None),
            folder=self.folder,
            shipped=self.shipped,
            process="0 of 1",
            now=lambda: NOW,
        )
        await versions.begin()
        return versions

    async def fill(self) -> None:
        (self.folder / "models").mkdir()
        for number, name in enumerate(NAMES):
            path = self.folder / "models" / f"{name}.safetensors"
            shutil.copy(self.shipped / "gru.safetensors", path)
            await self.repository.add(Version(name, fingerprint(path), number, "gru", "tang", 1, {}, "not_better", NOW))

    @property
    def current(self) -> str:
        return self.uses[-1] if self.uses else "gru"

    async def step(self, versions: Versions, what: str, name: str) -> None:
        if what == "use" and name in {*self.there, "gru"}:
            await versions.use(name)
            self.uses.append(name)
        elif what == "back" and not self.uses:
            with pytest.raises(NothingBefore):
                await versions.roll_back()
        elif what == "back":
            await versions.roll_back()
            self.uses.pop()
            while self.uses and self.uses[-1] not in {*self.there, "gru"}:
                self.uses.pop()
        elif what == "delete" and name in self.there and name == self.current:
            with pytest.raises(VersionInUse):
                await versions.delete(name)
        elif what == "delete" and name in self.there:
            with suppress(LastVersion):
                await versions.delete(name)
                self.there.discard(name)

    async def check(self, versions: Versions) -> None:
        assert self.poet.in_use.name == self.current
        assert await versions.current() == self.current
        assert set(await versions.names()) == {*self.there, "gru"}
        for name in await versions.names():
            assert (await versions.path_of(name)).is_file()
        assert self.poet.in_use.path.is_file()


@settings(max_examples=20)
@given(STEPS)
def test_what_is_in_use_is_there_and_one_goes_back_the_way_one_came(
    weights: Path, steps: list[tuple[str, str]]
) -> None:
    async def live() -> None:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            database = await Database.open(folder / "t.db")
            try:
                house = House(folder, database, folder / "shipped")
                house.shipped.mkdir()
                shutil.copy(weights / "gru.safetensors", house.shipped)
                await house.fill()
                versions = await house.begin()
                for what, of in steps:
                    await house.step(versions, what, of)
                    await house.check(versions)
                # A bot that begins anew uses the same.
                house.poet.choose(None)
                await house.check(await house.begin())
            finally:
                await database.close()

    asyncio.run(live())
