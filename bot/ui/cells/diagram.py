"""Diagrams of the cells: what flows where in one step.

A diagram is drawn on a board of ten by five squares, from left (the step before) to right (the next one).
"""

from collections.abc import Callable, Mapping
from typing import Final

from matplotlib.axes import Axes
from matplotlib.patches import Circle, FancyBboxPatch

from bot.services.fonts import Typeface
from bot.ui.plotting import BLUE, FAINT, INK, PAPER, VERMILION, Pen, png, sheet
from bot.words import Language, say
from model.recipes import Cell

INCHES: Final = (8.0, 4.2)
_WIDE, _HIGH = 10.0, 5.25
_GATE: Final = "#e3ecf3"
_SQUASH: Final = "#f6ddd3"
_CELL: Final = "#f3ead2"
_LINE: Final = 1.6
_RADIUS: Final = 0.2

Point = tuple[float, float]


class Board:
    """What a diagram is put together from."""

    def __init__(self, axes: Axes, pen: Pen, language: Language) -> None:
        self._axes = axes
        self._pen = pen
        self._language = language

    def cell(self, left: float, right: float, bottom: float, top: float) -> None:
        """What belongs to the cell."""
        box = FancyBboxPatch(
            (left, bottom), right - left, top - bottom, boxstyle="round,pad=0,rounding_size=0.25", fc=_CELL, ec=FAINT
        )
        self._axes.add_patch(box)

    def flow(self, *points: Point, colour: str = INK, arrow: bool = True) -> None:
        """A line through the points; it ends in an arrow, or else flows into another line."""
        across, up = zip(*points, strict=True)
        self._axes.plot(across, up, color=colour, lw=_LINE, zorder=2, solid_capstyle="round", solid_joinstyle="round")
        if arrow:
            style = {
                "arrowstyle": "-|>",
                "color": colour,
                "lw": _LINE,
                "shrinkA": 0,
                "shrinkB": 0,
                "mutation_scale": 11,
            }
            self._axes.annotate("", points[-1], points[-2], arrowprops=style, zorder=3, size=11)

    def fork(self, *points: Point) -> None:
        """Where a line parts."""
        for x, y in points:
            self._axes.add_patch(Circle((x, y), 0.055, fc=INK, ec=INK, zorder=4))

    def layer(self, x: float, y: float, formula: str) -> None:
        """A layer of the network: a gate (σ), or what squashes (tanh)."""
        wide = 0.36 if "sigma" in formula else 0.52
        fill = _GATE if "sigma" in formula else _SQUASH
        edge = BLUE if "sigma" in formula else VERMILION
        box = FancyBboxPatch(
            (x - wide, y - 0.26), 2 * wide, 0.52, boxstyle="round,pad=0,rounding_size=0.08", fc=fill, ec=edge, zorder=5
        )
        self._axes.add_patch(box)
        self._axes.text(x, y - 0.01, formula, **self._pen.formula(15), ha="center", va="center", zorder=6)

    def join(self, x: float, y: float, formula: str) -> None:
        """Two flows that meet: ⊙ multiplies them element by element, + adds them."""
        self._axes.add_patch(Circle((x, y), _RADIUS, fc=PAPER, ec=INK, lw=1.2, zorder=5))
        self._axes.text(x, y - 0.01, formula, **self._pen.formula(14), ha="center", va="center", zorder=6)

    def formula(self, x: float, y: float, formula: str, *, size: float = 15, side: str = "center") -> None:
        self._axes.text(x, y, formula, **self._pen.formula(size), ha=side, va="center", zorder=6)

    def word(self, x: float, y: float, name: str, *, side: str = "center") -> None:
        said = say(self._language, f"explain.part.{name}")
        self._axes.text(x, y, said, **self._pen.text(9.5), ha=side, va="center", zorder=6)


def draw_diagram(cell: Cell, language: Language, typeface: Typeface | None) -> bytes:
    """The picture as a PNG."""
    figure = sheet(*INCHES)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, _WIDE)
    axes.set_ylim(0, _HIGH)
    _DRAWN[cell](Board(axes, Pen(typeface), language))
    return png(figure)


def _rnn(board: Board) -> None:
    board.cell(2.2, 7.9, 1.0, 4.1)
    board.flow((0.95, 2.6), (3.6, 2.6))
    board.flow((3.8, 0.55), (3.8, 2.4))
    board.flow((4.0, 2.6), (5.3, 2.6))
    board.flow((5.8, 2.6), (9.05, 2.6))
    board.flow((7.1, 2.6), (7.1, 4.55))
    board.fork((7.1, 2.6))
    board.join(3.8, 2.6, "$+$")
    board.layer(5.8, 2.6, r"$\tanh$")
    board.formula(0.5, 2.6, r"$\mathbf{h}_{k-1}$")
    board.formula(9.45, 2.6, r"$\mathbf{h}_k$")
    board.formula(3.8, 0.3, r"$\mathbf{x}_k$")
    board.formula(7.1, 4.85, r"$\mathbf{y}_k$")
    board.formula(2.9, 2.9, "$U$")
    board.formula(3.55, 1.5, "$W$")
    board.formula(4.65, 2.9, r"$\mathbf{z}_k$")
    board.formula(6.85, 3.5, "$V$")
    board.word(5.8, 1.95, "state")
    board.word(4.15, 0.3, "read", side="left")
    board.word(7.45, 4.85, "foretold", side="left")


def _gru(board: Board) -> None:
    board.cell(1.25, 8.7, 0.55, 4.85)
    # What was remembered goes along the top, past the update gate.
    board.flow((0.95, 4.35), (4.4, 4.35))
    board.flow((4.8, 4.35), (6.6, 4.35))
    board.flow((7.0, 4.35), (9.05, 4.35))
    board.flow((1.7, 4.35), (1.7, 1.2), (4.6, 1.2), arrow=False)
    board.flow((2.3, 0.4), (2.3, 1.2), arrow=False)
    board.flow((3.1, 1.2), (3.1, 1.74))
    board.flow((4.6, 1.2), (4.6, 1.74))
    board.flow((3.1, 2.26), (3.1, 2.85))
    board.flow((1.7, 3.05), (2.9, 3.05))
    board.flow((3.3, 3.05), (6.28, 3.05))
    board.flow((4.6, 2.26), (4.6, 4.15))
    board.flow((4.6, 3.7), (6.6, 3.7))
    board.flow((2.3, 0.8), (6.8, 0.8), (6.8, 2.79))
    board.flow((6.8, 3.31), (6.8, 3.5))
    board.flow((6.8, 3.9), (6.8, 4.15))
    board.fork((1.7, 4.35), (1.7, 3.05), (2.3, 1.2), (2.3, 0.8), (3.1, 1.2), (4.6, 3.7))
    for x, y, formula in ((3.1, 3.05, r"$\odot$"), (4.6, 4.35, r"$\odot$"), (6.8, 3.7, r"$\odot$"), (6.8, 4.35, "$+$")):
        board.join(x, y, formula)
    board.layer(3.1, 2.0, r"$\sigma$")
    board.layer(4.6, 2.0, r"$\sigma$")
    board.layer(6.8, 3.05, r"$\tanh$")
    board.formula(5.6, 3.9, r"$1 - \mathbf{z}_k$", size=13)
    board.formula(0.5, 4.35, r"$\mathbf{h}_{k-1}$")
    board.formula(9.45, 4.35, r"$\mathbf{h}_k$")
    board.formula(2.3, 0.18, r"$\mathbf{x}_k$")
    board.formula(3.3, 2.55, r"$\mathbf{r}_k$", size=13, side="left")
    board.formula(4.8, 2.55, r"$\mathbf{z}_k$", size=13, side="left")
    board.formula(2.3, 3.3, "$U_n$", size=13)
    board.formula(7.15, 2.0, "$W_n$", size=13)
    board.formula(7.3, 3.5, r"$\mathbf{n}_k$", size=13)
    board.word(3.22, 1.47, "reset", side="left")
    board.word(4.72, 1.47, "update", side="left")
    board.word(7.45, 3.05, "candidate", side="left")


def _lstm(board: Board) -> None:
    board.cell(1.25, 8.75, 0.75, 4.85)
    # The memory goes along the top: nothing but a gate and a sum is on its way.
    board.flow((0.95, 4.35), (2.7, 4.35))
    board.flow((3.1, 4.35), (5.3, 4.35))
    board.flow((5.7, 4.35), (9.05, 4.35))
    board.flow((0.95, 1.3), (6.9, 1.3), arrow=False)
    board.flow((1.9, 0.45), (1.9, 1.3), arrow=False)
    for x in (2.9, 4.2, 5.5, 6.9):
        board.flow((x, 1.3), (x, 1.84))
    board.flow((2.9, 2.36), (2.9, 4.15))
    board.flow((4.2, 2.36), (4.2, 3.2), (5.3, 3.2))
    board.flow((5.5, 2.36), (5.5, 3.0))
    board.flow((5.5, 3.4), (5.5, 4.15))
    board.flow((6.9, 2.36), (6.9, 2.75), (7.8, 2.75))
    board.flow((8.0, 4.35), (8.0, 3.91))
    board.flow((8.0, 3.39), (8.0, 2.95))
    board.flow((8.0, 2.55), (8.0, 1.3), (9.05, 1.3))
    board.fork((1.9, 1.3), (2.9, 1.3), (4.2, 1.3), (5.5, 1.3), (8.0, 4.35))
    for x, y, formula in ((2.9, 4.35, r"$\odot$"), (5.5, 4.35, "$+$"), (5.5, 3.2, r"$\odot$"), (8.0, 2.75, r"$\odot$")):
        board.join(x, y, formula)
    for x in (2.9, 4.2, 6.9):
        board.layer(x, 2.1, r"$\sigma$")
    board.layer(5.5, 2.1, r"$\tanh$")
    board.layer(8.0, 3.65, r"$\tanh$")
    board.formula(0.45, 4.35, r"$\mathbf{C}_{k-1}$")
    board.formula(9.45, 4.35, r"$\mathbf{C}_k$")
    board.formula(0.5, 1.3, r"$\mathbf{h}_{k-1}$")
    board.formula(9.45, 1.3, r"$\mathbf{h}_k$")
    board.formula(1.9, 0.22, r"$\mathbf{x}_k$")
    for x, letter in ((2.9, "f"), (4.2, "i"), (5.5, "g"), (6.9, "o")):
        board.formula(x + 0.15, 2.58, rf"$\mathbf{{{letter}}}_k$", size=13, side="left")
    for x, name in ((2.9, "forget"), (4.2, "input"), (5.5, "candidate"), (6.9, "output")):
        board.word(x, 1.02, name)


_DRAWN: Final[Mapping[Cell, Callable[[Board], None]]] = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}
