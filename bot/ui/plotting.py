"""What all plots have in common: paper that is readable on any background, ink, a pen, and PNG. Needs matplotlib."""

import io
from typing import Any, Final

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import FontPath, FontProperties

from bot.services.fonts import Typeface

PAPER: Final = "#faf4e4"
INK: Final = "#221d1b"
FAINT: Final = "#b9ad96"
BLUE: Final = "#2f5d8a"
VERMILION: Final = "#b22d21"
JADE: Final = "#3f7d5c"

DOTS_PER_INCH: Final = 125
MATHS: Final = "stix"
"""The letters of formulas."""
_COMPRESSION: Final = 4
_LARGER: Final = 1.12


class Pen:
    """What is written with. Chinese characters have more strokes than letters, and are written larger."""

    def __init__(self, typeface: Typeface | None) -> None:
        self._typeface = typeface

    def font(self, size: float) -> FontProperties:
        if self._typeface is None:
            return FontProperties(size=size)
        return FontProperties(fname=FontPath(str(self._typeface.path), self._typeface.index), size=size * _LARGER)

    def text(self, size: float, colour: str = INK) -> dict[str, Any]:
        """Nothing that is written so is a formula, whatever signs are in it."""
        return {"fontproperties": self.font(size), "color": colour, "parse_math": False}

    @staticmethod
    def formula(size: float, colour: str = INK) -> dict[str, Any]:
        """For formulas, which are ours."""
        return {"fontsize": size, "color": colour, "math_fontfamily": MATHS}


def sheet(width: float, height: float) -> Figure:
    """An empty sheet of so many inches."""
    return Figure((width, height), dpi=DOTS_PER_INCH, facecolor=PAPER)


def on_paper(axes: Axes) -> None:
    """Give a panel the colours of the sheet."""
    axes.set_facecolor(PAPER)
    axes.tick_params(colors=INK, labelsize=9, length=3)
    for spine in axes.spines.values():
        spine.set_color(FAINT)


def png(figure: Figure) -> bytes:
    file = io.BytesIO()
    figure.savefig(file, format="png", pil_kwargs={"compress_level": _COMPRESSION})
    return file.getvalue()
