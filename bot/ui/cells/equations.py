"""The equations of a cell, set as in a book: what each is called, and the formula beside it."""

from typing import Final

from matplotlib.lines import Line2D

from bot.services.fonts import Typeface
from bot.ui.cells.formulas import FORMULAS
from bot.ui.plotting import FAINT, INK, VERMILION, Pen, png, sheet
from bot.words import Language, say
from model.recipes import Cell

WIDTH: Final = 8.0
ROW: Final = 0.52
_FORMULA_SIZE: Final = 17
_NAME_SIZE: Final = 10.5
_LEFT, _MIDDLE, _RIGHT = 0.03, 0.3, 0.97


def draw_equations(cell: Cell, language: Language, typeface: Typeface | None) -> bytes:
    """The picture as a PNG."""
    formulas = FORMULAS[cell]
    height = ROW * (len(formulas) + 1.15)
    figure, pen = sheet(WIDTH, height), Pen(typeface)
    for row, (name, formula) in enumerate(formulas.items()):
        last = name == "back"
        middle = 1 - ROW * (row + 0.75 + 0.4 * last) / height
        colour = VERMILION if last else INK
        figure.text(_LEFT, middle, say(language, f"explain.part.{name}"), **pen.text(_NAME_SIZE, colour), va="center")
        figure.text(_MIDDLE, middle, formula.set, **pen.formula(_FORMULA_SIZE, colour), va="center")
        if last:
            line = middle + ROW * 0.75 / height
            figure.add_artist(_rule(line))
    return png(figure)


def _rule(height: float) -> Line2D:
    return Line2D([_LEFT, _RIGHT], [height, height], color=FAINT, lw=0.8)
