"""Draws how a training goes: curves by step, as a PNG. What the colours mean stands beside it, in words."""

import io
from collections.abc import Sequence
from typing import Final

Curve = Sequence[tuple[int, float]]

BLUE: Final = "#3b6ea5"
RED: Final = "#a6382e"
GREEN: Final = "#3f7d5c"
_PAPER: Final = "#fbf7ec"
_INK: Final = "#3a3532"
_SIZE: Final = (7.0, 3.4)
_DOTS: Final = 110
_MOST_POINTS: Final = 600
"""More than a curve has pixels cannot be seen."""
_ROOM: Final = 0.04
"""Above and below percentages, so that curves do not run along the edges."""


def draw_losses(training: Curve, held_out: Curve) -> bytes:
    """The training loss between, in blue; the held-out loss at the ends of epochs, in red."""
    return _draw([(training, BLUE, ""), (held_out, RED, "o")], percent=False, mark=None)


def draw_learning(plain: Curve, handed: Curve, exact: Curve, found_at: int | None) -> bytes:
    """Right digits of columns without a carry in blue, with one in red, and whole sums in green.

    A line stands where the carry was found.
    """
    return _draw([(plain, BLUE, ""), (handed, RED, ""), (exact, GREEN, "")], percent=True, mark=found_at)


def _draw(curves: Sequence[tuple[Curve, str, str]], *, percent: bool, mark: int | None) -> bytes:
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, first needed here
    from matplotlib.figure import Figure  # noqa: PLC0415
    from matplotlib.ticker import EngFormatter, MaxNLocator, PercentFormatter  # noqa: PLC0415

    figure = Figure(figsize=_SIZE, layout="constrained", facecolor=_PAPER)
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    axes.set_facecolor(_PAPER)
    for points, colour, marker in curves:
        if points:
            some = points[:: -(-len(points) // _MOST_POINTS)]
            some = some if some[-1] == points[-1] else [*some, points[-1]]
            axes.plot(*zip(*some, strict=True), color=colour, marker=marker or None, markersize=5, linewidth=1.8)
    if mark is not None:
        axes.axvline(mark, color=_INK, linestyle=":", linewidth=1.2)
    if percent:
        axes.set_ylim(-_ROOM, 1 + _ROOM)
        axes.yaxis.set_major_formatter(PercentFormatter(1.0))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.xaxis.set_major_formatter(EngFormatter(sep=""))
    axes.grid(alpha=0.25, color=_INK)
    axes.tick_params(colors=_INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    file = io.BytesIO()
    figure.savefig(file, format="png", dpi=_DOTS)
    return file.getvalue()
