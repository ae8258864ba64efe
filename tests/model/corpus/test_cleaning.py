from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.corpus import CleaningReport, Rule, SourcePoem
from model.corpus.cleaning import Cleaner
from model.corpus.poems import RawPoem
from model.script import is_han


def clean(*paragraphs: str, longest: int = 200) -> tuple[SourcePoem | None, CleaningReport]:
    cleaner = Cleaner(longest)
    return cleaner.clean(RawPoem(paragraphs)), cleaner.report


def cleaned(*paragraphs: str) -> str:
    poem, report = clean(*paragraphs)
    assert poem is not None, report
    assert not report.dropped
    return poem.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("白日依山尽，黄河入海流。", "白日依山尽，黄河入海流。"),
        ("何處是歸程？長亭更短亭！", "何處是歸程。長亭更短亭。"),
        ("嬋娟兩鬢；秋蟬翼：宛轉雙蛾。", "嬋娟兩鬢。秋蟬翼，宛轉雙蛾。"),
        ("白日依山尽,黄河入海流.", "白日依山尽，黄河入海流。"),
        ("錯認溪南舊板橋。。", "錯認溪南舊板橋。"),
        ("，春去也，", "春去也。"),
        ("君不見 黄河之水\u3000天上來。", "君不見黄河之水天上來。"),
        ("詩、禮固可學。", "詩禮固可學。"),
        ("\uf914遊原上。", "樂遊原上。"),
    ],
)
def test_punctuation(text: str, expected: str) -> None:
    assert cleaned(text) == expected


def test_paragraphs_are_lines() -> None:
    assert cleaned("床前明月光，", "疑是地上霜。") == "床前明月光，疑是地上霜。"
    assert cleaned("床前明月光", "疑是地上霜。") == "床前明月光，疑是地上霜。"
    assert (
        cleaned("床前明月光", "疑是地上霜", "举头望明月", "低头思故乡")
        == "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
    )


@pytest.mark.parametrize(
    ("text", "expected", "changed"),
    [
        ("更宜長（辛本作「良」）。（《全唐詩》卷二（一）。）。", "更宜長。", {Rule.NOTES: 3}),
        ("月落〖簡稱辛本〗烏啼(一作：鳴)。", "月落烏啼。", {Rule.NOTES: 2}),
        ("還欲淚沾[襟]。", "還欲淚沾襟。", {Rule.RESTORED: 1}),
        ("遠寺[一]聽鐘難[一二]。", "遠寺聽鐘難。", {Rule.FOOTNOTES: 2}),
        ("大士《金剛》已講來，「杜康家在此」。", "大士金剛已講來，杜康家在此。", {Rule.QUOTES: 4}),
        ("裴、徐作釁。", "裴徐作釁。", {Rule.ENUMERATION: 1}),
    ],
)
def test_what_editors_added_is_taken_out_and_counted(text: str, expected: str, changed: dict[Rule, int]) -> None:
    poem, report = clean(text)
    assert poem == SourcePoem(expected)
    assert report.changed == Counter(changed)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("離羣自古聞。（《全五代詩》八", Rule.UNBALANCED),
        ("寂寂□心。", Rule.LOST),
        ("林藏●●多殘笋。", Rule.LOST),
        ("去問玲瓏巖上石，*中誰是我師禪。", Rule.LOST),
        ("{汸番}在長空。", Rule.MISSING),
        ("⿰木養深黃狖小。", Rule.MISSING),
        ("身思\ue829狡兔。", Rule.MISSING),
        ("招屈古祠空。f。", Rule.LATIN),
        ("千尺絲輪０直下垂。", Rule.LATIN),
        ("不似一書生。按：此詩見《全唐詩》卷一。", Rule.PROSE),
        ("以上見此。按：此篇出後人附託。", Rule.PROSE),
        ("詩題：雪詩。首句：石泉凍合竹無風。", Rule.PROSE),
        ("天外他惋惜的是戰苦不成功而又不能獻可替否航要津。", Rule.PROSE),
        ("綠堤春草玩/。", Rule.OTHER),
        ("古池や蛙飛びこむ水の音。", Rule.OTHER),
        ("……", Rule.OTHER),
        ("", Rule.EMPTY),
        ("（全詩已佚。）。", Rule.EMPTY),
        ("白日依山尽，" * 34, Rule.LONG),
    ],
)
def test_what_drops_a_poem(text: str, rule: Rule) -> None:
    poem, report = clean(text)
    assert poem is None
    assert report.dropped == Counter({rule: 1})
    assert report.read == 1


def test_no_paragraph_is_an_empty_poem() -> None:
    assert clean()[1].dropped == Counter({Rule.EMPTY: 1})


def test_the_longest_poem_counts_its_punctuation() -> None:
    assert clean("白日依山尽，" * 2, longest=12)[0] is not None
    assert clean("白日依山尽，" * 2, longest=11)[0] is None


def test_title_and_author_are_kept() -> None:
    assert Cleaner().clean(RawPoem(("月。",), " 月 ", " 李白", "tang")) == SourcePoem("月。", "月", "李白", "tang")


MARKS = "，。！？；：、,.!?;:（）()[]{}《》「」〖〗□○ \n\u3000一二山月紅a1…\ue000"


@given(st.lists(st.text(st.one_of(st.sampled_from(MARKS), st.characters())), max_size=4))
def test_a_cleaned_poem_holds_han_characters_and_two_marks(paragraphs: list[str]) -> None:
    poem, report = clean(*paragraphs)
    assert (poem is None) == (sum(report.dropped.values()) == 1)
    if poem is not None:
        assert poem.text.endswith("。")
        assert all(is_han(char) for line in poem.lines for char in line)
        assert "".join(poem.lines) == poem.text.replace("，", "").replace("。", "")
        assert all(poem.text.split("。")[:-1])
        assert Cleaner().clean(RawPoem((poem.text,))) == poem


@given(st.lists(st.text("山月紅花", min_size=1, max_size=7), min_size=1, max_size=8))
def test_a_poem_is_never_cut(lines: list[str]) -> None:
    poem, _ = clean("，".join(lines))
    assert poem is not None
    assert poem.lines == tuple(lines)
