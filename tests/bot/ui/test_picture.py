"""A poem's picture, measured."""

import io
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageChops

from bot.services.fonts import AUTO, Fonts
from bot.services.pictures import LONGEST_COLUMN, MOST_COLUMNS, Sheet, TooLongForPicture
from bot.store.poems import PoemRecord
from bot.ui import drawing
from bot.ui.picture import LONGEST_ALT_TEXT, alt_text, draw
from bot.ui.poem import PoemCard
from bot.words import Language
from model.script import Script
from tests.bot.keeping import POEM
from tests.bot.sheets import FORMS, LARGE, SMALL, poem
from tests.bot.typefaces import typeface
from tests.bot.ui.test_cards import check, texts_of

Box = tuple[float, float, float, float]


def picture_of(record: PoemRecord, fonts: Fonts, number: int = 1) -> Image.Image:
    sheet = Sheet.of(number, record)
    content = draw(sheet, fonts.best(sheet.characters, sheet.script))
    assert len(content) < 400_000
    with Image.open(io.BytesIO(content)) as picture:
        assert picture.format == "PNG"
        return picture.convert("RGB")


def share(picture: Image.Image, box: Box, mask: Callable[[Image.Image], Image.Image]) -> float:
    """How much of a part of the picture, in shares of its sides, has a colour."""
    width, height = picture.size
    left, top, right, bottom = box
    part = picture.crop((int(left * width), int(top * height), int(right * width), int(bottom * height)))
    counts = mask(part).histogram()
    return counts[255] / sum(counts)


def ink(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    brightest = ImageChops.lighter(red, ImageChops.lighter(green, blue))
    return brightest.point([255 * (value < 100) for value in range(256)])


def vermilion(picture: Image.Image) -> Image.Image:
    red, green, blue = picture.split()
    others = ImageChops.lighter(green, blue).point([255 * (value < 110) for value in range(256)])
    return ImageChops.darker(red.point([255 * (value > 140) for value in range(256)]), others)


def columns_of_ink(picture: Image.Image, slots: int, rows: tuple[float, float] = (0.0, 1.0)) -> list[float]:
    """The ink in each slot between the margins, from the right."""
    margin = 56 / picture.width
    pitch = (1 - 2 * margin) / slots
    edges = [1 - margin - number * pitch for number in range(slots + 1)]
    return [share(picture, (left, rows[0], right, rows[1]), ink) for right, left in pairwise(edges)]


@pytest.mark.parametrize("theme", ["", "月" * 12])
@pytest.mark.parametrize("form", FORMS)
def test_every_form_is_crisp_and_small(form: str, theme: str, fonts: Fonts) -> None:
    picture = picture_of(poem(*FORMS[form], theme=theme), fonts)

    assert 300 <= picture.width <= drawing.WIDTH
    assert picture.height <= drawing.TALLEST + 20
    if len(FORMS[form]) > 3:
        assert picture.width > 900


def test_columns_go_from_right_to_left(fonts: Fonts) -> None:
    inked = columns_of_ink(picture_of(poem(LARGE * 5, LARGE * 5, SMALL * 5, SMALL * 5), fonts), slots=5)

    assert inked[0] == pytest.approx(inked[1], rel=0.02)
    assert inked[2] == pytest.approx(inked[3], rel=0.02)
    assert inked[0] > 8 * inked[2] > 0
    assert inked[4] == 0.0


def test_characters_go_from_top_to_bottom(fonts: Fonts) -> None:
    picture = picture_of(poem(*[LARGE + SMALL * 4] * 4), fonts)

    upper, lower = columns_of_ink(picture, 5, (0.0, 0.35))[0], columns_of_ink(picture, 5, (0.35, 1.0))[0]
    assert upper > 2 * lower


def test_the_title_is_the_first_column_and_smaller(fonts: Fonts) -> None:
    inked = columns_of_ink(picture_of(poem(*[LARGE * 5] * 4, theme=LARGE * 5), fonts), slots=6)

    assert 0.2 * inked[1] < inked[0] < 0.6 * inked[1]
    assert inked[1] == pytest.approx(inked[4], rel=0.02)
    assert inked[5] == 0.0


def test_the_longest_title_stays_inside_the_frame(fonts: Fonts) -> None:
    picture = picture_of(poem(*[LARGE * 5] * 4, theme=LARGE * 12), fonts)

    assert share(picture, (0.8, 1 - 60 / picture.height, 1.0, 1.0), ink) == 0.0


def test_verses_of_a_long_poem_stand_in_twos(fonts: Fonts) -> None:
    sheet = Sheet.of(1, poem(*[LARGE * 7] * 9, SMALL))

    assert sheet.columns == ((LARGE * 7, LARGE * 7),) * 4 + ((LARGE * 7, SMALL),)
    inked = columns_of_ink(picture_of(poem(*[LARGE * 5, SMALL * 5] * 6), fonts), 7, (0.0, 0.5))
    assert inked[0] > 2 * columns_of_ink(picture_of(poem(*[LARGE * 5, SMALL * 5] * 6), fonts), 7, (0.5, 1.0))[0]


def test_a_seal_closes_the_picture(fonts: Fonts) -> None:
    picture = picture_of(poem(*[LARGE * 5] * 4), fonts)

    assert share(picture, (0.05, 0.6, 0.25, 0.95), vermilion) > 0.05
    assert share(picture, (0.05, 0.1, 0.25, 0.6), vermilion) == 0.0
    assert share(picture, (0.3, 0.0, 1.0, 1.0), vermilion) == 0.0


def test_the_heads_of_an_acrostic_are_marked(fonts: Fonts) -> None:
    plain, marked = (picture_of(poem(*[LARGE * 5] * 4, heads=heads), fonts) for heads in (None, LARGE * 4))

    heads = (0.3, 0.0, 1.0, 0.3)
    assert share(plain, heads, vermilion) == 0.0
    assert share(marked, heads, vermilion) > 0.001
    assert share(marked, (0.3, 0.3, 1.0, 1.0), vermilion) == 0.0
    assert columns_of_ink(marked, 5) == columns_of_ink(plain, 5)


def test_the_same_poem_has_the_same_sheet_and_another_one_another(fonts: Fonts) -> None:
    record = poem(*FORMS["五绝"])
    first, again, other = (picture_of(record, fonts, number).tobytes() for number in (1, 1, 2))

    assert first == again
    assert first != other


def test_marks_are_not_written() -> None:
    record = replace(POEM, text="白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。")

    assert Sheet.of(1, record).columns == (("白日依山尽",), ("黄河入海流",), ("欲穷千里目",), ("更上一层楼",))


@pytest.mark.parametrize(("script", "seal"), [("hans", "诗"), ("hant", "詩")])
def test_the_seal_has_the_script_of_the_poem(script: str, seal: str) -> None:
    sheet = Sheet.of(1, poem("月", theme="山", script=script))

    assert sheet.seal == seal
    assert set(sheet.characters) == {"月", "山", seal}


@pytest.mark.parametrize("verses", [["月"] * (2 * MOST_COLUMNS + 1), ["月" * (LONGEST_COLUMN + 1)], ["月" * 8] * 20])
def test_what_would_be_too_small_to_read_is_refused(verses: list[str]) -> None:
    with pytest.raises(TooLongForPicture):
        Sheet.of(1, poem(*verses))


def test_a_typeface_of_variable_weight_is_set_at_its_regular_weight(tmp_path: Path) -> None:
    thin = Fonts(str(typeface(tmp_path / "thin.ttf", sides=dict.fromkeys(LARGE, 200))))
    variable = Fonts(str(typeface(tmp_path / "variable.ttf", thinnest=200)))
    record = poem(*[LARGE * 5] * 4)

    [face] = variable.typefaces(Script.HANS)
    assert face.variable
    at_thinnest, at_regular = (columns_of_ink(picture_of(record, found), 5)[0] for found in (thin, variable))
    assert at_regular > 1.5 * at_thinnest


def test_in_a_typeface_of_this_machine_a_poem_fills_its_columns() -> None:
    found = Fonts(AUTO)
    if not found.typefaces(Script.HANS):
        pytest.skip("no Chinese typeface is installed here")
    for script, verses in (
        ("hans", ["清明时节雨纷纷", "路上行人欲断魂", "借问酒家何处有", "牧童遥指杏花村"]),
        ("hant", ["清明時節雨紛紛", "路上行人欲斷魂", "借問酒家何處有", "牧童遙指杏花村"]),
    ):
        inked = columns_of_ink(picture_of(poem(*verses, theme="清明", script=script), found), slots=6)
        assert all(0.02 < share_of_ink < 0.4 for share_of_ink in inked[1:5])
        assert inked[5] == 0.0 < inked[0] < min(inked[1:5])


# What stands for the picture, and below the lines.


def test_the_alt_text_is_the_poem_as_far_as_it_fits() -> None:
    assert alt_text(POEM) == f"《登高》\n{POEM.text}"
    assert alt_text(replace(POEM, theme="")) == POEM.text
    cut = alt_text(replace(POEM, text="月" * 2_000))
    assert len(cut) == LONGEST_ALT_TEXT
    assert cut.endswith("月…")


def test_pinyin_is_left_out_where_it_does_not_fit() -> None:
    verse = "月落乌啼霜满天"
    said = {verse: "yuè luò wū tí shuāng mǎn tiān"}
    for count, fits in ((60, True), (200, False)):
        record = replace(POEM, text="，".join([verse] * count), wish={**POEM.wish, "form": None})
        card = PoemCard(record, 1, Language.ENGLISH, pinyin=said)
        check(card)
        assert any("yuè luò" in text for text in texts_of(card)) is fits


def test_a_line_whose_reading_is_not_known_stands_alone() -> None:
    pinyin: dict[str, Any] = {"白日依山尽": "bái rì yī shān jìn", "黄河入海流": ""}
    [_, text, _] = texts_of(PoemCard(POEM, 1, Language.ENGLISH, pinyin=pinyin))

    assert text.split("\n") == ["白日依山尽，", "-# bái rì yī shān jìn", "黄河入海流。", "欲穷千里目，", "更上一层楼。"]
