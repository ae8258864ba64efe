"""A data folder with versions of the weights, and processes of the bot that share it."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.services.judging import Judge
from bot.services.poet import PoetService
from bot.services.queue import Room
from bot.services.version_refusals import NoSuchVersion
from bot.services.versions import Versions
from bot.services.worker import Worker
from bot.store.database import Database
from bot.store.versions import VersionRepository
from model.requests import PoemRequest
from tests.bot.versions import BETTER, FakeChildren, measured, other_weights

BEGIN = datetime(2026, 1, 2, tzinfo=UTC)


class Place:
    """A data folder, a database, and processes of the bot that share them."""

    def __init__(self, folder: Path, shipped: Path, database: Database, worker: Worker) -> None:
        self.folder = folder
        self.shipped = shipped
        self.database = database
        self.repository = VersionRepository(database)
        self.worker = worker
        self.children = FakeChildren(evaluate=measured(BETTER))
        self.held_out: Path | None = None
        self.corpora = {"chinese-poetry"}
        self.made = 0

    def now(self) -> datetime:
        self.made += 1
        return BEGIN + timedelta(minutes=self.made)

    async def find(self, name: str) -> Path:
        if name not in self.corpora:
            raise NoSuchVersion(name=name)
        return self.folder / name

    async def start(self, process: str = "0 of 1") -> Versions:
        poet = PoetService(self.worker, network="auto", folder=self.shipped, device="cpu", room=Room(9, 9), batch=4)
        judge = Judge(self.children, self.folder, lambda: self.held_out, self.find, "chinese-poetry")
        versions = Versions(
            self.repository, poet, judge, folder=self.folder, shipped=self.shipped, process=process, now=self.now
        )
        await versions.begin()
        return versions

    async def process(self, process: str = "0 of 1") -> Versions:
        versions = await self.start(process)
        await versions._poet.compose(PoemRequest(seed=1))
        return versions

    def trained(self, number: int) -> Path:
        return other_weights(
            self.shipped / "gru.safetensors", self.folder / f"{number}.safetensors", factor=1 + number / 10
        )


@pytest.fixture
def place(tmp_path: Path, weights: Path, worker: Worker, database: Database) -> Place:
    shipped = tmp_path / "shipped"
    shipped.mkdir()
    for name in ("gru", "adder"):
        shutil.copy(weights / f"{name}.safetensors", shipped)
    return Place(tmp_path, shipped, database, worker)


async def written_by(versions: Versions) -> str:
    return (await versions._poet.compose(PoemRequest(seed=1))).weights
