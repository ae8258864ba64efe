import hashlib
import subprocess
import sys
from pathlib import Path

import opencc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import script
from model.lexicon import variants
from model.script import Script, convert, is_han, normal_forms, normalise, script_of

HAN = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF)
POEM = "床前明月光，疑是地上霜。举头望明月，低头思故乡。"
TRADITIONAL_POEM = "牀前明月光，疑是地上霜。舉頭望明月，低頭思故鄉。"


@pytest.mark.parametrize(
    "start", ["日", "山", "夜", "湖", "海", "月", "江南", "乾坤", "云", "后", "峰", "床", "", "moon", "，。"]
)
def test_what_reads_the_same_in_both_scripts_has_none(start: str) -> None:
    assert script_of(start) is None


@pytest.mark.parametrize("start", ["红", "风光", "清明时节雨", "静夜", "归", POEM])
def test_simplified(start: str) -> None:
    assert script_of(start) is Script.HANS


@pytest.mark.parametrize("start", ["紅", "風光", "清明時節雨", "雲", "後", TRADITIONAL_POEM])
def test_traditional(start: str) -> None:
    assert script_of(start) is Script.HANT


def test_the_greater_part_decides_and_the_first_where_they_are_as_many() -> None:
    assert script_of("風霜滿天静") is Script.HANT
    assert script_of("静風") is Script.HANS
    assert script_of("風静") is Script.HANT


def test_conversion() -> None:
    assert convert(POEM, Script.HANT) == TRADITIONAL_POEM
    assert convert(TRADITIONAL_POEM, Script.HANS) == POEM
    assert convert("头发，发生，乾坤", Script.HANT) == "頭髮，發生，乾坤"


def test_a_traditional_text_keeps_the_characters_that_both_scripts_have() -> None:
    assert convert("皇后雲夜静", Script.HANT) == "皇后雲夜靜"


@given(st.text(st.one_of(HAN, st.characters())), st.sampled_from(Script))
def test_conversion_keeps_the_length(text: str, to: Script) -> None:
    assert len(convert(text, to)) == len(text)


@pytest.mark.parametrize("to", Script)
def test_half_a_surrogate_pair_stays(to: Script) -> None:
    assert convert("\ud800红", to).startswith("\ud800")


@given(st.text(HAN))
def test_the_normal_form_is_one(text: str) -> None:
    normal = normalise(text)
    assert normalise(normal) == normal
    assert len(normal) == len(text)


@pytest.mark.parametrize(
    "pair", ["紅红", "閒間", "峯峰", "窻窗", "牕窗", "羣群", "裏裡", "煙烟", "劒劍", "雲云", "牀床"]
)
def test_variants_are_joined(pair: str) -> None:
    assert normalise(pair[0]) == normalise(pair[1])


def test_normal_forms_lead_nowhere_else() -> None:
    forms = normal_forms()
    assert not set(forms.values()) & set(forms)


def test_the_table_of_normal_forms_is_as_it_was_made() -> None:
    table = Path(script.__file__).with_name("normal_forms.txt").read_bytes()
    if f"OpenCC {opencc.__version__}:".encode() not in table:
        pytest.skip("made with another version of OpenCC")
    assert variants.make_table().encode() == table


def test_the_hashes_of_held_out_poems_rest_on_this_table() -> None:
    """Another table means another list of held-out poems; weights trained with the old one have seen some of them."""
    table = Path(script.__file__).with_name("normal_forms.txt").read_text(encoding="utf-8").split("\n", 1)[1]
    assert (
        hashlib.sha256(table.encode()).hexdigest() == "628537359f943799890b71931b9099069b8098fecf7cfed62f4f07c7ea7b2862"
    )


def test_a_conversion_that_changes_the_length_is_done_character_by_character(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lengthening:
        def convert(self, text: str) -> str:
            return text.replace("风", "風風").replace("红", "紅")

    monkeypatch.setattr(script, "_converter", lambda _: Lengthening())
    assert script._convert_same_length("红风红", "s2t") == "紅风紅"


def test_poems_in_both_scripts_compare_equal() -> None:
    assert normalise(POEM) == normalise(TRADITIONAL_POEM)


@pytest.mark.parametrize("char", ["月", "〇", "㐂", "𠮷", "\U00030000", "\ufa0e"])
def test_han(char: str) -> None:
    assert is_han(char)


@pytest.mark.parametrize("char", ["a", "，", "。", "つ", "🌙", "々", "□", "\ue000", "\uf914", "", "月月"])
def test_not_han(char: str) -> None:
    assert not is_han(char)


def test_importing_opens_no_dictionary() -> None:
    code = "import sys, model.script as s; sys.exit(s._converter.cache_info().currsize or 'torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
