"""A poem and the states of a sum as pictures: time, size, and how long the event loop stands still meanwhile.

python -m benchmarks.pictures [--quick]

Each poem is drawn on one core in a typeface of this machine; what is told is processor time, so that what else runs
here does not count. The baseline is a plain drawing of the same lines with Pillow: black characters on white.
States of sums are drawn by matplotlib; their baseline is the points alone, as matplotlib draws them.
Of the loop the longest turn is told, with the picture drawn in a thread as the bot does, and on the loop itself.
"""

import argparse
import asyncio
import io
import os
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image, ImageDraw, ImageFont
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from bot.services.fonts import AUTO, Fonts, NoTypeface, Typeface
from bot.services.pictures import Sheet
from bot.store.additions import AdditionRecord
from bot.ui.picture import draw
from bot.ui.states import draw_states, plot_words
from bot.words import Language, script_of_reader
from model.addition import Adder
from model.addition.state_map import StateMap
from model.script import Script
from model.shipped import SHIPPED

LIMIT_MILLISECONDS: Final = 250
LIMIT_BYTES: Final = 400_000
LIMIT_STATES_MILLISECONDS: Final = 300


@dataclass(frozen=True)
class _Drawn:
    milliseconds: float
    size: int
    pixels: tuple[int, int]


def _sheets() -> dict[str, Sheet]:
    five, seven = "欲穷千里目", "清明时节雨纷纷"
    forms = {"五绝": [five] * 4, "七绝": [seven] * 4, "五律": [five] * 8, "七律": [seven] * 8}
    sheets = {
        name: Sheet(1, tuple((line,) for line in lines), "登高", acrostic=False, script=Script.HANS)
        for name, lines in forms.items()
    }
    sheets["32 lines"] = Sheet(1, ((seven, seven),) * 16, "登高", acrostic=True, script=Script.HANS)
    return sheets


def _plain(sheet: Sheet, typeface: Typeface) -> bytes:
    picture = Image.new("RGB", (1000, 1000), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.truetype(typeface.path, 48, typeface.index)
    for row, column in enumerate(sheet.columns):
        pen.text((20, 20 + row * 58), "".join(column), "black", font)
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()


def _timed(drawing: Callable[[Sheet, Typeface], bytes], sheet: Sheet, typeface: Typeface, runs: int) -> _Drawn:
    times, content = [], b""
    for _ in range(runs):
        before = time.thread_time()
        content = drawing(sheet, typeface)
        times.append((time.thread_time() - before) * 1e3)
    with Image.open(io.BytesIO(content)) as picture:
        return _Drawn(median(times), len(content), picture.size)


async def _longest_turn(work: Callable[[], Awaitable[object]]) -> float:
    """The longest time between two turns of the loop while the work is under way, in milliseconds."""
    task = asyncio.ensure_future(work())
    last, longest = time.perf_counter(), 0.0
    while not task.done():
        await asyncio.sleep(0)
        now = time.perf_counter()
        longest, last = max(longest, now - last), now
    return longest * 1e3


async def _turns(sheet: Sheet, typeface: Typeface, runs: int) -> tuple[float, float]:
    async def on_the_loop() -> bytes:
        return draw(sheet, typeface)

    beside = [await _longest_turn(lambda: asyncio.to_thread(draw, sheet, typeface)) for _ in range(runs)]
    on = [await _longest_turn(on_the_loop) for _ in range(runs)]
    return median(beside), median(on)


def _states(fonts: Fonts, runs: int) -> Table:
    """Where the hidden states of sums lie, in English and in Chinese."""
    table = Table("states of a sum", "plain points", "tangpoet's", "limit", "PNG")
    adder = Adder.load(SHIPPED / "adder.safetensors")
    for digits in (3, 30, 1_000):
        found = adder.add("9" * digits, "1")
        states = adder.state_map(found)
        record = AdditionRecord.of(found, version="")
        for language in (Language.ENGLISH, Language.SIMPLIFIED):
            words = plot_words(record, states, language)
            script = script_of_reader(language)
            face = fonts.best(words.characters, script) if script else None
            plain = _milliseconds(partial(_points, states), runs)
            ours = _milliseconds(partial(draw_states, states, words, face), runs)
            name = f"{digits:,} digits, {language.own_name}"
            size = len(draw_states(states, words, face))
            table.add_row(
                name, f"{plain:.0f} ms", f"{ours:.0f} ms", f"{LIMIT_STATES_MILLISECONDS} ms", f"{size / 1000:.0f} kB"
            )
    return table


def _milliseconds(work: Callable[[], object], runs: int) -> float:
    times = []
    for _ in range(runs):
        before = time.thread_time()
        work()
        times.append((time.thread_time() - before) * 1e3)
    return median(times)


def _points(states: StateMap) -> bytes:
    figure = Figure()
    axes = FigureCanvasAgg(figure).figure.subplots()
    axes.scatter(states.others.plane[:, 0], states.others.plane[:, 1])
    file = io.BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    runs = 3 if parser.parse_args().quick else 15
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    sheets = _sheets()
    fonts = Fonts(AUTO)
    before = time.perf_counter()
    try:
        typeface = fonts.best("".join(sheet.characters for sheet in sheets.values()), Script.HANS)
    except NoTypeface:
        print("There is no Chinese typeface here: no pictures are measured. docs/fonts.md says how to get one.")
        return
    searched = (time.perf_counter() - before) * 1e3
    draw(sheets["五绝"], typeface)  # Pillow is imported

    table = Table("median of the runs", "pixels", "a plain drawing", "tangpoet's", "limit", "PNG", "limit")
    for name, sheet in sheets.items():
        plain, ours = (_timed(drawing, sheet, typeface, runs) for drawing in (_plain, draw))
        table.add_row(
            name,
            "{} x {}".format(*ours.pixels),
            f"{plain.milliseconds:.0f} ms",
            f"{ours.milliseconds:.0f} ms",
            f"{LIMIT_MILLISECONDS} ms",
            f"{ours.size / 1000:.0f} kB",
            f"{LIMIT_BYTES / 1000:.0f} kB",
        )
    beside, on = asyncio.run(_turns(sheets["七律"], typeface, runs))
    console = Console()
    console.print(table)
    console.print(_states(fonts, runs))
    console.print(f"The typeface, {typeface.family}, is found once, in {searched:.0f} ms.", highlight=False)
    console.print(
        f"Longest turn of the loop: {beside:.0f} ms beside the drawing, {on:.0f} ms with it.", highlight=False
    )
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
