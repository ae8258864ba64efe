"""Draws a poem: columns from right to left on paper with red rules, a title, a seal. Needs Pillow, and no Discord."""

import io
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

from bot.services.fonts import REGULAR_WEIGHT, Typeface
from bot.services.pictures import Sheet, height_of

WIDTH: Final = 1_000
TALLEST: Final = 1_200
LARGEST: Final = 112
"""The side of a character, where there is room."""

Colour = tuple[int, int, int]
Font = ImageFont.FreeTypeFont

# A picture has 8 tints of paper, and 15 steps from each to ink and to vermilion: 248 colours, so it is small, and it is
# put together without any arithmetic on colours.
_TINTS: Final = 8
_STEPS: Final = 15
_DARK_PAPER: Final[Colour] = (232, 221, 196)
_LIGHT_PAPER: Final[Colour] = (250, 244, 228)
_INK: Final[Colour] = (34, 29, 27)
_VERMILION: Final[Colour] = (178, 45, 33)
_COMPRESSION: Final = 4  # a third of the time that the usual 6 takes, for a seventh more bytes
_RULE: Final = 74  # how much vermilion is in a rule, of 255
_LINE: Final = 1.16  # from character to character, in sides of one
_STEEP: Final = [max(0, min(255, (value - 96) * 6)) for value in range(256)]
_GAPS: Final = [min(255, 150 + value * 2) for value in range(256)]
_TITLE: Final = 0.66  # a title's character, in sides of the poem's
_INDENT: Final = 0.5  # so far below the poem's top a title begins


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where everything goes, in pixels."""

    width: int
    height: int
    side: int
    pitch: int
    margin: int
    padding: int

    @classmethod
    def of(cls, sheet: Sheet) -> "_Layout":
        """Slots of equal width: the title's, one for each column, the seal's."""
        slots = len(sheet.columns) + 1 + bool(sheet.title)
        rows = max(height_of(column) for column in sheet.columns)
        margin = 56
        side = min(LARGEST, int((WIDTH - 2 * margin) / slots * 0.68), int((TALLEST - 2 * margin) / (rows * _LINE + 1)))
        pitch = min(int(side * 1.62), (WIDTH - 2 * margin) // slots)
        padding = round(side * 0.42)
        height = round(side * (rows * _LINE - (_LINE - 1))) + 2 * (padding + margin)
        return cls(slots * pitch + 2 * margin, height, side, pitch, margin, padding)

    def middle(self, slot: int) -> float:
        """Of a slot, counted from the right."""
        return self.width - self.margin - (slot + 0.5) * self.pitch

    @property
    def top(self) -> int:
        return self.margin + self.padding

    @property
    def bottom(self) -> int:
        return self.height - self.margin - self.padding


def draw(sheet: Sheet, typeface: Typeface) -> bytes:
    """The sheet as a PNG."""
    chance = random.Random(sheet.number)
    layout = _Layout.of(sheet)
    size = (layout.width, layout.height)
    ink, red = Image.new("L", size), Image.new("L", size)
    _write(sheet, layout, typeface, ink, red)
    _rule(sheet, layout, ImageDraw.Draw(red))
    _stamp(sheet, layout, typeface, red, chance)
    picture = _together(_paper(size, chance), ink, red)
    file = io.BytesIO()
    picture.save(file, "PNG", compress_level=_COMPRESSION)
    return file.getvalue()


def _write(sheet: Sheet, layout: _Layout, typeface: Typeface, ink: Image.Image, red: Image.Image) -> None:
    pen = ImageDraw.Draw(ink)
    dot = _dot(round(layout.side * 0.13))
    if sheet.title:
        first = layout.top + layout.side * _INDENT
        side = int(min(layout.side * _TITLE, (layout.bottom - first) / (len(sheet.title) * _LINE)))
        font = _font(typeface, side)
        for place, character in enumerate(sheet.title):
            pen.text((layout.middle(0), first + side * (place * _LINE + 0.5)), character, 255, font, anchor="mm")
    font = _font(typeface, layout.side)
    for slot, column in enumerate(sheet.columns, start=bool(sheet.title)):
        for place, character, is_head in _placed(column):
            middle = (layout.middle(slot), layout.top + place * layout.side * _LINE + layout.side / 2)
            pen.text(middle, character, 255, font, anchor="mm")
            if is_head and sheet.acrostic:
                # Midway between the character and the rule.
                x = middle[0] + (layout.side + layout.pitch - 2 * dot.width) / 4
                red.paste(dot, (round(x), round(middle[1] - dot.height / 2)))


def _dot(side: int) -> Image.Image:
    large = Image.new("L", (side * 4, side * 4))
    ImageDraw.Draw(large).ellipse((0, 0, side * 4 - 1, side * 4 - 1), fill=255)
    return large.resize((side, side), Image.Resampling.BOX)


def _placed(column: tuple[str, ...]) -> Iterator[tuple[int, str, bool]]:
    """Each character with its place in the column, and whether a verse begins with it."""
    place = 0
    for verse in column:
        for index, character in enumerate(verse):
            yield place + index, character, index == 0
        place += len(verse) + 1


def _rule(sheet: Sheet, layout: _Layout, pen: ImageDraw.ImageDraw) -> None:
    """A frame of two lines, and a line between columns."""
    left, top = layout.margin, layout.margin
    right, bottom = layout.width - layout.margin, layout.height - layout.margin
    pen.rectangle((left, top, right, bottom), outline=_RULE, width=1)
    pen.rectangle((left - 8, top - 8, right + 8, bottom + 8), outline=_RULE + 30, width=3)
    slots = len(sheet.columns) + bool(sheet.title)
    for slot in range(slots):
        x = round(layout.middle(slot) - layout.pitch / 2)
        pen.line((x, top, x, bottom), fill=_RULE)


def _stamp(sheet: Sheet, layout: _Layout, typeface: Typeface, red: Image.Image, chance: random.Random) -> None:
    """A seal as of stone: its edge is worn, the ink has gaps, and nobody presses it quite straight."""
    side = round(min(layout.pitch * 0.68, layout.side))
    large = side * 3
    seal = Image.new("L", (large, large))
    pen = ImageDraw.Draw(seal)
    pen.rounded_rectangle((large * 0.05, large * 0.05, large * 0.95, large * 0.95), large * 0.1, fill=255)
    font = _font(typeface, round(large * 0.72))
    pen.text((large / 2, large / 2), sheet.seal, 0, font, anchor="mm", stroke_width=large // 64)
    # Worn: noise moves the blurred edges to and fro.
    wear = _noise((30, 30), chance).resize(seal.size, Image.Resampling.BICUBIC)
    seal = Image.blend(seal.filter(ImageFilter.GaussianBlur(large / 70)), wear, 0.3).point(_STEEP)
    gaps = _noise((44, 44), chance).resize(seal.size, Image.Resampling.BICUBIC).point(_GAPS)
    seal = ImageChops.multiply(seal, gaps)
    seal = seal.rotate(chance.uniform(-3, 3), Image.Resampling.BICUBIC).resize((side, side), Image.Resampling.LANCZOS)
    slot = len(sheet.columns) + bool(sheet.title)
    left, top = round(layout.middle(slot) - side / 2), layout.bottom - side
    red.paste(seal, (left, top))


def _paper(size: tuple[int, int], chance: random.Random) -> Image.Image:
    """Tints 0 to 255 of handmade paper: clouds, fibres, grain, and edges that have seen light."""
    width, height = size
    clouds = _noise((width // 90 + 2, height // 90 + 2), chance).resize(size, Image.Resampling.BICUBIC)
    flecks = _noise((width // 9, height // 9), chance).resize(size, Image.Resampling.BILINEAR)
    paper = Image.blend(clouds, flecks, 0.35)
    grain = _noise((width // 2, height // 2), chance).resize(size, Image.Resampling.NEAREST)
    paper = Image.blend(paper, grain, 0.16)
    fibres = Image.new("L", size, 128)
    pen = ImageDraw.Draw(fibres)
    for _ in range(width * height // 6000):
        x, y = chance.uniform(0, width), chance.uniform(0, height)
        dx, dy = chance.uniform(-34, 34), chance.uniform(-20, 20)
        bend = chance.uniform(-8, 8)
        pen.line(
            [(x, y), (x + dx / 2 + bend, y + dy / 2 - bend), (x + dx, y + dy)],
            fill=chance.choice((58, 84, 184, 204)),
            width=1,
        )
    paper = ImageChops.add(paper, fibres, scale=1, offset=-128)
    edges = Image.radial_gradient("L").resize(size, Image.Resampling.BILINEAR)
    return ImageChops.subtract(
        paper, edges.point([max(0, value - 120) // 2 for value in range(256)]), scale=1, offset=40
    )


def _noise(size: tuple[int, int], chance: random.Random) -> Image.Image:
    return Image.frombytes("L", size, chance.randbytes(size[0] * size[1]))


def _together(paper: Image.Image, ink: Image.Image, red: Image.Image) -> Image.Image:
    """Tint and step are one number of the palette; where ink and vermilion meet, vermilion lies on top."""
    tint = paper.point([value * _TINTS // 256 for value in range(256)])
    inked = ink.point([round(value / 255 * _STEPS) * _TINTS for value in range(256)])
    reddened = [round(value / 255 * _STEPS) for value in range(256)]
    stamped = red.point([(_STEPS + step) * _TINTS if step else 0 for step in reddened])
    picture = ImageChops.add(tint, ImageChops.lighter(inked, stamped))
    picture.putpalette(_palette())
    return picture


def _palette() -> list[int]:
    tints = [_between(_DARK_PAPER, _LIGHT_PAPER, tint / (_TINTS - 1)) for tint in range(_TINTS)]
    colours = [*tints]
    for pigment in (_INK, _VERMILION):
        colours += [_between(tint, pigment, step / _STEPS) for step in range(1, _STEPS + 1) for tint in tints]
    return [value for colour in colours for value in colour]


def _between(first: Colour, second: Colour, way: float) -> Colour:
    red, green, blue = (round(a + (b - a) * way) for a, b in zip(first, second, strict=True))
    return red, green, blue


def _font(typeface: Typeface, side: int) -> Font:
    font = ImageFont.truetype(typeface.path, side, typeface.index, layout_engine=ImageFont.Layout.BASIC)
    if typeface.variable:
        axes = font.get_variation_axes()
        font.set_variation_by_axes(
            [REGULAR_WEIGHT if axis.get("name") == b"Weight" else axis["default"] or 0 for axis in axes]
        )
    return font
