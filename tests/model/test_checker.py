from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

import model
from model.checker import Fault, Licence, PlaceReport, Report, Rule, Sense, Verdict, check
from model.forms import Form, LineType, Pattern, patterns
from model.prosody import Tone, groups, neighbours, readings
from model.script import Script, convert
from tests.model.verse import verse_poet

STORKS: Final = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
GRASS: Final = "离离原上草，一岁一枯荣。野火烧不尽，春风吹又生。远芳侵古道，晴翠接荒城。又送王孙去，萋萋满别情。"
FAREWELL: Final = "城阙辅三秦，风烟望五津。与君离别意，同是宦游人。海内存知己，天涯若比邻。无为在歧路，儿女共沾巾。"
SPRING: Final = "国破山河在，城春草木深。感时花溅泪，恨别鸟惊心。烽火连三月，家书抵万金。白头搔更短，浑欲不胜簪。"
QINGMING: Final = "清明时节雨纷纷，路上行人欲断魂。借问酒家何处有，牧童遥指杏花村。"
REGULATED: Final = [STORKS, GRASS, FAREWELL, SPRING, QINGMING]
SNOW: Final = "千山鸟飞绝，万径人踪灭。孤舟蓑笠翁，独钓寒江雪。"
OLD_STYLE: Final = [
    SNOW,
    "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。",
    "空山不见人，但闻人语响。返景入深林，复照青苔上。",
    "床前明月光，疑是地上霜。举头望明月，低头思故乡。",
]

LEVEL: Final = "山風天秋花雲人春江樓香船歸明年空寒門孤煙"
OBLIQUE: Final = "月日夜雨柳馬水火石木竹葉路客夢酒白碧綠落"
RHYMES: Final = "流秋愁頭樓舟州休侯洲"
"""Of 尤 alone, as all of the above are of one tone alone."""

ALL_PATTERNS: Final = [pattern for form in Form for pattern in patterns(form)]


def write(pattern: Pattern, tones: list[str]) -> list[str]:
    """Lines of these tones, whose characters mean nothing; level ends rhyme."""
    lines = ["".join((LEVEL if tone == "平" else OBLIQUE)[index] for index, tone in enumerate(line)) for line in tones]
    return [line[:-1] + RHYMES[index] if tones[index][-1] == "平" else line for index, line in enumerate(lines)]


def kinds(report: Report) -> list[tuple[Licence, int, str]]:
    return [(remark.kind, remark.line, remark.characters) for remark in report.remarks]


def broken(report: Report) -> list[tuple[Rule, int | None, int | None]]:
    return [(fault.rule, fault.line, fault.place) for fault in report.faults if fault.certain]


def test_the_characters_of_these_tests_have_one_reading() -> None:
    assert all(len({reading.tone for reading in readings(char)}) == 1 for char in LEVEL + OBLIQUE)
    assert all(groups(char) == {"尤"} for char in RHYMES)


@pytest.mark.parametrize("text", REGULATED)
def test_regulated_poems(text: str) -> None:
    report = check(text)
    assert report.lenient
    assert report.keeps_form
    assert not broken(report)
    assert "".join(line.text for line in report.lines) == text.replace("，", "").replace("。", "")


@pytest.mark.parametrize("text", OLD_STYLE)
def test_poems_in_the_old_style_are_not_regulated(text: str) -> None:
    report = check(text)
    assert not report.lenient
    assert not report.strict
    assert report.keeps_form
    assert not report.keeps_tones(Sense.LENIENT)


def test_a_poem_that_keeps_all_in_the_strict_sense() -> None:
    report = model.check(STORKS)
    assert isinstance(report, model.Report)
    assert report.strict
    assert report.form is Form.WUJUE
    assert report.pattern is not None
    assert report.pattern.name == "仄起首句不入韵"
    assert report.group == "尤"
    assert (report.faults, report.remarks) == ((), ())
    first = report.lines[0].places[0]
    assert first == PlaceReport("白", frozenset({Tone.OBLIQUE}), "中", Verdict.KEPT)
    assert [line.type for line in report.lines] == list(LineType)
    assert report.lines[3].places[-1].wanted == "平"


def test_great_departures_are_mended_in_the_next_line() -> None:
    mended = check(GRASS)
    assert kinds(mended) == [(Licence.GREAT_MENDED, 2, "不")]
    # 吹 is the mending place: with an oblique character there, nothing mends 不.
    assert (Rule.TONE, 2, 3) in broken(check(GRASS.replace("吹又", "月又")))


def test_the_special_form_of_type_c() -> None:
    special = check(FAREWELL)
    assert kinds(special) == [(Licence.SPECIAL, 6, "歧")]
    assert [place.verdict for place in special.lines[6].places[2:4]] == [Verdict.EXCUSED] * 2
    # It needs a level character in the first place.
    assert (Rule.TONE, 6, 3) in broken(check(FAREWELL.replace("无为在", "不为在")))


def test_a_lone_level_character_is_mended_in_the_third_place() -> None:
    assert check("白日依山尽，黄河入海流。欲穷千里目，月上一层楼。").lenient
    broken_b = "千里明月客，白山入海流。欲穷千里目，更上一层楼。"
    assert (Rule.LONE_LEVEL, 1, 0) in broken(check(broken_b))
    mended = check(broken_b.replace("白山入", "白山天"))
    assert mended.lenient
    assert (Licence.LONE_LEVEL_MENDED, 1, "白") in kinds(mended)


def test_a_first_line_may_end_in_a_neighbouring_group() -> None:
    borrowed = check(QINGMING)
    assert kinds(borrowed) == [(Licence.BORROWED_RHYME, 0, "纷")]
    assert (borrowed.remarks[0].group, borrowed.group) == ("文", "元")
    far = check(QINGMING.replace("雨纷纷", "雨山秋"))
    assert Fault(Rule.RHYME, 0, 6, "秋", wanted=Tone.LEVEL, group="元") in far.faults


def test_what_is_broken_says_what_would_mend_it() -> None:
    tone = check(STORKS.replace("入海", "入山"))
    assert tone.faults == (Fault(Rule.TONE, 1, 3, "山", wanted=Tone.OBLIQUE),)
    assert tone.lines[1].places[3].verdict is Verdict.BROKEN
    assert check(STORKS.replace("一层楼", "千层楼")).faults == (
        Fault(Rule.THREE_LEVEL_END, 3, 2, "千", wanted=Tone.OBLIQUE),
    )
    assert check(STORKS.replace("里目", "里山")).faults == (Fault(Rule.ODD_END, 2, 4, "山", wanted=Tone.OBLIQUE),)
    assert check(STORKS.replace("海流", "海月")).faults == (
        Fault(Rule.EVEN_END, 1, 4, "月", wanted=Tone.LEVEL, group="尤"),
    )
    assert check(STORKS.replace("层楼", "层天")).faults == (
        Fault(Rule.RHYME, 3, 4, "天", wanted=Tone.LEVEL, group="尤"),
    )
    assert check(STORKS.replace("海流", "海楼")).faults == (
        Fault(Rule.REPEATED_RHYME, 3, 4, "楼", wanted=Tone.LEVEL, group="尤"),
    )


def test_a_rhyme_that_is_broken_is_no_matter_of_tone() -> None:
    report = check(STORKS.replace("海流", "海天"))
    assert report.keeps_tones()
    assert not report.keeps_rhyme(Sense.LENIENT)
    oblique = check(STORKS.replace("海流", "海月"))
    assert not oblique.keeps_tones(Sense.LENIENT)
    assert not oblique.keeps_rhyme(Sense.LENIENT)


def test_a_character_of_two_tones_breaks_the_strict_sense_alone() -> None:
    report = check(STORKS.replace("依山", "依重"))
    assert report.lenient
    assert not report.strict
    assert report.keeps_rhyme()
    assert report.faults == (Fault(Rule.TONE, 0, 3, "重", certain=False, wanted=Tone.LEVEL),)
    assert report.lines[0].places[3].verdict is Verdict.DOUBTFUL


def test_an_unknown_character_breaks_the_strict_sense_where_a_tone_is_wanted() -> None:
    assert not readings("〇")
    free, fixed = check(STORKS.replace("白日", "〇日")), check(STORKS.replace("依山", "依〇"))
    assert free.strict
    assert free.lines[0].places[0].verdict is Verdict.UNKNOWN
    assert fixed.lenient
    assert fixed.faults == (Fault(Rule.UNKNOWN, 0, 3, "〇", certain=False, wanted=Tone.LEVEL),)
    assert fixed.lines[0].places[3].verdict is Verdict.UNKNOWN
    rhyme = check(STORKS.replace("海流", "海〇"))
    assert rhyme.lenient
    assert [fault.rule for fault in rhyme.faults] == [Rule.UNKNOWN, Rule.RHYME]


def test_a_rhyme_word_of_two_groups_breaks_the_strict_sense_alone() -> None:
    report = check("白日依山尽，黄河入海涯。欲穷千里目，更上一层花。")
    assert groups("涯") == {"支", "麻"}
    assert (report.group, report.lenient, report.keeps_tones(), report.strict) == ("麻", True, True, False)
    assert report.faults == (Fault(Rule.RHYME, 1, 4, "涯", certain=False, wanted=Tone.LEVEL, group="麻"),)


@pytest.mark.parametrize("text", ["", "moon", "，。", "床前明月光", "大江东去，浪淘尽，千古风流人物。"])
def test_a_poem_of_no_form_says_so(text: str) -> None:
    report = check(text)
    assert (report.form, report.pattern, report.group) == (None, None, None)
    assert report.faults == (Fault(Rule.SHAPE),)
    assert not any((report.keeps_form, report.keeps_tones(), report.keeps_rhyme(), report.strict, report.lenient))
    assert {place.verdict for line in report.lines for place in line.places} <= {Verdict.UNCHECKED}


def test_a_poem_of_another_form_than_the_one_that_is_asked_for() -> None:
    assert check(STORKS, "五绝") == check(STORKS, Form.WUJUE) == check(STORKS)
    assert check(STORKS, Form.WULV).faults == (Fault(Rule.SHAPE),)
    other = check(STORKS, Form.QIJUE)
    assert other.faults == tuple(
        Fault(Rule.SHAPE, index, characters=line.text) for index, line in enumerate(other.lines)
    )
    assert other.pattern is None
    with pytest.raises(ValueError, match="there is no form"):
        check(STORKS, "词")


def test_lines_of_the_right_length_are_checked_beside_a_wrong_one() -> None:
    report = check(STORKS.replace("黄河入海流", "河入海流").replace("千里目", "千里山"), Form.WUJUE)
    assert report.faults == (
        Fault(Rule.SHAPE, 1, characters="河入海流"),
        Fault(Rule.ODD_END, 2, 4, "山", wanted=Tone.OBLIQUE),
    )
    assert (report.keeps_form, report.keeps_rhyme(), report.lenient) == (False, True, False)
    assert report.lines[1].type is None
    # What would mend a great departure stands in a line that is not checked.
    great = check("天里明月客，河入海流。欲穷千里目，更上一层楼。", Form.WUJUE)
    assert (Rule.TONE, 0, 3) in broken(great)


@pytest.mark.parametrize(
    "text",
    [
        "登鹳雀楼\n王之涣\n" + STORKS,
        "《登鹳雀楼》 〔唐〕王之涣\n\n" + STORKS,
        STORKS.replace("，", " ").replace("。", "\n"),
        "  " + STORKS.replace("，", ", ").replace("。", "! ") + "🌙",
        "白日依山尽\r\n黄河入海流\r\n\r\n欲穷千里目\r\n更上一层楼",
    ],
)
def test_any_mark_ends_a_line_and_a_heading_is_left_out(text: str) -> None:
    assert check(text) == check(STORKS)
    assert check(text, Form.WUJUE) == check(STORKS)


def test_a_sentence_before_the_poem_is_no_heading() -> None:
    assert check("我喜欢这首诗，你呢？\n" + STORKS).form is None
    assert check("一\n二\n三\n四\n" + STORKS).form is None


@pytest.mark.parametrize("text", [*REGULATED, *OLD_STYLE])
def test_both_scripts_are_one(text: str) -> None:
    simplified, traditional = check(text), check(convert(text, Script.HANT))
    assert simplified.pattern == traditional.pattern
    assert simplified.group == traditional.group
    assert broken(simplified) == broken(traditional)
    assert [(f.rule, f.line, f.place, f.certain) for f in simplified.faults] == [
        (f.rule, f.line, f.place, f.certain) for f in traditional.faults
    ]
    assert [[place.tones for place in line.places] for line in simplified.lines] == [
        [place.tones for place in line.places] for line in traditional.lines
    ]


@st.composite
def free_choices(draw: st.DrawFn) -> tuple[Pattern, list[str]]:
    """A pattern, and tones for each line with any tone at the free places."""
    pattern = draw(st.sampled_from(ALL_PATTERNS))
    return pattern, [
        "".join(draw(st.sampled_from("平仄")) if want == "中" else want for want in places) for places in pattern.places
    ]


@given(free_choices(), st.sampled_from(Script))
def test_whatever_stands_at_free_places_the_pattern_is_kept(chosen: tuple[Pattern, list[str]], script: Script) -> None:
    pattern, tones = chosen
    report = check(convert("，".join(write(pattern, tones)), script))
    assert report.strict
    assert (report.form, report.pattern) == (pattern.form, pattern)
    assert {remark.kind for remark in report.remarks} <= {Licence.SMALL}


@given(st.sampled_from(ALL_PATTERNS), st.data())
def test_a_fixed_place_of_the_other_tone_breaks_it(pattern: Pattern, data: st.DataObject) -> None:
    spots = [
        (line, place)
        for line, places in enumerate(pattern.places)
        for place, want in enumerate(places)
        # The end of the first line makes another pattern of it.
        if want != "中" and (line, place) != (0, len(places) - 1)
    ]
    line, place = data.draw(st.sampled_from(spots))
    lines = write(pattern, list(pattern.tones))
    other = (OBLIQUE if pattern.tones[line][place] == "平" else LEVEL)[-1]
    lines[line] = lines[line][:place] + other + lines[line][place + 1 :]
    report = check("，".join(lines))
    if (pattern.types[line], place - len(lines[line])) == (LineType.C, -3):
        assert report.strict
        assert kinds(report) == [(Licence.THREE_OBLIQUE_END, line, other)]
    else:
        assert not report.lenient
        assert any((fault.line, fault.place, fault.certain) == (line, place, True) for fault in report.faults)


@given(st.sampled_from(ALL_PATTERNS), st.data())
def test_a_rhyme_of_another_group_breaks_it(pattern: Pattern, data: st.DataObject) -> None:
    line = data.draw(st.sampled_from([index for index, rhymes in enumerate(pattern.rhyming) if rhymes]))
    lines = write(pattern, list(pattern.tones))
    lines[line] = lines[line][:-1] + "天"
    report = check("，".join(lines))
    assert "先" not in neighbours("尤")
    assert report.keeps_tones()
    assert not report.keeps_rhyme(Sense.LENIENT)


@given(st.text(st.sampled_from("月山風看〇为，。\n a"), max_size=60), st.sampled_from([None, *Form]))
def test_any_text_gets_a_report(text: str, form: Form | None) -> None:
    report = check(text, form)
    assert report.strict <= report.lenient <= report.keeps_form
    assert report.keeps_tones() <= report.keeps_tones(Sense.LENIENT)
    assert report.keeps_rhyme() <= report.keeps_rhyme(Sense.LENIENT)
    assert (report.pattern is None) or report.form is report.pattern.form
    for fault in report.faults:
        if fault.line is not None and fault.place is not None:
            assert report.lines[fault.line].places[fault.place].character == fault.characters


def test_a_simplified_text_is_judged_by_the_traditional_one_it_was_written_in() -> None:
    """叹 stands for 嘆 and 歎, of which poets read the one with both tones."""
    writer = verse_poet()
    [poem] = writer.compose(form=Form.QILV, seed=2, script=Script.HANS)
    assert poem.text != poem.traditional
    report = check(poem.text, Form.QILV, poem.traditional)
    assert report.strict
    assert "".join(line.text for line in report.lines) == "".join(poem.lines)
    with pytest.raises(ValueError, match="another length"):
        check(poem.text, Form.QILV, poem.traditional[1:])


def test_a_line_of_the_forms_own_length_is_no_heading() -> None:
    six = "白日依山盡\n黃河入海流\n欲窮千里目\n更上一層樓\n春眠不覺曉\n處處聞啼鳥"
    assert check(six).form is None
    assert check("登鸛雀樓\n" + "\n".join(six.split("\n")[:4])).form is Form.WUJUE
