"""What is measured of poems, against the same written out plainly."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.features import Features
from model.forms import Form
from model.novelty import LineFilter
from model.usage import Usage, shipped
from model.usage.tables import Beat, beats

TOWER = ("白日依山盡", "黃河入海流", "欲窮千里目", "更上一層樓")
LOOK = (
    "國破山河在",
    "城春草木深",
    "感時花濺淚",
    "恨別鳥驚心",
    "烽火連三月",
    "家書抵萬金",
    "白頭搔更短",
    "渾欲不勝簪",
)
CHARACTERS = "月山風花春秋江水雲天日夜人心來歸何處不知靑白紅長清明時節雨紛光龘"
NOTHING = LineFilter.of([])


@st.composite
def poems(draw: st.DrawFn) -> tuple[Form, list[list[str]]]:
    form = draw(st.sampled_from(Form))
    line = st.text(CHARACTERS, min_size=form.line_length, max_size=form.line_length)
    lines = st.lists(line, min_size=form.line_count, max_size=form.line_count)
    return form, draw(st.lists(lines, min_size=1, max_size=3))


def number_of(usage: Usage, character: str) -> int:
    return usage.characters.find(character) if character in usage.characters else len(usage.characters)


def odds(usage: Usage, beat: Beat, first: str, second: str) -> float:
    table = usage.pairs[beat]
    return float(table.log_odds(*(np.array(number_of(usage, character)) for character in (first, second))))


def plain(usage: Usage, lines: Sequence[str]) -> dict[str, float]:
    """Collocations, unity, couplets and parallelism, one pair of characters after another."""
    words = [
        odds(usage, beat, *line[at : at + 2])
        for number, line in enumerate(lines)
        for beat, at in beats(len(line))
        if beat is not Beat.END or number % 2 == 0
    ]
    rhymes = [odds(usage, Beat.END, *line[-2:]) for line in lines[1::2]]
    couplets: list[float] = []
    unity: list[float] = []
    for earlier in range(len(lines)):
        for later in range(earlier + 1, len(lines)):
            same = earlier // 2 == later // 2
            vectors = usage.couplet if same else usage.poem
            for first in lines[earlier]:
                for second in lines[later]:
                    product = vectors.earlier[number_of(usage, first)] @ vectors.later[number_of(usage, second)]
                    (couplets if same else unity).append(float(product))
    aligned = [
        odds(usage, Beat.ALIGNED, *pair)
        for line in ((2, 4) if len(lines) == 8 else ())
        for pair in zip(lines[line], lines[line + 1], strict=True)
    ]
    return {
        "collocations": float(np.mean(words)),
        "rhymes": float(np.mean(rhymes)),
        "couplets": float(np.mean(couplets)),
        "unity": float(np.mean(unity)),
        "parallelism": float(np.mean(aligned or 0)),
    }


@given(poems())
def test_measures_are_what_they_say(drawn: tuple[Form, list[list[str]]]) -> None:
    form, texts = drawn
    features = Features.of(texts, form, known=NOTHING)
    for row, lines in enumerate(texts):
        for name, value in plain(shipped(), lines).items():
            assert getattr(features, name)[row] == pytest.approx(value, abs=1e-4), name


@given(poems())
def test_a_poem_is_measured_alone_as_beside_others(drawn: tuple[Form, list[list[str]]]) -> None:
    form, texts = drawn
    together = Features.of(texts, form, known=NOTHING)
    alone = Features.of(texts[:1], form, known=NOTHING)
    for name in ("collocations", "rhymes", "couplets", "unity", "order", "parallelism", "cliches", "repeats", "copies"):
        assert getattr(alone, name)[0] == pytest.approx(getattr(together, name)[0], abs=1e-6), name


def test_a_poets_poem_against_its_shuffled_characters() -> None:
    text = "".join(LOOK)
    random = np.random.default_rng(0)
    shuffled = ["".join(random.permutation(list(text))) for _ in range(20)]
    lines = [[other[first : first + 5] for first in range(0, 40, 5)] for other in shuffled]
    features = Features.of([LOOK, *lines], Form.WULV, known=NOTHING)
    assert (features.collocations[0] > features.collocations[1:]).all()
    assert (features.parallelism[0] > features.parallelism[1:]).all()
    assert (features.couplets[0] > features.couplets[1:]).mean() > 0.8


def test_repeated_characters() -> None:
    def repeats(*lines: str) -> float:
        return float(Features.of([lines], Form.WUJUE, known=NOTHING).repeats[0])

    assert repeats(*TOWER) == 0
    assert repeats("靑靑河畔草", *TOWER[1:]) == 1  # the river, not the doubled green
    assert repeats("靑靑河靑草", *TOWER[1:]) == 2
    assert repeats(*TOWER[:2], *TOWER[:2]) == 10
    assert repeats("白日依山人", "人面入海流", *TOWER[2:]) == 1  # doubled across two lines is not doubled


def test_lines_of_the_corpus_are_counted_unless_they_were_given() -> None:
    own = ("月影隨舟去", *TOWER[1:])
    known = LineFilter.of(TOWER)
    assert Features.of([TOWER, own], Form.WUJUE, known=known).copies.tolist() == [4, 3]
    assert Features.of([TOWER, own], Form.WUJUE, given=(1, 2), known=known).copies.tolist() == [2, 1]
    assert Features.of([TOWER], Form.WUJUE).copies.tolist() == [4]


def test_frequent_words() -> None:
    bland = ["明月春風裏", "秋風白日間", "何人千里去", "萬里一年還"]
    features = Features.of([bland, TOWER], Form.WUJUE, known=NOTHING)
    assert features.cliches[0] > features.cliches[1]
    assert 0 <= features.cliches.min() <= features.cliches.max() <= 1


def test_what_a_network_says() -> None:
    features = Features.of([TOWER, TOWER], Form.WUJUE, known=NOTHING)
    assert features.likelihood is features.coherence is features.theme is features.masks is None
    together, alone = np.full((2, 4), -20.0), np.full((2, 4), -25.0)
    together[1] = -30
    scored = features.with_likelihood(together).with_coherence(together, alone)
    assert scored.likelihood is not None
    assert scored.coherence is not None
    assert scored.likelihood.tolist() == [-4, -6]
    assert scored.coherence.tolist() == [1, -1]
    assert scored.theme is None
    titled = features.with_likelihood(together, np.array([-0.5, -1.0])).with_coherence(together, alone, together + 5)
    assert titled.theme is not None
    assert titled.masks is not None
    assert titled.theme.tolist() == [1, 1]
    assert titled.masks.tolist() == [-0.5, -1]
    assert titled.collocations is features.collocations


def test_some_of_the_candidates() -> None:
    features = Features.of([TOWER, TOWER[::-1], TOWER], Form.WUJUE, known=NOTHING)
    both = features.with_likelihood(np.arange(12.0).reshape(3, 4)).take(np.array([2, 1]))
    assert both.form is Form.WUJUE
    assert both.order.tolist() == features.order[[2, 1]].tolist()
    assert both.likelihood is not None
    assert both.likelihood.tolist() == pytest.approx([38 / 20, 22 / 20])
    assert both.theme is None


def test_no_poems() -> None:
    features = Features.of([], Form.QILV, known=NOTHING)
    assert len(features.parallelism) == len(features.repeats) == 0


def test_a_poem_of_another_form_is_refused() -> None:
    with pytest.raises(ValueError, match="reshape"):
        Features.of([TOWER], Form.QIJUE, known=NOTHING)
