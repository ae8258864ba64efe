"""Draws where the states of a sum lie: two panels on paper that is readable on any background. Needs matplotlib."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator

from bot.services.fonts import Typeface
from bot.services.state_pictures import PlotWords
from bot.ui.plotting import BLUE, FAINT, INK, PAPER, VERMILION, Pen, on_paper, png, sheet
from model.addition.state_map import Points, StateMap

INCHES: Final = (8.0, 4.9)
MOST_WITH_DIGITS: Final = 30
"""Columns whose digits can be read in their points."""
MOST_WITH_PLACES: Final = 12
"""Columns whose places can be read beside their points."""

# A colour and a shape for each carry, so that it is told by either.
_COLOURS: Final = (BLUE, VERMILION, "#6b4a8f")
_SHAPES: Final = ("o", "s", "D")
_NEAR: Final = 0.03  # points that are nearer than this part of the panel count as one place


def draw_states(states: StateMap, words: PlotWords, typeface: Typeface | None) -> bytes:
    """The picture as a PNG; in matplotlib's own typeface where there is none. It computes: not for the event loop."""
    figure, pen = sheet(*INCHES), Pen(typeface)
    figure.text(0.5, 0.985, words.title, **pen.text(12), ha="center", va="top")
    _plane(figure.add_axes((0.07, 0.175, 0.49, 0.655)), states, words, pen)
    _handed(figure.add_axes((0.655, 0.175, 0.325, 0.655)), states, words, pen)
    _legend(figure, words, pen)
    return png(figure)


def _plane(axes: Axes, states: StateMap, words: PlotWords, pen: Pen) -> None:
    _paper(axes, words.plane, words.first, words.second, pen)
    for carry, chosen in _by_carry(states.others):
        x, y = states.others.plane[chosen].T
        axes.scatter(x, y, s=14, c=_COLOURS[carry], marker=_SHAPES[carry], alpha=0.22, lw=0)
    own = states.own.plane
    if len(own) <= MOST_WITH_DIGITS:
        axes.plot(*own.T, color=INK, lw=0.8, alpha=0.6, zorder=3)
    axes.margins(0.07)
    _mark(axes, own, states.own, pen)
    if len(own) <= MOST_WITH_PLACES:
        _name_places(axes, states.own)


def _handed(axes: Axes, states: StateMap, words: PlotWords, pen: Pen) -> None:
    """What is handed on, one column below the other: the least significant one at the top, as it is read first."""
    _paper(axes, words.handed, words.direction, words.column, pen)
    reach = np.ptp(states.others.handed) or 1.0
    for carry, chosen in _by_carry(states.others):
        there = states.others.handed[chosen]
        middle, half = (there.max() + there.min()) / 2, max(np.ptp(there) / 2, 0.012 * reach)
        axes.axvspan(middle - half, middle + half, color=_COLOURS[carry], alpha=0.22, lw=0)
    places = states.own.columns + 1
    if len(places) <= MOST_WITH_DIGITS:
        axes.plot(states.own.handed, places, color=INK, lw=0.8, alpha=0.6, zorder=3)
    axes.margins(x=0.14)
    bottom = max(states.total, 2)
    axes.set_ylim(bottom + 0.06 * bottom, 1 - 0.06 * bottom)
    axes.set_xticks([])
    axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=min(bottom, 9), steps=[1, 2, 5, 10]))
    axes.tick_params(axis="y", colors=INK, labelsize=9, length=3)
    axes.set_yticks([tick for tick in axes.get_yticks() if 1 <= tick <= states.total])
    for label in axes.get_yticklabels():
        label.set_fontproperties(pen.font(9))
    _mark(axes, np.column_stack([states.own.handed, places]), states.own, pen)


def _paper(axes: Axes, title: str, across: str, down: str, pen: Pen) -> None:
    on_paper(axes)
    axes.set_title(title, **pen.text(10), pad=7, linespacing=1.35)
    axes.set_xlabel(across, **pen.text(9), labelpad=4)
    axes.set_ylabel(down, **pen.text(9), labelpad=4)
    axes.set_xticks([])
    axes.set_yticks([])


def _mark(axes: Axes, places: Any, own: Points, pen: Pen) -> None:
    """The sum's own points, with the digits that were said there, if they can be read."""
    readable = len(places) <= MOST_WITH_DIGITS
    for carry, chosen in _by_carry(own):
        size = 130 if readable else 26
        x, y = places[chosen].T
        axes.scatter(x, y, s=size, c=_COLOURS[carry], marker=_SHAPES[carry], ec=PAPER, lw=0.9, zorder=4)
    if readable:
        for (x, y), digit in zip(places, own.digits, strict=True):
            font = pen.text(8.5, PAPER)
            axes.text(x, y, str(digit), **font, ha="center", va="center_baseline", zorder=5, clip_on=True)


def _name_places(axes: Axes, own: Points) -> None:
    """Which column each point stands after, from 1 on; points that lie on each other share one label."""
    left, right = axes.get_xlim()
    low, high = axes.get_ylim()
    cells = np.round((own.plane - (left, low)) / ((right - left) * _NEAR, (high - low) * _NEAR)).astype(int)
    together: dict[tuple[int, ...], list[int]] = {}
    for cell, column in zip(map(tuple, cells.tolist()), own.columns.tolist(), strict=True):
        together.setdefault(cell, []).append(column)
    halo = withStroke(linewidth=2.5, foreground=PAPER)  # readable on whatever lies below
    font = Pen(None).text(8.5)  # numbers and dashes, and not every Chinese typeface has a dash
    for columns in together.values():
        x, y = own.plane[int(np.flatnonzero(own.columns == columns[0])[0])]
        axes.annotate(
            _ranges(columns), (x, y), (9, 8), textcoords="offset points", **font, zorder=6, path_effects=[halo]
        )


def _ranges(columns: Sequence[int]) -> str:
    """1, 2, 3, 5 as 1–3, 5; columns are counted from 0, and named from 1 on."""
    parts = []
    for _, group in groupby(enumerate(columns), key=lambda pair: pair[1] - pair[0]):
        run = [column + 1 for _, column in group]
        parts.append(f"{run[0]}–{run[-1]}" if len(run) > 1 else str(run[0]))
    return ", ".join(parts)


def _legend(figure: Figure, words: PlotWords, pen: Pen) -> None:
    keys = [
        Line2D([], [], color=_COLOURS[carry], marker=_SHAPES[carry], ls="", ms=8, mec=PAPER)
        for carry in range(len(words.carries))
    ]
    keys.append(Line2D([], [], color=FAINT, marker="o", ls="", ms=5))
    figure.legend(
        keys,
        [*words.carries, words.others],
        loc="lower center",
        bbox_to_anchor=(0.5, 0.0),
        ncols=len(keys),
        frameon=False,
        prop=pen.font(9.5),
        labelcolor=INK,
        handletextpad=0.3,
        columnspacing=1.6,
    )


def _by_carry(points: Points) -> list[tuple[int, Any]]:
    return [(carry, points.carries == carry) for carry in range(len(_COLOURS)) if (points.carries == carry).any()]
