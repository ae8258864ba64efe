import subprocess
import sys
from typing import Final

import pytest

from model.prosody import (
    GROUPS,
    LEVEL_GROUPS,
    READINGS_FILE,
    Tone,
    ToneClass,
    groups,
    neighbours,
    readings,
    rhyme_words,
    tones,
    traditional_forms,
)
from model.script import is_han, single_conversions

LINES: Final = READINGS_FILE.read_text(encoding="utf-8").splitlines()[1:]


def test_there_are_106_groups_and_30_are_level() -> None:
    assert len(GROUPS) == 106
    assert [list(GROUPS.values()).count(tone_class) for tone_class in ToneClass] == [30, 29, 30, 17]
    assert tuple(group for group, tone_class in GROUPS.items() if tone_class.tone is Tone.LEVEL) == LEVEL_GROUPS


def test_each_line_of_the_table_is_of_one_han_character() -> None:
    assert len({line[:2] for line in LINES}) == len(LINES)
    for line in LINES:
        assert is_han(line[0])
        assert line[1] in " ="
        assert len(set(line[2:])) == len(line[2:]) > 0
        assert line[1] == "=" or set(line[2:]) <= set(GROUPS)


def test_what_a_glyph_stands_for_has_readings() -> None:
    known = {line[0] for line in LINES if line[1] == " "}
    for line in LINES:
        if line[1] == "=":
            assert line[0] not in line[2:]
            assert set(line[2:]) <= known
            assert readings(line[0])


@pytest.mark.parametrize(
    ("character", "wanted"),
    [
        *[
            ("風", "東"),
            ("风", "東"),
            ("不", "有物"),
            ("月", "月"),
            ("流", "尤"),
            ("生", "庚"),
            ("中", "東"),
            ("深", "侵"),
        ],
        *[("看", "寒翰"), ("思", "支寘"), ("峰", "冬"), ("窗", "江"), ("魂", "元"), ("間", "刪"), ("间", "刪")],
        # 嚴 goes with 鹽, but 業 with 洽; 欣 with 文; 臻 with 真; 祭 with 霽; 夬 with 卦; 廢 with 隊.
        *[
            ("嚴", "鹽"),
            ("業", "洽"),
            ("欣", "文"),
            ("臻", "真"),
            ("祭", "霽卦"),
            ("夬", "卦"),
            ("廢", "隊"),
            ("拯", "迥"),
        ],
        # 听 and 胜 are characters of their own in 廣韻, which nobody uses.
        *[("听", "青徑"), ("胜", "蒸徑"), ("为", "支寘"), ("為", "支寘"), ("説", "霽屑"), ("涯", "支麻")],
        # One word, that rhymes with 歌 as a question's last; 廣韻 has it as what is small alone.
        *[("麽", "歌"), ("麼", "哿歌")],
    ],
)
def test_readings(character: str, wanted: str) -> None:
    assert groups(character) == set(wanted)
    assert tones(character) == {GROUPS[group].tone for group in wanted}
    assert all(reading.tone_class is GROUPS[reading.group] for reading in readings(character))


@pytest.mark.parametrize("character", ["", "a", "，", "〡", "風月", "🌙"])
def test_what_is_no_known_character_has_no_reading(character: str) -> None:
    assert readings(character) == ()
    assert tones(character) == groups(character) == frozenset()
    assert traditional_forms(character) == ()


def test_the_characters_that_one_stands_for() -> None:
    assert traditional_forms("发") == ("發", "髮")
    assert traditional_forms("干")[0] == "干"
    assert {"干", "乾", "幹"} <= set(traditional_forms("干"))
    assert traditional_forms("月") == ("月",)


def test_a_simplified_character_has_the_readings_of_what_it_stands_for() -> None:
    simplified = single_conversions("t2s")
    for line in LINES:
        character = line[0]
        if line[1] == " " and character in simplified:
            short = simplified[character]
            assert short in traditional_forms(short) or groups(character) <= groups(short)


def test_rhyme_words_rhyme() -> None:
    for group in LEVEL_GROUPS:
        words = rhyme_words(group)
        assert len(words) == len(set(words)) >= 5
        assert all(group in groups(word) for word in words)
    assert rhyme_words("東")[:3] == ("中", "風", "空")
    assert rhyme_words("送") == rhyme_words("no group") == ()


def test_neighbours_are_level_and_near_to_each_other() -> None:
    assert neighbours("文") >= {"真", "元"}
    assert neighbours("侵") == frozenset()
    for group in LEVEL_GROUPS:
        assert group not in neighbours(group) <= set(LEVEL_GROUPS)
        assert all(group in neighbours(other) for other in neighbours(group))


def test_a_run_needs_neither_torch_nor_the_dictionary() -> None:
    script = (
        "import sys, model; model.check('白日依山尽，黄河入海流。欲穷千里目，更上一层楼。');"
        "print({'torch', 'tshet_uinh', 'numpy'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
