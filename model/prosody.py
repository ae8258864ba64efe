"""Tones and rhymes of characters: the 106 groups of 平水韵, by the readings that Tang poets use.

All is read from two tables beside this file, at first use: `readings.txt` and `rhyme_words.txt`;
`model.lexicon.readings` makes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Final

READINGS_FILE: Final = Path(__file__).with_name("readings.txt")
RHYME_WORDS_FILE: Final = Path(__file__).with_name("rhyme_words.txt")


class Tone(StrEnum):
    """What verse tells apart: 平, or any of the other three tones."""

    LEVEL = "平"
    OBLIQUE = "仄"


class ToneClass(StrEnum):
    """The four tones of Middle Chinese."""

    LEVEL = "平"
    RISING = "上"
    DEPARTING = "去"
    ENTERING = "入"

    @property
    def tone(self) -> Tone:
        return Tone.LEVEL if self is ToneClass.LEVEL else Tone.OBLIQUE


_GROUP_NAMES: Final = {
    ToneClass.LEVEL: "東冬江支微魚虞齊佳灰真文元寒刪先蕭肴豪歌麻陽庚青蒸尤侵覃鹽咸",
    ToneClass.RISING: "董腫講紙尾語麌薺蟹賄軫吻阮旱潸銑篠巧皓哿馬養梗迥有寢感琰豏",
    ToneClass.DEPARTING: "送宋絳寘未御遇霽泰卦隊震問願翰諫霰嘯效號箇禡漾敬徑宥沁勘豔陷",
    ToneClass.ENTERING: "屋沃覺質物月曷黠屑藥陌錫職緝合葉洽",
}

GROUPS: Final[Mapping[str, ToneClass]] = MappingProxyType(
    {name: tone_class for tone_class, names in _GROUP_NAMES.items() for name in names}
)
"""The 106 groups of 平水韵 in their order, each with its tone."""

LEVEL_GROUPS: Final = tuple(_GROUP_NAMES[ToneClass.LEVEL])
"""The 30 groups in which regulated verse rhymes."""

# Source: 王力, 詩詞格律, on 鄰韻; 元 stands between 真文 and 寒刪先, and 佳 between 灰 and 麻.
_NEIGHBOURS: Final = [
    "東冬",
    "江陽",
    "支微齊",
    "齊佳灰",
    "佳麻",
    "魚虞",
    "真文元",
    "元寒刪先",
    "蕭肴豪",
    "歌麻",
    "庚青蒸",
    "覃鹽咸",
]


@dataclass(frozen=True, slots=True)
class Reading:
    """One reading of a character.

    Attributes:
        tone: level or oblique.
        group: the name of its group of 平水韵, a key of `GROUPS`.
    """

    tone: Tone
    group: str

    @property
    def tone_class(self) -> ToneClass:
        return GROUPS[self.group]


def readings(character: str) -> tuple[Reading, ...]:
    """The readings of a character that poets use; none where it is unknown.

    A glyph variant or a character that only a simplified text writes has all readings of the traditional characters
    that it stands for (发: of 發 and 髮). A character that both scripts have is taken for the traditional one (后 is a
    queen): convert a whole text first, or ask `traditional_forms`.
    """
    return _readings().get(character, ())


def tones(character: str) -> frozenset[Tone]:
    """The tones of a character's readings; empty where it is unknown."""
    return frozenset(reading.tone for reading in readings(character))


def groups(character: str) -> frozenset[str]:
    """The rhyme groups of a character's readings; empty where it is unknown."""
    return frozenset(reading.group for reading in readings(character))


def traditional_forms(character: str) -> tuple[str, ...]:
    """The characters in the table that this one may stand for, itself first if it is one: 干 stands for 干 乾 幹.

    Empty where the character is unknown.
    """
    forms = _tables().forms.get(character, "")
    return tuple(forms if character in forms or character not in _tables().groups else character + forms)


def neighbours(group: str) -> frozenset[str]:
    """The level groups near to a level one, in which a first line may end as well (借韵); without itself."""
    return frozenset(other for near in _NEIGHBOURS if group in near for other in near if other != group)


def rhyme_words(group: str) -> tuple[str, ...]:
    """The characters of a level group that Tang poets rhyme with, the most used first; none for an oblique group."""
    return _rhyme_words().get(group, ())


@dataclass(frozen=True, slots=True)
class _Tables:
    groups: Mapping[str, str]
    """The groups of each character, their names joined."""
    forms: Mapping[str, str]
    """The characters that a simplified one or a variant stands for, joined."""


@cache
def _tables() -> _Tables:
    names: dict[str, str] = {}
    forms: dict[str, str] = {}
    for line in READINGS_FILE.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            # 涯 支佳麻: a character and its groups; 峰=峯: a glyph and what it stands for.
            (names if line[1] == " " else forms)[line[0]] = line[2:]
    return _Tables(names, forms)


@cache
def _readings() -> dict[str, tuple[Reading, ...]]:
    by_name = {name: Reading(tone_class.tone, name) for name, tone_class in GROUPS.items()}
    tables = _tables()
    found = {
        character: tuple(by_name[name] for form in forms for name in tables.groups[form])
        for character, forms in tables.forms.items()
    }
    # Of several forms some have a reading in common.
    found = {character: tuple(dict.fromkeys(several)) for character, several in found.items()}
    return found | {character: tuple(by_name[name] for name in joined) for character, joined in tables.groups.items()}


@cache
def _rhyme_words() -> dict[str, tuple[str, ...]]:
    lines = RHYME_WORDS_FILE.read_text(encoding="utf-8").splitlines()
    return {line[0]: tuple(line[2:]) for line in lines if not line.startswith("#")}
