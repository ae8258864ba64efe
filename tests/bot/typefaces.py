"""Typefaces made for tests: every character is a box, so that a picture tells where it stands."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fontTools.fontBuilder import FontBuilder
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTCollection, TTFont
from fontTools.ttLib.tables.TupleVariation import TupleVariation

from bot.services.fonts import REGULAR_WEIGHT
from model.script import Script, convert
from tests.conftest import CHARACTERS

EM = 1000
SEALS = "诗詩"
BOTH_SCRIPTS = CHARACTERS + convert(CHARACTERS, Script.HANT)
WHOLE = 800
"""The side of a character's box."""


def typeface(
    path: Path,
    characters: str = BOTH_SCRIPTS,
    *,
    family: str = "AR PL UKai CN",
    weight: int = REGULAR_WEIGHT,
    sides: dict[str, int] | None = None,
    thinnest: int | None = None,
) -> Path:
    """A font file; with `thinnest`, its boxes are so wide by default, and grow with the weight."""
    font = _built(characters + SEALS, family, weight, sides or {}, thinnest)
    font.save(path)
    return path


def collection(path: Path, families: Sequence[tuple[str, str]]) -> Path:
    """A font file of several faces: each family with its characters."""
    gathered = TTCollection()
    gathered.fonts = [_built(characters + SEALS, family, REGULAR_WEIGHT, {}, None) for family, characters in families]
    gathered.save(path)
    return path


def _built(characters: str, family: str, weight: int, sides: dict[str, int], thinnest: int | None) -> TTFont:
    names = {char: f"u{ord(char):X}" for char in dict.fromkeys(characters)}
    order = [".notdef", *names.values()]
    builder = FontBuilder(EM, isTTF=True)
    builder.setupGlyphOrder(order)
    builder.setupCharacterMap({ord(char): name for char, name in names.items()})
    boxes = {name: thinnest or sides.get(char, WHOLE) for char, name in names.items()}
    builder.setupGlyf({".notdef": _box(10), **{name: _box(side) for name, side in boxes.items()}})
    builder.setupHorizontalMetrics(dict.fromkeys(order, (EM, 0)))
    builder.setupHorizontalHeader(ascent=880, descent=-120)
    builder.setupNameTable({"familyName": family, "styleName": "Regular"})
    builder.setupOS2(usWeightClass=weight, sTypoAscender=880, sTypoDescender=-120)
    builder.setupPost()
    if thinnest is not None:
        builder.setupFvar([("wght", 100, 100, 900, "Weight")], [])
        grown = (WHOLE - thinnest) // 2
        corners: list[tuple[int, int] | None] = [(-grown, -grown), (grown, -grown), (grown, grown), (-grown, grown)]
        variations = [TupleVariation({"wght": (0.0, 1.0, 1.0)}, [*corners, (0, 0), (0, 0), (0, 0), (0, 0)])]
        builder.setupGvar(dict.fromkeys(names.values(), variations))
    font: TTFont = builder.font
    return font


def _box(side: int) -> Any:
    """A square in the middle of the em box."""
    left, bottom = (EM - side) / 2, 380 - side / 2
    pen = TTGlyphPen(None)
    pen.moveTo((left, bottom))
    for corner in ((left + side, bottom), (left + side, bottom + side), (left, bottom + side)):
        pen.lineTo(corner)
    pen.closePath()
    return pen.glyph()
