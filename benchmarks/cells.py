"""Pictures of cells and of a sum's hidden states: processor time and size of each.

python -m benchmarks.cells [--quick]

Each is drawn on one core as /explain and /add do it, in Chinese where this machine has a typeface for it. The baseline
is what matplotlib takes for the emptiest picture of the same size: a sheet with one word.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial
from statistics import median
from typing import Final, get_args

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from bot.services.cell_pictures import Picture, Subject
from bot.services.fonts import AUTO, Fonts, NoTypeface, Typeface
from bot.services.state_pictures import PlotWords
from bot.store.additions import AdditionRecord
from bot.ui.explanation import draw_cell
from bot.ui.plotting import Pen, png, sheet
from bot.ui.state_plot import MOST_WITH_DIGITS, draw_states
from bot.ui.states import plot_words
from bot.words import Language
from model.addition import Adder
from model.addition.state_map import StateMap
from model.insight.reading import GATES, Reading
from model.recipes import Cell
from model.script import Script
from model.shipped import SHIPPED

LIMIT_MILLISECONDS: Final = 300
POEM: Final = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。" * 2
UNITS: Final = 256


def _reading(cell: Cell) -> Reading:
    random = np.random.default_rng(0)
    return Reading(cell, tuple(POEM[:32]), {gate: random.random((UNITS, 32)) for gate in GATES[cell]})


def _states(language: Language) -> tuple[StateMap, PlotWords]:
    """Of a sum with as many columns as are drawn with their digits."""
    adder = Adder.load(SHIPPED / "adder.safetensors")
    found = adder.add("9" * MOST_WITH_DIGITS, "0")
    record = AdditionRecord.of(found, version="")
    states = adder.state_map(found)
    return states, plot_words(record, states, language)


def _empty() -> bytes:
    figure = sheet(8.0, 4.4)
    figure.text(0.5, 0.5, "cell", **Pen(None).text(12))
    return png(figure)


def _timed(drawing: Callable[[], bytes], runs: int) -> tuple[float, int]:
    times, content = [], drawing()
    for _ in range(runs):
        before = time.thread_time()
        content = drawing()
        times.append((time.thread_time() - before) * 1e3)
    return median(times), len(content)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    runs = 3 if parser.parse_args().quick else 15
    try:
        typeface: Typeface | None = Fonts(AUTO).best(POEM, Script.HANS)
    except NoTypeface:
        typeface = None
    language = Language.ENGLISH if typeface is None else Language.SIMPLIFIED
    table = Table("median of the runs", *get_args(Cell), "limit", "largest PNG")
    for picture in Picture:
        found = [
            _timed(partial(draw_cell, Subject(picture, cell, _reading(cell)), language, typeface), runs)
            for cell in get_args(Cell)
        ]
        sizes = max(size for _, size in found)
        table.add_row(
            picture, *(f"{took:.0f} ms" for took, _ in found), f"{LIMIT_MILLISECONDS} ms", f"{sizes / 1000:.0f} kB"
        )
    took, size = _timed(partial(draw_states, *_states(language), typeface), runs)
    table.add_row("states of a sum", f"{took:.0f} ms", "", "", f"{LIMIT_MILLISECONDS} ms", f"{size / 1000:.0f} kB")
    took, size = _timed(_empty, runs)
    table.add_row("an empty sheet", f"{took:.0f} ms", "", "", "", f"{size / 1000:.0f} kB")
    console = Console()
    console.print(table)
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
