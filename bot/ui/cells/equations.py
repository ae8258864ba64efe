"""The equations of a cell, set as in a book: what each is called, and the formula beside it.

The notation is that of `model/backprop`.
"""

from collections.abc import Mapping
from typing import Final

from matplotlib.lines import Line2D

from bot.services.fonts import Typeface
from bot.ui.plotting import FAINT, INK, VERMILION, Pen, png, sheet
from bot.words import Language, say
from model.recipes import Cell

WIDTH: Final = 8.0
ROW: Final = 0.52
_FORMULA_SIZE: Final = 17
_NAME_SIZE: Final = 10.5
_LEFT, _MIDDLE, _RIGHT = 0.03, 0.3, 0.97

_NEXT: Final = r"$\mathbf{y}_k = \mathrm{softmax}(V\,\mathbf{h}_k + \mathbf{c})$"
FORMULAS: Final[Mapping[Cell, Mapping[str, str]]] = {
    "rnn": {
        "sum": r"$\mathbf{z}_k = U\,\mathbf{h}_{k-1} + W\,\mathbf{x}_k + \mathbf{b}$",
        "state": r"$\mathbf{h}_k = \tanh(\mathbf{z}_k)$",
        "next": _NEXT,
        "back": r"$\dfrac{\partial \mathbf{h}_k}{\partial \mathbf{h}_{k-1}}"
        r" = \mathrm{diag}(1 - \mathbf{h}_k^{\,2})\;U$",
    },
    "gru": {
        "reset": r"$\mathbf{r}_k = \sigma(W_r\,\mathbf{x}_k + U_r\,\mathbf{h}_{k-1} + \mathbf{b}_r)$",
        "update": r"$\mathbf{z}_k = \sigma(W_z\,\mathbf{x}_k + U_z\,\mathbf{h}_{k-1} + \mathbf{b}_z)$",
        "candidate": r"$\mathbf{n}_k = \tanh(W_n\,\mathbf{x}_k + \mathbf{b}_n"
        r" + \mathbf{r}_k \odot (U_n\,\mathbf{h}_{k-1} + \mathbf{c}_n))$",
        "state": r"$\mathbf{h}_k = (1 - \mathbf{z}_k) \odot \mathbf{n}_k + \mathbf{z}_k \odot \mathbf{h}_{k-1}$",
        "next": _NEXT,
        "back": r"$\dfrac{\partial \mathbf{h}_k}{\partial \mathbf{h}_{k-1}} = \mathrm{diag}(\mathbf{z}_k) + \cdots$",
    },
    "lstm": {
        "forget": r"$\mathbf{f}_k = \sigma(W_f\,\mathbf{x}_k + U_f\,\mathbf{h}_{k-1} + \mathbf{b}_f)$",
        "input": r"$\mathbf{i}_k = \sigma(W_i\,\mathbf{x}_k + U_i\,\mathbf{h}_{k-1} + \mathbf{b}_i)$",
        "output": r"$\mathbf{o}_k = \sigma(W_o\,\mathbf{x}_k + U_o\,\mathbf{h}_{k-1} + \mathbf{b}_o)$",
        "candidate": r"$\mathbf{g}_k = \tanh(W_g\,\mathbf{x}_k + U_g\,\mathbf{h}_{k-1} + \mathbf{b}_g)$",
        "memory": r"$\mathbf{C}_k = \mathbf{f}_k \odot \mathbf{C}_{k-1} + \mathbf{i}_k \odot \mathbf{g}_k$",
        "state": r"$\mathbf{h}_k = \mathbf{o}_k \odot \tanh(\mathbf{C}_k)$",
        "next": _NEXT,
        "back": r"$\dfrac{\partial \mathbf{C}_k}{\partial \mathbf{C}_{k-1}} = \mathrm{diag}(\mathbf{f}_k) + \cdots$",
    },
}
"""Each by the word for what it makes. The last says by what an error is multiplied on its way one step back."""


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
        figure.text(_MIDDLE, middle, formula, **pen.formula(_FORMULA_SIZE, colour), va="center")
        if last:
            line = middle + ROW * 0.75 / height
            figure.add_artist(_rule(line))
    return png(figure)


def _rule(height: float) -> Line2D:
    return Line2D([_LEFT, _RIGHT], [height, height], color=FAINT, lw=0.8)
