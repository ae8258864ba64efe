"""What people keep, in a database with a million poems, beside the same with a thousand.

python -m benchmarks.home [--quick] [--poems N]

Both are seeded first (benchmarks/seeding.py). Then the repositories are asked as the commands ask them, by turns the
one database and the other: about people and servers that are as large in both, and about the largest that there are.
Asked is at most twice the time for the same, and at most 20 ms at the 99th percentile, an export apart.
"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import asdict
from datetime import timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from benchmarks.seeding import COLLECTOR, FULL, LARGEST_SERVER, NOW, READER, YEAR, Home, seed, verse
from bot.store.community import TopRepository
from bot.store.database import milliseconds
from bot.store.favorites import FavoriteRepository, Order
from bot.store.origin import Origin
from bot.store.paging import Place
from bot.store.poems import PoemRecord, PoemRepository
from bot.store.stats import StatsRepository
from model.requests import PoemRequest

QUICK, SMALL = 20_000, 1_000
ASKED_RATIO, ASKED_SECONDS = 2.0, 0.020
NOWHERE = "月山"  # in no poem, so that all that a person keeps is searched
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
DEEP = Place(Place.start(2).turn, (milliseconds(NOW - YEAR / 2), 0))
POEM = PoemRecord(
    text=verse(random.Random(4), 4, 7),
    traditional=None,
    form="七绝",
    pattern="",
    theme="",
    start="",
    given=(),
    unknown="",
    broken="",
    seed=1,
    script="hans",
    wish=asdict(PoemRequest()),
    weights="0123456789abcdef",
    version="1.0.0",
)

Work = Callable[[Home], Awaitable[object]]


def favorites(home: Home) -> FavoriteRepository:
    return FavoriteRepository(home.database)


def top(home: Home) -> TopRepository:
    return TopRepository(home.database)


def poems(home: Home) -> PoemRepository:
    return PoemRepository(home.database)


SAME: dict[str, Work] = {
    "page of favourites: anyone's": lambda home: favorites(home).page(home.somebody()),
    "newest of 250": lambda home: favorites(home).page(READER),
    "most loved of 250": lambda home: favorites(home).page(READER, Order.LOVED),
    "deep inside 250": lambda home: favorites(home).page(READER, place=DEEP),
    "searched in 250": lambda home: favorites(home).page(READER, search=[NOWHERE]),
    "⭐ pressed": lambda home: favorites(home).toggle(home.somebody(), home.some_poem(), NOW),
    "/top week": lambda home: top(home).since(home.server, NOW - WEEK),
    "/top month": lambda home: top(home).since(home.server, NOW - MONTH),
    "/top ever": lambda home: top(home).ever(home.server),
    "page of /history: anyone's": lambda home: poems(home).of_person(home.somebody()),
    "a new poem": lambda home: poems(home).add(POEM, Origin(1, home.somebody(), home.server, 1), NOW),
}
LARGEST: dict[str, Work] = {
    "newest of a collector": lambda home: favorites(home).page(COLLECTOR),
    "most loved of a collector": lambda home: favorites(home).page(COLLECTOR, Order.LOVED),
    "deep inside a collector's": lambda home: favorites(home).page(COLLECTOR, place=DEEP),
    "searched in a collector's": lambda home: favorites(home).page(COLLECTOR, search=[NOWHERE]),
    "/top week, largest server": lambda home: top(home).since(LARGEST_SERVER, NOW - WEEK),
    "/top month, largest server": lambda home: top(home).since(LARGEST_SERVER, NOW - MONTH),
    "/top ever, largest server": lambda home: top(home).ever(LARGEST_SERVER),
    "/history of who asked most": lambda home: poems(home).of_person(COLLECTOR),
    "/stats, counted once a minute": lambda home: StatsRepository(home.database).aggregates(NOW),
}


async def timed(work: Work, home: Home) -> float:
    started = time.perf_counter()
    await work(home)
    return time.perf_counter() - started


async def measure(work: Work, homes: Sequence[Home], repeats: int) -> list[list[float]]:
    """Sorted seconds for each home; by turns, so that whatever else the machine does strikes both."""
    for home in homes:
        await work(home)
    runs = [[await timed(work, home) for home in homes] for _ in range(repeats)]
    return [sorted(times) for times in zip(*runs, strict=True)]


async def export(home: Home, person: int) -> tuple[int, float]:
    """How many favourites a person has, and the seconds to read a thousand: the median of some times."""
    seconds = []
    for _ in range(9):
        started = time.perf_counter()
        count = sum([len(rows) async for rows in favorites(home).every(person)])
        seconds.append((time.perf_counter() - started) / count * 1000)
    return count, sorted(seconds)[len(seconds) // 2]


async def compare(poems: int, repeats: int, folder: Path) -> Table:
    homes = []
    for count in (SMALL, poems):
        started = time.perf_counter()
        homes.append(await seed(folder / f"{count}.db", count))
        print(f"{count:,} poems seeded in {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    table = Table("median · 99th percentile in ms", f"{SMALL:,} poems", f"{poems:,} poems", "ratio", "as asked")
    middle, high = repeats // 2, repeats * 99 // 100
    for operations in (SAME, LARGEST):
        for name, work in operations.items():
            few, many = await measure(work, homes, repeats)
            ratio = many[middle] / few[middle]
            good = many[high] <= ASKED_SECONDS and (ratio <= ASKED_RATIO or operations is LARGEST)
            shown = [f"{times[middle] * 1e3:.2f} · {times[high] * 1e3:.2f}" for times in (few, many)]
            table.add_row(name, *shown, f"{ratio:.2f}", "yes" if good else "no")
        table.add_section()
    for name, person in (("of 250", READER), ("of a collector", COLLECTOR)):
        exports = [await export(home, person) for home in homes]
        ratio = exports[1][1] / exports[0][1]
        shown = [f"{seconds * 1e3:.1f} ({count:,} kept)" for count, seconds in exports]
        table.add_row(f"export {name}, a thousand", *shown, f"{ratio:.2f}", "yes" if ratio <= ASKED_RATIO else "no")
    table.add_section()
    table.add_row("bytes a poem, by itself", *(f"{home.bytes_a_poem:,.0f}" for home in homes))
    table.add_row("bytes a poem, with all the rest", *(f"{home.bytes_in_all / home.poems:,.0f}" for home in homes))
    for home in homes:
        await home.database.close()
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--poems", type=int, help=f"in the large database; {FULL:,}, or {QUICK:,} in a quick run")
    options = parser.parse_args()
    count = options.poems or (QUICK if options.quick else FULL)
    with tempfile.TemporaryDirectory() as folder:
        table = asyncio.run(compare(count, 100 if options.quick else 1000, Path(folder)))
    console = Console()
    console.print(table)
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
