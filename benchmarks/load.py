"""Many people at once, end to end: python -m benchmarks.load [--quick] [--network NAME]

A stand-in for Discord over real sockets (loopback/), the bot as its own process, unmodified, with the shipped weights
and settings. 1, 50, 200 and 1,000 people ask for a poem in the same moment, in twenty servers; then some a second for
a minute; then some of it once more beside a network that trains (`nice`). Seconds are counted from the moment in which
the question is sent until the bot's call arrives, at the 50th, 95th and 99th percentile: "deferred" until it says that
it thinks, "told" until the poem, a refusal or the place in the queue, "answered" until poem or refusal. "lag" is the
longest that a heartbeat took that was asked for meanwhile.

The baseline is a bot of ten lines that echoes (benchmarks/echo.py). Asked is: with 200 at once, deferred within three
times its 99th percentile, and told within 3 s; nobody lost, however many, and nobody late: who is deferred after more
than 3 s would be forgotten by Discord, though not by the stand-in. How memory stands after an hour is for
tests/loopback/test_soak.py to say. COLUMNS=180 gives the table room.
"""

import argparse
import asyncio
import random
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from loopback.crowd import Crowd, Said, Wait
from loopback.running import Process, address_of, python, token_in
from loopback.server import StandIn, standing_in
from model.run_log import RunLog

ECHO, POET, TRAINING = "echoes", "tangpoet", "tangpoet beside a training"
SERVERS: Final = 20
AT_ONCE, STREAM_SECONDS, PER_SECOND = (1, 50, 200, 1_000), 60.0, 5.0
QUICK_AT_ONCE, QUICK_STREAM_SECONDS = (1, 50, 200), 5.0
BESIDE_TRAINING: Final = 200
PATIENCE_SECONDS: Final = 600.0
PING_SECONDS: Final = 0.6  # discord.py answers at most 110 times a minute
SHARES: Final = (0.50, 0.95, 0.99)
TIMES_ECHO, TOLD_SECONDS = 3.0, 3.0
FORGOTTEN_SECONDS: Final = 3.0
PROGRAMS: Final = {ECHO: ("-m", "benchmarks.echo"), POET: ("-m", "bot", "run")}


@dataclass
class Run:
    """What became of some requests.

    Attributes:
        waits: of each.
        seconds: from the first question to the last answer.
        lag: the longest heartbeat, in seconds.
        memory: of the bot's process at the end, in MiB.
    """

    name: str
    waits: Sequence[Wait]
    seconds: float
    lag: float
    memory: float

    @property
    def lost(self) -> int:
        return sum(wait.answered is None for wait in self.waits)

    @property
    def late(self) -> int:
        return sum(wait.deferred is not None and wait.deferred > FORGOTTEN_SECONDS for wait in self.waits)

    @property
    def refused(self) -> int:
        return sum(wait.said is Said.PRIVATELY for wait in self.waits)

    def at(self, part: str, share: float) -> float:
        """Seconds at that percentile; endless for those to whom it did not happen."""
        seconds = sorted(getattr(wait, part) or float("inf") for wait in self.waits)
        return seconds[min(len(seconds) - 1, int(len(seconds) * share))]


class Bench:
    """A bot that runs, and a crowd for it."""

    def __init__(self, stand_in: StandIn, process: Process) -> None:
        self._stand_in = stand_in
        self._process = process
        self._crowd = Crowd(stand_in, [channel for server in stand_in.rest.servers for channel in server.channels])

    async def at_once(self, count: int) -> Run:
        return await self._run(f"{count:,} at once", lambda: self._crowd.at_once(count, "poem", start="月"))

    async def stream(self, seconds: float) -> Run:
        name = f"{PER_SECOND:g} a second for {seconds:g} s"
        ask = partial(self._crowd.ask, "poem", start="月")
        return await self._run(name, lambda: self._crowd.steadily(seconds, PER_SECOND, ask))

    async def _run(self, name: str, ask: Callable[[], Awaitable[Sequence[Wait]]]) -> Run:
        lags: list[float] = []
        pinging = asyncio.create_task(self._ping(lags))
        began = time.perf_counter()
        waits = await ask()
        await self._crowd.answered(PATIENCE_SECONDS)
        seconds = time.perf_counter() - began
        print(f"{name}: {seconds:.1f} s", file=sys.stderr, flush=True)
        pinging.cancel()
        with suppress(asyncio.CancelledError):
            await pinging
        return Run(name, waits, seconds, max(lags, default=0.0), self._process.memory)

    async def _ping(self, lags: list[float]) -> None:
        while True:
            began = time.perf_counter()
            await self._stand_in.gateway.ping()
            lags.append(time.perf_counter() - began)
            await asyncio.sleep(PING_SECONDS)


@asynccontextmanager
async def started(kind: str, **variables: str) -> AsyncIterator[Bench]:
    """A bot of that kind in twenty servers, which has answered once. What it logs is shown at the end."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        variables |= {"TANGPOET_STORAGE__DIR": str(folder / "run"), "TANGPOET_LOG__LEVEL": "warning"}
        async with standing_in() as stand_in:
            for number in range(SERVERS):
                stand_in.server(f"server {number}").channel("poems")
            log = folder / "log"
            async with python(
                *PROGRAMS[kind], log=log, **address_of(stand_in), **token_in(folder), **variables
            ) as process:
                await stand_in.until(lambda: stand_in.gateway.ready)
                bench = Bench(stand_in, process)
                await bench.at_once(1)  # the network is loaded
                yield bench
                process.send(signal.SIGTERM)
                await process.end()
            print(log.read_text(encoding="utf-8"), end="", file=sys.stderr)


@asynccontextmanager
async def training() -> AsyncIterator[None]:
    """Beside a network that trains."""
    chance, characters = random.Random(1), [chr(0x4E00 + number) for number in range(2_000)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = ("，".join("".join(chance.choices(characters, k=5)) for _ in range(4)) for _ in range(5_000))
        (folder / "poems.txt").write_text("\n".join(f"无题:{line}。" for line in lines), encoding="utf-8")
        command = [
            "--recipe",
            "lstm",
            "--set",
            "epochs=1000",
            "--corpus",
            f"{folder}/poems.txt",
            "--out",
            f"{folder}/run",
        ]
        process = await asyncio.create_subprocess_exec(
            "nice", "-n", "10", sys.executable, "-m", "model", "train", *command, stdout=asyncio.subprocess.DEVNULL
        )
        try:
            while not RunLog(folder / "run").results():
                assert process.returncode is None
                await asyncio.sleep(0.1)
            yield
            assert process.returncode is None, "the network was trained before all people were answered"
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()


async def measure(*, quick: bool, **variables: str) -> dict[str, list[Run]]:
    crowds, seconds = (QUICK_AT_ONCE, QUICK_STREAM_SECONDS) if quick else (AT_ONCE, STREAM_SECONDS)
    runs: dict[str, list[Run]] = {}
    for kind in (ECHO, POET):
        async with started(kind, **variables) as bench:
            runs[kind] = [await bench.at_once(count) for count in crowds] + [await bench.stream(seconds)]
            if kind == POET:
                async with training():
                    runs[TRAINING] = [await bench.at_once(BESIDE_TRAINING), await bench.stream(seconds)]
    return runs


def shown(run: Run) -> list[str]:
    parts = [" · ".join(f"{run.at(part, share):.2f}" for share in SHARES) for part in ("deferred", "told", "answered")]
    rate = (len(run.waits) - run.refused - run.lost) / run.seconds
    return [
        run.name,
        *parts,
        f"{rate:.1f}",
        f"{run.refused} · {run.late} · {run.lost}",
        f"{run.lag:.2f}",
        f"{run.memory:.0f}",
    ]


def verdicts(runs: dict[str, list[Run]]) -> list[tuple[str, str, bool]]:
    """What was asked for, what came of it, and whether that is as asked."""
    [echo], [poet] = ([run for run in runs[kind] if len(run.waits) == 200] for kind in (ECHO, POET))
    ratio = poet.at("deferred", 0.99) / echo.at("deferred", 0.99)
    told, ours = poet.at("told", 1.0), [*runs[POET], *runs[TRAINING]]
    late, lost = sum(run.late for run in ours), sum(run.lost for run in ours)
    return [
        (f"200 at once deferred at p99, times the echo: at most {TIMES_ECHO:g}", f"{ratio:.2f}", ratio <= TIMES_ECHO),
        (f"200 at once, all told: within {TOLD_SECONDS:g} s", f"{told:.2f} s", told <= TOLD_SECONDS),
        ("of all, late or lost: none", f"{late} · {lost}", not late + lost),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="no 1,000 at once, and short streams")
    parser.add_argument("--network", default="auto", help="what writes the poems, as [model] network says")
    options = parser.parse_args()
    runs = asyncio.run(measure(quick=options.quick, TANGPOET_MODEL__NETWORK=options.network))
    heads = "deferred", "told", "answered"
    table = Table(
        "", *(f"{head}, s: 50 · 95 · 99 %" for head in heads), "poems/s", "refused · late · lost", "lag, s", "MiB"
    )
    for kind, those in runs.items():
        for run in those:
            name, *figures = shown(run)
            table.add_row(f"{kind}: {name}", *figures)
        table.add_section()
    console = Console()
    console.print(table)
    asked = Table("asked", "measured", "as asked")
    for what, measured, good in verdicts(runs):
        asked.add_row(what, measured, "yes" if good else "no")
    console.print(asked)
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
