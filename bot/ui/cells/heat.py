"""The gates of a cell over the characters of a poem, as a heat map: a panel for each, units from shut to open."""

from collections.abc import Sequence
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

from bot.services.fonts import Typeface
from bot.ui.cells.formulas import GATE_NAMES
from bot.ui.plotting import BLUE, FAINT, INK, PAPER, VERMILION, Pen, on_paper, png, sheet
from bot.words import Language, say
from model.insight.reading import GATES, Reading

WIDTH: Final = 8.0
_PANELS: Final = 2.7
_LOWEST: Final = 1.35
_CURVE: Final = 0.42
_TOP, _BOTTOM = 0.3, 0.5
_GAP: Final = 0.34
_LEFT, _RIGHT = 0.065, 0.985
_NUMBER_SIZE: Final = 7.5
_NARROWEST: Final = 40
"""Columns that have room for their characters; in longer poems they stand smaller."""

_OPEN: Final = LinearSegmentedColormap.from_list("open", [PAPER, "#9db6cc", BLUE, "#122a42"])
_SIGNED: Final = LinearSegmentedColormap.from_list("signed", [BLUE, PAPER, VERMILION])


def draw_gates(reading: Reading, language: Language, typeface: Typeface | None) -> bytes:
    """The picture as a PNG; a character that the typeface lacks is shown by its place in the poem."""
    gates = GATES[reading.cell]
    tall = max(_LOWEST, _PANELS / len(gates))
    height = _TOP + len(gates) * (tall + _CURVE + _GAP) - _GAP + _BOTTOM
    figure, brush = sheet(WIDTH, height), Pen(typeface)
    # English words do not stand in a Chinese typeface, only the characters do.
    pen = Pen(None) if language is Language.ENGLISH else brush
    for number, gate in enumerate(gates):
        top = height - _TOP - number * (tall + _CURVE + _GAP)
        curve = _panel(figure, top - _CURVE, _CURVE, height)
        heat = _panel(figure, top - _CURVE - tall, tall, height)
        _curve(curve, reading, gate, language, pen)
        _heat(heat, reading, gate, language, pen)
        if number == len(gates) - 1:
            _characters(heat, reading, typeface, brush)
    return png(figure)


def _panel(figure: Figure, bottom: float, tall: float, height: float) -> Axes:
    axes = figure.add_axes((_LEFT, bottom / height, _RIGHT - _LEFT, tall / height))
    on_paper(axes)
    axes.set_xticks([])
    axes.set_yticks([])
    return axes


def _curve(axes: Axes, reading: Reading, gate: str, language: Language, pen: Pen) -> None:
    """The mean over the units, between 0 and 1."""
    axes.plot(reading.means(gate), color=INK, lw=1.4, marker="o", ms=2.6)
    axes.set_xlim(-0.5, len(reading.characters) - 0.5)
    axes.set_ylim(0, 1)
    axes.set_yticks([0, 1], ["0", "1"], **pen.text(7.5))
    axes.grid(visible=True, axis="y", color=FAINT, lw=0.5)
    axes.set_title(say(language, f"explain.part.{GATE_NAMES[gate]}"), **pen.text(10.5), loc="left", pad=4)


def _heat(axes: Axes, reading: Reading, gate: str, language: Language, pen: Pen) -> None:
    found = reading.gates[gate]
    signed = gate == "h"
    axes.imshow(
        found[np.argsort(-found.mean(axis=1))],
        aspect="auto",
        interpolation="nearest",
        cmap=_SIGNED if signed else _OPEN,
        vmin=-1 if signed else 0,
        vmax=1,
    )
    axes.set_ylabel(f"{len(found)} {say(language, 'explain.plot.units')}", **pen.text(8.5), labelpad=4)


def _characters(axes: Axes, reading: Reading, typeface: Typeface | None, brush: Pen) -> None:
    count = len(reading.characters)
    size = 13.0 * min(1.0, _NARROWEST / count) if typeface is not None else _NUMBER_SIZE
    axes.set_xticks(range(count), labels_of(reading.characters, typeface), **brush.text(size))
    axes.tick_params(axis="x", length=0, pad=4)
    for label, character in zip(axes.get_xticklabels(), reading.characters, strict=True):
        if label.get_text() != character:
            label.set_fontproperties(Pen(None).font(_NUMBER_SIZE))


def labels_of(characters: Sequence[str], typeface: Typeface | None) -> list[str]:
    """The characters, those that cannot be written by their places in the poem."""
    lacking = typeface.lacks("".join(characters)) if typeface is not None else characters
    return [str(place) if character in lacking else character for place, character in enumerate(characters, start=1)]
