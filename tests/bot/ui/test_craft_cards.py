"""The cards of the craft, within Discord's limits whatever was checked, and clear about what they say."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services import craft as craft_service
from bot.services.craft import Craft, RhymeEntry
from bot.ui.craft import CraftCard, _Words
from bot.ui.rhyme import RhymeCard
from bot.ui.terms import group_title, sign_of, sign_of_place
from bot.words import Language
from model.forms import Form
from model.prosody import GROUPS, Tone, readings
from model.report import Fault, Licence, Remark, Rule
from model.script import Script
from tests.bot.ui.test_cards import check, texts_of
from tests.bot.verses import HERON_TOWER

KNOWN = "月山风花春秋江水云天日夜人心来归何处不知青白红长清明时节雨纷光看过中行思"
characters = st.sampled_from(KNOWN) | st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
lines = st.lists(st.integers(1, 40).flatmap(lambda size: st.text(characters, min_size=size, max_size=size)), min_size=1)
regulated = st.sampled_from(Form).flatmap(
    lambda form: st.lists(
        st.text(characters, min_size=form.line_length, max_size=form.line_length),
        min_size=form.line_count,
        max_size=form.line_count,
    )
)


def examine(text: str, form: Form | None = None, given: tuple[int, ...] = ()) -> Craft:
    return craft_service._examine(text, form, given)


def said(craft: Craft, language: Language = Language.ENGLISH, script: Script = Script.HANS) -> str:
    return "\n".join(texts_of(CraftCard(craft, language, script)))


@settings(max_examples=60)
@given(
    poem=lines | regulated,
    form=st.none() | st.sampled_from(Form),
    places=st.lists(st.integers(0, 60)),
    language=st.sampled_from(Language),
    script=st.sampled_from(Script),
)
def test_every_card_fits(
    poem: list[str], form: Form | None, places: list[int], language: Language, script: Script
) -> None:
    craft = examine("，".join(poem), form, tuple(places))
    mends = dict.fromkeys(craft.report.faults[:6], tuple("月山风花春"))
    craft = Craft(craft.report, craft.pinyin, craft.given, craft.script, craft.shared, mends, unasked=True)
    card = CraftCard(craft, language, script)

    check(card)
    for line in craft.report.lines[:16]:
        if not craft.given:
            assert line.text[:24] in "\n".join(texts_of(card))


@pytest.mark.parametrize("language", Language)
def test_a_poem_of_which_nothing_is_known_fits(language: Language) -> None:
    check(CraftCard(examine("𪚥𪚥𪚥𪚥𪚥𪚥𪚥，" * 8), language, Script.HANS))


def test_notes_are_left_out_where_there_is_no_room() -> None:
    craft = examine("𪚥𪚥𪚥𪚥𪚥𪚥𪚥，" * 8)
    words = _Words(craft, Language.ENGLISH, Script.HANS)
    ample, scarce, none = ("\n".join(words.lines(room)) for room in (10_000, 2_000, 0))

    assert "**𪚥** (character 7) should be oblique (仄 ●). I know neither its tone nor its rhyme." in ample
    assert "should be of one rhyme group" in ample
    assert "… +" not in ample
    assert scarce.count("-# … +") == none.count("-# … +") == 8
    assert scarce.count("-# ❔") >= 8
    assert "❔" not in none


@pytest.mark.parametrize("language", Language)
def test_every_rule_and_licence_has_words_of_its_own(language: Language) -> None:
    craft = examine(HERON_TOWER)
    faults = tuple(Fault(rule, 1, 4, "流", certain, Tone.LEVEL, "尤") for rule in Rule for certain in (True, False))
    remarks = tuple(Remark(kind, 2, 1, "穷", "東") for kind in Licence)
    report = replace(craft.report, faults=faults, remarks=remarks)
    notes = [note for note in said(replace(craft, report=report), language).splitlines() if note.startswith("-# ")]

    assert not any("{" in note for note in notes)
    assert len(set(notes)) == len(notes) >= 8
    spoken = [_Words(replace(craft, report=report), language, Script.HANS).fault(fault) for fault in faults]
    spoken += [_Words(replace(craft, report=report), language, Script.HANS).remark(remark) for remark in remarks]
    # An unknown character should have the tone as any other should; what is said of it besides is tested below.
    assert len(set(spoken)) >= 2 * (len(Rule) - 1) + len(Licence)


def test_what_was_given_is_in_brackets() -> None:
    assert "**〔白日〕依山尽**" in said(examine(HERON_TOWER, given=(0, 1)))
    assert "**白〔日〕依〔山〕尽**" in said(examine(HERON_TOWER, given=(1, 3)))
    broken = HERON_TOWER.replace("流", "月")
    assert "◇ **月**: a line that rhymes ends level, in 下平声十一尤. It was given: exempt." in said(
        examine(broken, given=(9,))
    )


def test_terms_are_in_the_script_that_is_asked_for() -> None:
    craft = examine(HERON_TOWER)

    assert "下平聲十一尤" in said(craft, script=Script.HANT)
    assert "下平声十一尤" in said(craft, script=Script.HANS)


def test_characters_that_would_mend_are_in_the_script_of_the_poem() -> None:
    craft = examine("白日依山尽，黄河入海月。欲穷千里目，更上一层楼。")
    [fault, *_] = craft.report.faults
    mended = Craft(craft.report, craft.pinyin, script=craft.script, mends={fault: ("樓", "頭")})

    assert "→ 楼 头" in said(mended, script=Script.HANT)


@pytest.mark.parametrize(
    ("group", "title"),
    [
        ("東", "上平聲一東"),
        ("刪", "上平聲十五刪"),
        ("先", "下平聲一先"),
        ("咸", "下平聲十五咸"),
        ("董", "上聲一董"),
        ("皓", "上聲十九皓"),
        ("哿", "上聲二十哿"),
        ("陷", "去聲三十陷"),
        ("洽", "入聲十七洽"),
    ],
)
def test_groups_are_numbered_as_in_the_rhyme_books(group: str, title: str) -> None:
    assert group_title(group, Script.HANT) == title


def test_signs() -> None:
    assert [sign_of(tones) for tones in ({Tone.LEVEL}, {Tone.OBLIQUE}, {*Tone}, ())] == ["○", "●", "◐", "？"]
    assert [sign_of_place(wanted) for wanted in "平仄中"] == ["○", "●", "⊙"]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("character", ["長", "干", "月", "差"])
async def test_every_rhyme_card_fits(language: Language, character: str) -> None:
    entries = craft_service._rhymes(character)
    assert len(entries) >= len(readings(character))

    check(RhymeCard(character, entries, language, Script.HANT))


def test_oblique_readings_are_explained_once() -> None:
    card = RhymeCard("長", craft_service._rhymes("長"), Language.ENGLISH, Script.HANT)

    assert ["there are no rhyme words" in text for text in texts_of(card)] == [False] * (len(texts_of(card)) - 1) + [
        True
    ]


async def test_a_rhyme_without_pinyin_has_none() -> None:
    [reading] = readings("月")
    card = RhymeCard("月", [RhymeEntry("月", reading, "", ())], Language.ENGLISH, Script.HANS)

    assert "**入声六月** · ● entering, oblique (入, 仄)" in texts_of(card)[1].splitlines()


def test_every_group_has_a_title() -> None:
    assert len({group_title(group, Script.HANS) for group in GROUPS}) == 106
