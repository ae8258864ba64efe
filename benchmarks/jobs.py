"""Jobs: how soon one starts, stops and goes on, what it costs the bot, and what the bot costs it.

python -m benchmarks.jobs [--quick] [--corpus PATH]

The part of the bot that sees to jobs, and the one that writes poems, run in this process without Discord; trainings run
in processes of their own, as they do for the owner. The baselines are the same poems while nothing trains, and the same
training from the command line. Asked is: a start to the first sign of progress within 5 s, a stop within 3 s, a restart
to the job's going on within 10 s; poems within 1.5 times their 95th percentile, a lag of the event loop below 50 ms at
the 99th, and a training within 110 % of its time.
"""

import argparse
import asyncio
import random
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from benchmarks.seeding import verse
from bot.config import ROOT, load_config
from bot.services.jobs import Jobs
from bot.services.jobs.jobs import Verdict
from bot.services.jobs.process import Sources, command, stop
from bot.services.poet import PoetService
from bot.services.queue import Room
from bot.services.studio import Studio
from bot.services.worker import Worker
from bot.store.database import Database
from bot.store.jobs import ENDED, Asker, JobRepository, Order, State
from bot.ui.jobs import has_plot, plot_of
from model.forms import Form
from model.requests import PoemRequest
from model.run_log import RunLog

LONG = ("epochs=1000",)
LOOK_SECONDS, DRAWN_SECONDS, LAG_SECONDS = 1.0, 5.0, 0.01
POEMS, EPOCHS, MADE_UP = 60, 8, 4_000
ASKED = {"start": 5.0, "stop": 3.0, "restart": 10.0, "poems": 1.5, "lag": 0.050, "training": 1.1}
CANDIDATES = 48


class Files:
    """One corpus, whatever its name; nothing is judged here."""

    def __init__(self, corpus: Path) -> None:
        self.corpus = corpus

    async def path_of(self, _name: str) -> Path:
        return self.corpus

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict:
        raise AssertionError((weights, job_id, recipe, corpus))


class Bench:
    """A data folder, and bots in it one after another."""

    def __init__(self, folder: Path, database: Database, corpus: Path) -> None:
        self.folder = folder / "jobs"
        self.store = JobRepository(database)
        self.files = Files(corpus)
        self.settings = load_config().training.model_copy(update={"precision": "float32", "device": "cpu"})
        self.jobs = self.bot()

    def bot(self) -> Jobs:
        """As after a restart."""
        return Jobs(self.store, self.folder, self.settings, self.files, self.files)

    async def begin(self, changes: tuple[str, ...] = LONG) -> int:
        order = Order("adder", "lstm-fast", "made-up", 1, changes=changes)
        return await self.jobs.add(order, Asker(1, "en"), datetime.now(UTC))

    async def seconds_until(self, holds: Callable[[], Awaitable[bool]]) -> float:
        """Looks come as often as in the bot."""
        began = looked = time.perf_counter()
        await self.jobs.look(datetime.now(UTC))
        while not await holds():
            await asyncio.sleep(0.01)
            if time.perf_counter() - looked > LOOK_SECONDS:
                await self.jobs.look(datetime.now(UTC))
                looked = time.perf_counter()
        return time.perf_counter() - began

    def told(self, job_id: int, *kinds: str) -> Callable[[], Awaitable[bool]]:
        """Whether from now on the job has told of one of these."""
        log = RunLog(self.folder / str(job_id))
        offset = log.read()[1]

        async def holds() -> bool:
            return any(event["event"] in kinds for event in log.read(offset)[0])

        return holds

    async def start_stop_restart(self) -> dict[str, float]:
        """Seconds of each."""
        job_id = await self.begin()
        steps = self.told(job_id, "tick", "progress")
        found = {"start": await self.seconds_until(self.told(job_id, "stage"))}
        found["first step"] = found["start"] + await self.seconds_until(steps)
        await asyncio.to_thread(stop, self.jobs.folder(job_id), self.jobs._processes.get(job_id))  # noqa: SLF001
        self.jobs = self.bot()
        found["restart"] = await self.seconds_until(self.told(job_id, "tick", "progress"))
        began = time.perf_counter()
        assert await self.jobs.cancel(job_id, datetime.now(UTC)) is State.STOPPED
        found["stop"] = time.perf_counter() - began
        return found

    async def training(self, epochs: int) -> tuple[float, float]:
        """Seconds from the first step to the end, as a job and from the command line."""
        job_id = await self.begin((f"epochs={epochs}",))
        drawing = asyncio.create_task(self.draw(job_id))

        async def ended() -> bool:
            return (await self.jobs.get(job_id)).state in ENDED

        await self.seconds_until(ended)
        drawing.cancel()
        job = await self.jobs.get(job_id)
        folder = self.jobs.folder(job_id + 1_000_000)
        words = command(job, folder, Sources(self.files.corpus, None), self.settings)
        with tempfile.TemporaryFile() as nothing:
            process = await asyncio.create_subprocess_exec(*words, cwd=ROOT, stderr=nothing)
            assert await process.wait() == 0
        return _seconds(self.jobs.folder(job_id).log), _seconds(folder.log)

    async def draw(self, job_id: int) -> None:
        """As for the message that shows the job."""
        studio = Studio()
        while True:
            job = await self.jobs.get(job_id)
            progress = await self.jobs.progress(job)
            if has_plot(job, progress):
                await studio.picture(progress.step, partial(plot_of, job, progress))
            await asyncio.sleep(DRAWN_SECONDS)

    async def poems(self, poet: PoetService, count: int) -> tuple[float, float]:
        """The 95th percentile of the seconds of a poem, while nothing trains and while a job does."""
        idle = await _poems(poet, count)
        job_id = await self.begin()
        await self.seconds_until(self.told(job_id, "progress"))
        drawing = asyncio.create_task(self.draw(job_id))
        busy = await _poems(poet, count)
        drawing.cancel()
        await self.jobs.cancel(job_id, datetime.now(UTC))
        return idle, busy


def _seconds(log: RunLog) -> float:
    events = log.read()[0]
    [began] = [event["at"] for event in events if event["event"] == "begin"]
    [ended] = [event["at"] for event in events if event["event"] == "end"]
    return float(ended - began)


async def _poems(poet: PoetService, count: int) -> float:
    seconds = []
    for number in range(count):
        began = time.perf_counter()
        await poet.enter(PoemRequest(start="月", form=Form("七绝"), seed=number, candidates=CANDIDATES), 1).answer
        seconds.append(time.perf_counter() - began)
    return sorted(seconds)[int(0.95 * count)]


async def lag(found: list[float]) -> None:
    """How much later than asked the event loop comes back."""
    while True:
        began = time.perf_counter()
        await asyncio.sleep(LAG_SECONDS)
        found.append(time.perf_counter() - began - LAG_SECONDS)


async def measure(corpus: Path, folder: Path, *, quick: bool) -> Table:
    """All of it, as a table."""
    config = load_config()
    async with AsyncExitStack() as opened:
        database = await Database.open(folder / "jobs.db")
        opened.push_async_callback(database.close)
        worker = Worker("networks")
        opened.push_async_callback(worker.close)
        poet = PoetService(
            worker,
            network=config.model.network,
            folder=config.model.dir,
            device="cpu",
            room=Room(10, 10),
            batch=8,
            tiers=config.poem.tiers,
        )
        opened.push_async_callback(poet.close)
        bench = Bench(folder, database, corpus)
        times = [await bench.start_stop_restart() for _ in range(1 if quick else 5)]
        await _poems(poet, 3)  # loads the network
        lags: list[float] = []
        lagging = asyncio.create_task(lag(lags))
        idle, busy = await bench.poems(poet, 10 if quick else POEMS)
        as_job, alone = await bench.training(2 if quick else EPOCHS)
        lagging.cancel()
    table = Table("", "measured", "beside", "asked", "")
    for name in ("start", "first step", "restart", "stop"):
        worst = max(one[name] for one in times)
        _row(table, f"{name}, the longest of {len(times)}", worst, "", ASKED.get(name))
    worst = sorted(lags)[int(0.99 * len(lags))]
    _row(table, "lag of the event loop, 99th percentile", worst, "", ASKED["lag"])
    _row(table, "a poem while a job trains, 95th percentile", busy, f"{idle:.3f} s idle", ASKED["poems"] * idle)
    _row(table, "a training as a job", as_job, f"{alone:.3f} s alone", ASKED["training"] * alone)
    return table


def _row(table: Table, name: str, seconds: float, beside: str, asked: float | None) -> None:
    limit = f"{asked:.3f} s" if asked is not None else ""
    kept = "" if asked is None else "yes" if seconds <= asked else "no"
    table.add_row(name, f"{seconds:.3f} s", beside, limit, kept)


def make_corpus(path: Path, count: int) -> Path:
    chance = random.Random(1)
    poems = ["".join(verse(chance, 4, 7).split()) for _ in range(count)]
    path.write_text("\n".join(poems) + "\n", encoding="utf-8")
    return path


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--corpus", type=Path, help="what is learnt from; made up if left out")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        corpus = options.corpus or make_corpus(Path(folder) / "poems.txt", MADE_UP // 4 if options.quick else MADE_UP)
        table = asyncio.run(measure(corpus.absolute(), Path(folder), quick=options.quick))
    console = Console()
    console.print(table)
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
