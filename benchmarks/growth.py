"""What one more costs as all of it grows: python -m benchmarks.growth [--quick] [--plot FILE]

Of each the milliseconds at several sizes (the lower quartile of many times, or the least of some: what else the
machine does only adds), and the exponent of the power of the size that fits them best: 0 where the size matters not,
1 where the cost of one grows as the size does. Asked is that no look-up is worse than logarithmic (an exponent of at
most 0.2), and nothing in a queue worse than linear (at most 1.2).

- a poem, a favourite, a request, and what is read for a request, in a database of so many poems
- a character, in a poem of so many
- a person, in a queue and under the limits of so many people, each in a server of their own
"""

import argparse
import asyncio
import itertools
import math
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure
from rich.console import Console
from rich.table import Table

from benchmarks.home import POEM, SAME, WEEK, measure
from benchmarks.machine import machine
from benchmarks.seeding import FIRST_PERSON, FULL, NOW, Home, seed
from bot.services.limits import Limits
from bot.services.queue import FairQueue
from bot.services.readers import Readers
from bot.store.community import TopRepository
from bot.store.favorites import FavoriteRepository
from bot.store.origin import Origin
from bot.store.people import PeopleRepository
from bot.store.poems import PoemRepository
from bot.store.requests import Outcome, Request, RequestRepository
from bot.store.servers import ServerRepository
from model.forms import Form
from model.generation import Poet
from model.requests import PoemRequest

SIZES, QUICK_SIZES = (1_000, 10_000, 100_000, FULL), (1_000, 10_000)
PEOPLE: Final = (10, 100, 1_000)
REPEATS, QUICK_REPEATS, POEMS = 300, 60, 5
MOST, MOST_IN_A_QUEUE = 0.2, 1.2
WEIGHTS: Final = Path("data/models/poet.safetensors")
_numbers = itertools.count(1)

Curve = dict[int, float]
"""Milliseconds by size."""


async def a_request(home: Home) -> None:
    """Its beginning and its end, as the journal writes them."""
    number = 4 * 10**18 + next(_numbers)
    request = Request(number, home.somebody(), home.server, 1, "poem", {"start": "月"}, "zh-CN", NOW)
    await RequestRepository(home.database).write([request], [Outcome(number, "done", NOW + timedelta(seconds=1))])


WORK: Final[Mapping[str, Callable[[Home], Awaitable[object]]]] = {
    "a poem is kept": lambda home: PoemRepository(home.database).add(
        POEM, Origin(1, home.somebody(), home.server, 1), NOW
    ),
    "⭐": lambda home: FavoriteRepository(home.database).toggle(home.somebody(), home.some_poem(), NOW),
    "a request is noted": a_request,
    "who reads is looked up": lambda home: Readers(PeopleRepository(home.database), ServerRepository(home.database)).of(
        home.somebody(), home.server, "zh-CN"
    ),
    "a poem is found": lambda home: PoemRepository(home.database).find(home.some_poem()),
    "a page of favourites": SAME["newest of 250"],
    "/top of the week": lambda home: TopRepository(home.database).since(home.server, NOW - WEEK),
}


async def in_databases(sizes: Sequence[int], repeats: int, folder: Path) -> dict[str, Curve]:
    """By turns the one database and the next, so that whatever else the machine does strikes all of them."""
    homes = []
    for size in sizes:
        homes.append(await seed(folder / f"{size}.db", size))
        print(f"{size:,} poems are seeded", file=sys.stderr, flush=True)
    curves = {}
    for name, work in WORK.items():
        runs = await measure(work, homes, repeats)
        curves[name] = {size: seconds[repeats // 4] * 1e3 for size, seconds in zip(sizes, runs, strict=True)}
    for home in homes:
        await home.database.close()
    return curves


def per_character(poems: int) -> Curve:
    """Of each form, one poem at a time and eight candidates each; in time of the processor, of which it takes most."""
    poet = Poet.load(WEIGHTS)
    curve = {}
    for form in Form:
        length = form.line_count * form.line_length
        seconds = []
        for number in range(poems + 1):
            began = time.process_time()
            poet.compose_all([PoemRequest(start="月", form=form, seed=number, candidates=8)])
            seconds.append(time.process_time() - began)
        curve[length] = min(seconds[1:]) / length * 1e3
    return curve


def in_the_queue(people: int) -> float:
    """To come in, be told the place and give up, where so many wait, each of a server of their own."""
    queue: FairQueue[int] = FairQueue(most=people + 1, most_of_server=people + 1)
    for person in range(people):
        queue.push(person, person)
    seconds = []
    for newcomer in range(people, people + 100):
        began = time.perf_counter()
        queue.push(newcomer, newcomer)
        queue.place(newcomer, newcomer)
        queue.remove(newcomer, newcomer)
        seconds.append(time.perf_counter() - began)
    return min(seconds) * 1e3


async def under_limits(people: int) -> float:
    """To count the request of one more."""
    limits = Limits(person_per_minute=10, server_per_minute=120)
    for person in range(people):
        await limits.spend(FIRST_PERSON + person, person + 1, NOW)
    began = time.perf_counter()
    for newcomer in range(people, people + 100):
        await limits.spend(FIRST_PERSON + newcomer, newcomer + 1, NOW)
    return (time.perf_counter() - began) / 100 * 1e3


def exponent(curve: Curve) -> float:
    """Of the power of the size that fits best: the slope of a line through the logarithms."""
    points = [(math.log(size), math.log(cost)) for size, cost in curve.items()]
    across, up = (sum(values) / len(points) for values in zip(*points, strict=True))
    return float(sum((x - across) * (y - up) for x, y in points) / sum((x - across) ** 2 for x, _ in points))


def plotted(groups: Mapping[str, Mapping[str, Curve]], path: Path) -> None:
    """Each curve beside a dotted one that grows as the size does; all axes are logarithmic."""
    figure = Figure(figsize=(11, 4), layout="constrained")
    for axes, (title, curves) in zip(figure.subplots(1, len(groups)), groups.items(), strict=True):
        for name, curve in curves.items():
            axes.loglog(list(curve), list(curve.values()), marker="o", markersize=3, label=name.replace("⭐", "a star"))
        sizes = next(iter(curves.values())).keys()
        least = min(cost for curve in curves.values() for cost in curve.values()) / 2
        axes.loglog(
            [min(sizes), max(sizes)], [least, least * max(sizes) / min(sizes)], ":", color="0.6", label="linear"
        )
        axes.set(title=title, ylabel="ms for one")
        axes.set_xticks(list(sizes), [f"{size:,}" for size in sizes])
        axes.yaxis.set_major_formatter("{x:g}")
        axes.minorticks_off()
        # Room above all curves for what they are called.
        axes.set_ylim(least / 2, 30 * max(cost for curve in curves.values() for cost in curve.values()))
        axes.legend(fontsize=7, loc="upper left")
        axes.grid(alpha=0.3)
    figure.savefig(path, dpi=100)


async def measured(*, quick: bool) -> dict[str, dict[str, Curve]]:
    with tempfile.TemporaryDirectory() as folder:
        sizes, repeats = (QUICK_SIZES, QUICK_REPEATS) if quick else (SIZES, REPEATS)
        stored = await in_databases(sizes, repeats, Path(folder))
    people = {
        "queue": {count: in_the_queue(count) for count in PEOPLE},
        "limits": {count: await under_limits(count) for count in PEOPLE},
    }
    poems = {"a character": per_character(2 if quick else POEMS)}
    return {"poems in the database": stored, "characters in a poem": poems, "people who wait": people}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="up to ten thousand poems")
    parser.add_argument("--plot", type=Path, help="a picture of the curves")
    options = parser.parse_args()
    groups = asyncio.run(measured(quick=options.quick))
    table = Table("ms for one", "by size", "exponent", "as asked")
    for title, curves in groups.items():
        for name, curve in curves.items():
            shown = " · ".join(f"{size:,}: {cost:.3f}" for size, cost in curve.items())
            power = exponent(curve)
            most = MOST_IN_A_QUEUE if name == "queue" else MOST
            table.add_row(f"{name} ({title})", shown, f"{power:.2f}", "yes" if power <= most else "no")
    console = Console()
    console.print(table)
    console.print(machine(), highlight=False)
    if options.plot:
        plotted(groups, options.plot)


if __name__ == "__main__":
    main()
