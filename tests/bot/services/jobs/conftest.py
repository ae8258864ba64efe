"""A data folder in which bots come and go, and processes that learn nothing."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.services.jobs import Jobs
from bot.services.refusals import Forgotten
from bot.services.version_refusals import NoSuchVersion
from bot.store.database import Database
from bot.store.jobs import Asker, Job, JobRepository, Order, State
from model.run_lock import holder_of
from tests.bot.pupils import TRAINING, pupils
from tests.bot.training import SECONDS, end_all

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ME = Asker(7, "en")


@dataclass
class Verdict:
    name: str = "gru-1"
    promoted: bool = True
    reason: str = "better"


VERSIONS = {"gru-1"}
"""What is no corpus."""


class Shelf:
    """Corpora and versions: all are there but those that are gone."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.refused: Exception | None = None
        self.considered: list[tuple[Path, int, str, str]] = []

    async def path_of(self, name: str) -> Path:
        if name in self.gone:
            raise NoSuchVersion(name=name) if name in VERSIONS else Forgotten
        return Path("/nowhere") / name

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict:
        self.considered.append((weights, job_id, recipe, corpus))
        if self.refused is not None:
            raise self.refused
        return Verdict()


@dataclass
class Place:
    """A data folder in which bots come and go."""

    folder: Path
    store: JobRepository
    shelf: Shelf
    bots: list[Jobs]

    def bot(self, on_lost: str = "resume") -> Jobs:
        """A bot that has just been started."""
        settings = TRAINING.model_copy(update={"on_lost": on_lost})
        self.bots.append(Jobs(self.store, self.folder / "jobs", settings, self.shelf, self.shelf))
        return self.bots[-1]

    async def job(self, job_id: int = 1) -> Job:
        job = await self.store.get(job_id)
        assert job is not None
        return job

    async def until(self, jobs: Jobs, holds: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.perf_counter() + SECONDS
        while not await holds():
            assert time.perf_counter() < deadline, await self.job()
            await jobs.look(NOW)
            await asyncio.sleep(0.01)

    async def until_state(self, jobs: Jobs, *states: State, job_id: int = 1) -> Job:
        async def holds() -> bool:
            return (await self.job(job_id)).state in states

        await self.until(jobs, holds)
        return await self.job(job_id)

    async def until_waiting(self, jobs: Jobs, job_id: int = 1) -> int:
        """Until the process of a job has closed its epoch and waits. Returns its number."""
        folder = self.folder / "jobs" / str(job_id)

        async def holds() -> bool:
            progress = await jobs.progress(await self.job(job_id))
            return bool(progress.closed) and progress.end is None and holder_of(folder) is not None

        await self.until(jobs, holds)
        holder = holder_of(folder)
        assert holder is not None
        return holder.pid


@pytest.fixture(autouse=True)
def playing() -> Iterator[None]:
    with pupils():
        yield


@pytest.fixture
def place(tmp_path: Path, database: Database) -> Iterator[Place]:
    place = Place(tmp_path, JobRepository(database), Shelf(), [])
    yield place
    end_all(tmp_path, *place.bots)


def order(how: str = "finish", corpus: str = "tang") -> Order:
    return Order("retrain", how, corpus, 5)
