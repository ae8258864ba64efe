"""Simplified and traditional characters (简体, 繁體): which a text is in, conversion, and one form for comparing.

Conversion is OpenCC's (Apache 2.0); its dictionaries are opened at first use, not at import.
"""

from __future__ import annotations

import re
import unicodedata
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import Final

import opencc

# CJK unified ideographs: the basic block, extensions A to H, the twelve in the compatibility block, and 〇.
_HAN_RANGES: Final = (
    (0x3007, 0x3007),
    (0x3400, 0x4DBF),
    (0x4E00, 0x9FFF),
    (0xFA0E, 0xFA0F),
    (0xFA11, 0xFA11),
    (0xFA13, 0xFA14),
    (0xFA1F, 0xFA1F),
    (0xFA21, 0xFA21),
    (0xFA23, 0xFA24),
    (0xFA27, 0xFA29),
    (0x20000, 0x2A6DF),
    (0x2A700, 0x2EBE0),
    (0x30000, 0x323AF),
)

HAN: Final = "".join(f"{chr(first)}-{chr(last)}" for first, last in _HAN_RANGES)
"""The inside of a regular expression's character class that holds all Han characters."""

_HAN_CHARACTER: Final = re.compile(f"[{HAN}]")
_NORMAL_FORMS: Final = Path(__file__).with_name("normal_forms.txt")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")

# Characters that a simplified text writes for another one, and a traditional text in a sense of their own (后 queen, 云
# to say): they tell nothing of a text's script. Source: OpenCC's STCharacters.txt, the entries whose traditional forms
# include the character itself.
_IN_BOTH: Final = frozenset(
    "僵熏曲淀漓郁酸适雇雕面采里谷辟荐胄背胜胡苔苹虫跖腊腌范蒙蚝舍芸蔑蝎表耇藤蜡豆象膻致准凌几凶出厂厘划刮制千升卜占卷只台叶吁"
    "吃合吊同后向吣布帘席冢冬呆周哄岩岳庵克党具坐坯它家弦回困夫夸娘局咨咸咽尸彩唇奸志念干幸广喂巨征御借堤姜噪狸玩确硷私秋种筑筱"
    "症琅矩糊系焰皂穗璇累浚挂挨挽栗核涂涌杆杠杯杰松板沈沾扇才扎托扣极果泛注恤拐拿游折抵戚捆捍据搜斗斤斫旋昆溪愈愿札朱朴梁暗棱欲柜"
    "澄檗万丑丰伙了于云亘仆仇价仿俊修余佛佣㐹"
)


class Script(StrEnum):
    """A script of Chinese, by its ISO 15924 code."""

    HANS = "hans"
    HANT = "hant"


def is_han(char: str) -> bool:
    """Whether the one character is a CJK unified ideograph (extensions A to H included) or 〇."""
    return _HAN_CHARACTER.fullmatch(char) is not None


@cache
def _converter(configuration: str) -> opencc.OpenCC:
    # Without the dictionaries of rare simplified glyphs (鐪 -> 𫓺): few fonts can show these.
    return opencc.OpenCC(configuration, include_tofu_risk_dictionaries=False)


def _convert_same_length(text: str, configuration: str) -> str:
    """OpenCC's conversion, character by character where the text as a whole would change its length."""
    if _SURROGATE.search(text):  # no UTF-8 exists for these
        return "".join(c if _SURROGATE.match(c) else _convert_same_length(c, configuration) for c in text)
    convert = _converter(configuration).convert
    whole: str = convert(text)
    if len(whole) == len(text):
        return whole
    return "".join(one if len(one) == 1 else char for char in text for one in [str(convert(char))])


@cache
def _all_han() -> str:
    return "".join("".join(map(chr, range(first, last + 1))) for first, last in _HAN_RANGES)


@cache
def single_conversions(configuration: str) -> dict[str, str]:
    """What each Han character alone becomes by a configuration of OpenCC; only those that change."""
    characters = _all_han()
    # A line each, so that no phrase is found across characters.
    converted = str(_converter(configuration).convert("\n".join(characters))).split("\n")
    return {old: new for old, new in zip(characters, converted, strict=True) if old != new and len(new) == 1}


@cache
def _simplified_only() -> dict[str, str]:
    """Characters that only a simplified text writes, each with its traditional form.

    峰 and 床 are not among them: they are the standard forms in Hong Kong or Taiwan, where OpenCC's own is 峯 and 牀.
    """
    taiwan, hong_kong = single_conversions("s2tw"), single_conversions("s2hk")
    return {
        old: new
        for old, new in single_conversions("s2t").items()
        if old not in _IN_BOTH and old in taiwan and old in hong_kong
    }


def script_of(text: str) -> Script | None:
    """The script that more of the telling characters are in; the first one's where they are as many.

    Returns:
        None where the text reads the same in both scripts (月, 山) or could be either (云: to say, or a cloud).
    """
    only = _simplified_only()
    evidence = [
        Script.HANS if char in only else Script.HANT
        for char, simplified in zip(text, _convert_same_length(text, "t2s"), strict=True)
        if char in only or char != simplified
    ]
    simplified_count = evidence.count(Script.HANS)
    if 2 * simplified_count == len(evidence):
        return evidence[0] if evidence else None
    return Script.HANS if 2 * simplified_count > len(evidence) else Script.HANT


def convert(text: str, to: Script) -> str:
    """The text in the wanted script, of the same length.

    In a text that is in traditional characters already only the simplified ones among them are converted: there a 后 is
    a queen and must not become 後.
    """
    if to is Script.HANS:
        return _convert_same_length(text, "t2s")
    return restore(text) if script_of(text) is Script.HANT else _convert_same_length(text, "s2t")


def restore(text: str) -> str:
    """A traditional text with the characters that only a simplified one writes converted: 烟 to 煙, 麽 to 麼."""
    only = _simplified_only()
    return "".join(only.get(char, char) for char in text)


@cache
def normal_forms() -> dict[str, str]:
    """Each character whose form for comparing is another one, with that form: simplified, glyph variants joined.

    No form is itself a key, so that one look-up is enough.
    """
    table = _NORMAL_FORMS.read_text(encoding="utf-8").splitlines()
    return {char: group[0] for group in table if not group.startswith("#") for char in group[1:]}


@cache
def _normal_table() -> dict[int, str]:
    return {ord(old): new for old, new in normal_forms().items()}


def normalise(text: str) -> str:
    """One form for comparing texts, of the same length: simplified characters, glyph variants joined (閒 and 間).

    Character by character, so that a line reads the same wherever it stands. Not for showing: it also joins characters
    that only sometimes mean the same.
    """
    return text.translate(_normal_table())


def unify(text: str) -> str:
    """Canonical composition (NFC): compatibility ideographs such as U+F914 become the unified ones that they repeat."""
    return unicodedata.normalize("NFC", text)
