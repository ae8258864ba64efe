"""Pictures of cells: what is drawn, in which language and typeface, and what stands for what cannot be written."""

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bot.services.cell_pictures import CellPictures, Picture, Subject, _words
from bot.services.explain import Excerpt
from bot.services.fonts import Fonts, Typeface
from bot.services.studio import Studio
from bot.ui.cells.formulas import FORMULAS, GATE_NAMES
from bot.ui.cells.heat import labels_of
from bot.ui.explanation import diagram_alt, draw_cell, equations_alt, gates_alt, reach_alt
from bot.words import Language, texts
from model.insight.facts import measured
from model.insight.reading import GATES, Reading
from model.recipes import Cell
from model.requests import Poem, PoemRequest
from model.script import Script
from tests.bot.typefaces import typeface

CELLS: list[Cell] = ["rnn", "gru", "lstm"]
PAPER = (0xFA, 0xF4, 0xE4)
LONGEST_ALT_TEXT = 1_024


def reading_of(cell: Cell, text: str = "月山风花春，江水云天日。") -> Reading:
    random = np.random.default_rng(1)
    low = -1.0 if cell == "rnn" else 0.0
    return Reading(cell, tuple(text), {gate: random.uniform(low, 1, (9, len(text))) for gate in GATES[cell]})


def excerpt_of(cell: Cell, text: str = "月山风花春，江水云天日。") -> Excerpt:
    poem = Poem(
        text=text,
        lines=(),
        form=None,
        traditional="",
        pattern="",
        theme="",
        start="",
        given=(),
        broken=(),
        seed=1,
        weights="0123456789abcdef",
        script=Script.HANS,
        unknown=(),
        request=PoemRequest(),
    )
    return Excerpt(poem, reading_of(cell, text))


def opened(picture: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(picture))
    assert image.format == "PNG"
    return image.convert("RGB")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("picture", list(Picture))
def test_each_picture_is_ink_on_paper_of_its_own(cell: Cell, picture: Picture) -> None:
    image = opened(draw_cell(Subject(picture, cell, reading_of(cell)), Language.ENGLISH, None))

    assert 900 <= image.width <= 1100
    assert image.height > 200
    assert {image.getpixel((x, y)) for x in (0, image.width - 1) for y in (0, image.height - 1)} == {PAPER}
    assert len(image.getcolors(1 << 20) or []) > 50


def test_what_people_typed_is_no_formula(tmp_path: Path) -> None:
    face = Fonts(str(typeface(tmp_path / "f.ttf", "$^_{}\\月山")))
    reading = reading_of("gru", "$\\frac{月}$^_")

    assert opened(draw_cell(Subject(Picture.GATES, "gru", reading), Language.ENGLISH, face.best("月$", Script.HANS)))


def test_a_character_that_cannot_be_written_stands_as_a_number(tmp_path: Path) -> None:
    face = Fonts(str(typeface(tmp_path / "f.ttf", "月山。"))).best("月", Script.HANS)

    assert labels_of("月水山。", face) == ["月", "2", "山", "。"]
    assert labels_of("月水山。", None) == ["1", "2", "3", "4"]


class Painter:
    """Notes in which language and typeface it is asked to draw; breaks on the typeface, if wanted."""

    def __init__(self, *, breaks: bool = False) -> None:
        self.asked: list[tuple[Picture, Language, bool]] = []
        self.breaks = breaks

    def __call__(self, subject: Subject, language: Language, face: Typeface | None) -> bytes:
        self.asked.append((subject.picture, language, face is not None))
        if self.breaks and face is not None:
            raise OSError("gone")
        return b"picture"


Service = Callable[[str, Painter], CellPictures]


@pytest.fixture
def service(tmp_path: Path) -> Service:
    """Pictures in a typeface of these characters."""

    def make(characters: str, painter: Painter) -> CellPictures:
        path = typeface(tmp_path / "f.ttf", characters) if characters else tmp_path / "none.ttf"
        return CellPictures(Fonts(str(path)), Studio(), painter)

    return make


WORDS = _words(Language.SIMPLIFIED)


async def test_all_there_is_of_a_cell(service: Service) -> None:
    painter = Painter()
    pictures = service("", painter)

    assert list(await pictures.pictures("gru", None, Language.ENGLISH)) == ["diagram", "equations", "reach"]
    assert list(await pictures.pictures("gru", excerpt_of("gru"), Language.ENGLISH)) == list(Picture)
    # What does not change is drawn once.
    assert [picture for picture, _, _ in painter.asked] == ["diagram", "equations", "reach", "gates"]
    await pictures.pictures("gru", excerpt_of("gru", "山月。"), Language.ENGLISH)
    await pictures.pictures("lstm", None, Language.ENGLISH)
    assert [picture for picture, _, _ in painter.asked][4:] == ["gates", "diagram", "equations", "reach"]


@pytest.mark.parametrize(
    ("characters", "language", "drawn"),
    [
        ("", Language.ENGLISH, (Language.ENGLISH, False)),
        ("", Language.SIMPLIFIED, (Language.ENGLISH, False)),
        ("月山风花春，江水云天日。", Language.ENGLISH, (Language.ENGLISH, True)),
        ("月山。", Language.ENGLISH, (Language.ENGLISH, True)),
        ("月山风花春，江水云天日。", Language.SIMPLIFIED, (Language.ENGLISH, False)),
        (f"{WORDS}月山风花春，江水云天日。", Language.SIMPLIFIED, (Language.SIMPLIFIED, True)),
        (f"{WORDS}月山。", Language.SIMPLIFIED, (Language.SIMPLIFIED, True)),
    ],
)
async def test_words_stand_in_english_where_they_cannot_be_written(
    service: Service, characters: str, language: Language, drawn: tuple[Language, bool]
) -> None:
    painter = Painter()
    await service(characters, painter).pictures("lstm", excerpt_of("lstm"), language)

    assert (Picture.GATES, *drawn) in painter.asked
    plain = (Picture.DIAGRAM, drawn[0], drawn[1] and language is not Language.ENGLISH)
    assert plain in painter.asked


async def test_a_typeface_that_is_gone_is_looked_for_anew(
    service: Service, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    painter = Painter(breaks=True)
    pictures = service(WORDS, painter)

    assert set((await pictures.pictures("rnn", None, Language.SIMPLIFIED)).values()) == {b"picture"}
    assert (Picture.REACH, Language.ENGLISH, False) in painter.asked
    assert "cannot be used any more" in caplog.text
    (tmp_path / "f.ttf").unlink()
    await pictures.pictures("gru", None, Language.SIMPLIFIED)
    assert painter.asked[-3:] == [
        (picture, Language.ENGLISH, False) for picture in (Picture.DIAGRAM, Picture.EQUATIONS, Picture.REACH)
    ]


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("cell", CELLS)
def test_every_picture_is_told_to_those_who_hear_it(cell: Cell, language: Language) -> None:
    longest = reading_of(cell, "月山风花春江水，" * 4)
    told = [
        diagram_alt(cell, language),
        equations_alt(cell, language),
        gates_alt(longest, language),
        reach_alt(measured(), language),
    ]

    assert len(set(told)) == len(told)
    for text in told:
        assert 40 < len(text) <= LONGEST_ALT_TEXT
    for formula in FORMULAS[cell].values():
        assert formula.plain in told[1]
    for gate in GATES[cell]:
        assert texts(language)[f"explain.part.{GATE_NAMES[gate]}"] in told[2]


def test_the_gates_are_told_by_their_highest_and_lowest_character() -> None:
    gates = {"f": np.array([[0.5, 0.9], [0.1, 0.5]]), "i": np.array([[0.25, 0.75]]), "o": np.array([[1.0, 0.0]])}
    said = gates_alt(Reading("lstm", ("月", "山"), gates), Language.ENGLISH)

    assert "2 characters and marks" in said
    assert "forget gate: open 50 % on average, most at 山 (70 %), least at 月 (30 %)." in said
    assert "output gate: open 50 % on average, most at 月 (100 %), least at 山 (0 %)." in said


def test_the_state_of_a_simple_cell_counts_by_its_size() -> None:
    said = gates_alt(Reading("rnn", ("月", "山"), {"h": np.array([[-1.0, 0.5], [-0.5, 0.0]])}), Language.ENGLISH)

    assert "state, handed on: 50 % of its range on average, most at 月 (75 %), least at 山 (25 %)." in said
