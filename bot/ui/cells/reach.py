"""How far influence reaches back in each of the cells: curves on a logarithmic scale."""

from collections.abc import Mapping
from typing import Any, Final

from bot.services.fonts import Typeface
from bot.ui.plotting import BLUE, FAINT, JADE, VERMILION, Pen, on_paper, png, sheet
from bot.words import Language, say
from model.insight.facts import Facts
from model.recipes import Cell

_INFLUENCE: Final = r"$\Vert\partial L_T / \partial \mathbf{x}_k\Vert$"
INCHES: Final = (8.0, 4.4)
COLOURS: Final[Mapping[Cell, str]] = {"rnn": VERMILION, "gru": JADE, "lstm": BLUE}
_SHAPES: Final[Mapping[Cell, str]] = {"rnn": "o", "gru": "s", "lstm": "D"}


def draw_reach(facts: Facts, told: Cell | None, language: Language, typeface: Typeface | None) -> bytes:
    """The picture as a PNG.

    Args:
        facts: what was measured.
        told: the cell that it is about, which stands out; None for none.
        language, typeface: of what is written.
    """
    figure, pen = sheet(*INCHES), Pen(typeface)
    axes = figure.add_axes((0.1, 0.125, 0.88, 0.78))
    on_paper(axes)
    for cell, own in facts.cells.items():
        plain = told not in {cell, None}
        style: dict[str, Any] = {"color": COLOURS[cell], "lw": 1.3 if plain else 2.4, "alpha": 0.55 if plain else 1.0}
        for key, curve, line in (("trained", own.trained, "-"), ("untrained", own.untrained, ":")):
            label = say(language, f"explain.plot.{key}", cell=cell.upper())
            marks: dict[str, Any] = {"marker": _SHAPES[cell], "ms": 3.6} if key == "trained" else {}
            axes.plot(range(len(curve)), curve, line, label=label, **style, **marks)
    axes.set_yscale("log")
    axes.margins(x=0.02)
    axes.grid(visible=True, color=FAINT, lw=0.5, alpha=0.6)
    axes.set_title(say(language, "explain.plot.title", poems=facts.poems), **pen.text(11.5), pad=8)
    axes.set_xlabel(say(language, "explain.plot.steps"), **pen.text(10))
    axes.set_ylabel(_INFLUENCE, **pen.formula(13))
    axes.legend(loc="lower left", ncols=3, frameon=False, prop=pen.font(9), handlelength=2.6, columnspacing=1.4)
    return png(figure)
