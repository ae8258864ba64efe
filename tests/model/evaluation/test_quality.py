"""Measures over sets of poems: by hand, and as laws."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.corpus import SourcePoem
from model.evaluation.intervals import Share
from model.evaluation.quality import KnownTexts, Texture, distinct, distinct_bigrams, repeated
from model.forms import Form
from model.script import Script, convert
from tests.model.learning import CHARACTERS, quatrains

SPRING = "國破山河在，城春草木深。感時花濺淚，恨別鳥驚心。"


def poems(*texts: str) -> list[SourcePoem]:
    return [SourcePoem(text) for text in texts]


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (["月落乌啼霜", "江枫渔火眠"], ""),
        (["月落月啼霜"], "月"),
        (["月落乌啼霜", "江月渔火眠"], "月"),
        (["悠悠天地间"], ""),
        (["悠悠天地间", "悠然见南山"], "悠"),
        (["夜夜复夜夜"], "夜"),
        (["悠悠悠天地"], "悠"),
        (["山中有明月", "月照山"], "山月"),
        (["山中有明月", "月月"], "月"),
        ([], ""),
    ],
)
def test_repeats_are_found_outside_of_reduplication(lines: list[str], found: str) -> None:
    assert repeated(lines) == set(found)


def test_a_reduplication_ends_with_its_line() -> None:
    assert repeated(["明月照花山", "山中何处归"]) == {"山"}


def test_the_same_poem_in_other_characters_is_the_same() -> None:
    other = convert(SPRING, Script.HANS)
    assert other != SPRING
    assert distinct(poems(SPRING, other, SPRING.replace("，", "。"), SPRING[::-1])) == Share(2, 4)


def test_distinct_2_counts_pairs_inside_lines() -> None:
    assert distinct_bigrams(poems("月山月，月山。")) == pytest.approx(2 / 3)
    with pytest.raises(ValueError, match="no poems to compare"):
        distinct_bigrams([])


def test_distinct_2_does_not_fall_with_the_number_of_poems() -> None:
    texts = quatrains(90)
    few, many = distinct_bigrams(poems(*texts[:30]), block=30), distinct_bigrams(poems(*texts), block=30)
    assert many == pytest.approx(few, rel=0.1)
    assert distinct_bigrams(poems(*texts), block=90) < 0.8 * many
    assert distinct_bigrams(poems(*texts[:89]), block=30) == distinct_bigrams(poems(*texts[:60]), block=30)


def test_what_is_copied_is_found() -> None:
    known = KnownTexts(poems(SPRING))
    assert known.lines(poems("國破山河在，月落烏啼霜。")) == Share(1, 2)
    assert known.lines(poems(convert(SPRING, Script.HANS))) == Share(4, 4)
    assert known.near_lines(poems("國破山河暮，城春草木多。感時花落盡，月落烏啼霜。")) == Share(2, 4)
    assert known.grams(poems(SPRING)) == Share(14, 14)
    # 破山河在城春草 stands in the poem, over the end of a line; 5 further sequences do not.
    assert known.grams(poems("月破山河在城春草月山風花。")) == Share(1, 6)
    assert known.grams(poems("月山。")) == Share(0, 0)


def test_the_order_of_characters_matters() -> None:
    known = KnownTexts(poems("月落烏啼霜滿天。"))
    assert known.lines(poems("落月烏啼霜滿天。")) == Share(0, 1)
    assert known.grams(poems("天滿霜啼烏落月。")) == Share(0, 1)


@given(
    st.lists(st.lists(st.text(CHARACTERS[:4], min_size=1, max_size=9), min_size=1, max_size=4), max_size=6), st.data()
)
def test_copies_are_found_as_a_plain_search_finds_them(corpus: list[list[str]], data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.text(CHARACTERS[:4], min_size=1, max_size=9), min_size=1, max_size=4))
    known = KnownTexts([_Lines(poem) for poem in corpus])
    every_line = {line for poem in corpus for line in poem}
    assert known.lines([_Lines(lines)]).hits == sum(line in every_line for line in lines)
    near = {line[:at] + "·" + line[at + 1 :] for line in every_line for at in range(len(line))}
    gapped = [{line[:at] + "·" + line[at + 1 :] for at in range(len(line))} for line in lines]
    assert known.near_lines([_Lines(lines)]).hits == sum(not near.isdisjoint(one) for one in gapped)
    grams = {text[at : at + 7] for text in map("".join, corpus) for at in range(len(text) - 6)}
    own = "".join(lines)
    windows = [own[at : at + 7] for at in range(len(own) - 6)]
    assert known.grams([_Lines(lines)]) == Share(sum(window in grams for window in windows), len(windows))


class _Lines:
    """A poem of any lines."""

    form = None

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = tuple(lines)


def test_the_texture_is_all_of_them() -> None:
    texts = [*quatrains(20), "月山风花月，花风山月风。月山风花月，花风山月风。"]
    found = Texture.of(poems(*texts), [Form.WUJUE] * 21, KnownTexts(poems(*texts[:5])))
    assert found.form == Share(sum(len(text) == 24 for text in texts), 21)
    assert found.distinct == Share(21, 21)
    assert found.repeats.hits >= 1
    assert 0 < found.distinct_bigrams < 1
    assert found.near_lines.hits >= found.known_lines.hits >= 20
    assert 0 < found.known_grams.value < 1
    with pytest.raises(ValueError, match="zip"):
        Texture.of(poems(*texts), [], KnownTexts([]))
