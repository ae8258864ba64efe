"""Pinyin for verse: by words where these are known, and by the tone of verse where a character has several readings."""

import unicodedata
from collections.abc import Collection, Sequence
from functools import cache
from typing import Final

from model.prosody import Reading, Tone, ToneClass, readings
from model.script import Script, convert

# What modern speech says first, or changes by what follows, and verse does not.
_IN_VERSE: Final = {
    "不": "bù",
    "一": "yī",
    "还": "huán",
    "尽": "jìn",
    "了": "liǎo",
    "着": "zhuó",
    "得": "dé",
    "的": "dì",
    "都": "dū",
}
# What a character alone is said as, the usual first: of two words of today poets have the other more often than speech.
# In places that fix the tone they have 长 990 times level and 170 times not, 为 980:467, 重 526:386, 量 89:12, 弹 61:13
# (python -m model.lexicon.readings CORPUS --tones). The level 醒 the dictionary lacks.
_ALONE: Final = {
    "长": "cháng,zhǎng",
    "为": "wéi,wèi",
    "重": "chóng,zhòng",
    "量": "liáng,liàng",
    "弹": "tán,dàn",
    "醒": "xǐng,xīng",
}
_ACCENTS: Final = {"\u0304": 1, "\u0301": 2, "\u030c": 3, "\u0300": 4}
_LEVEL_TONES: Final = {1, 2}


def pinyin_of(line: str, tones: Sequence[Tone | None]) -> tuple[str, ...]:
    """The pinyin of each character of a line; empty where there is none.

    Args:
        line: Han characters, in either script.
        tones: that each has where it stands; None where that is not known.
    """
    # The dictionary knows more words in simplified characters, and keeps more characters apart in traditional ones.
    simplified, traditional = convert(line, Script.HANS), convert(line, Script.HANT)
    return tuple(
        _IN_VERSE.get(plain) or _by_tone(character, said, tone)
        for plain, character, said, tone in zip(simplified, traditional, _spoken(simplified), tones, strict=True)
    )


def pinyin_by_reading(character: str) -> dict[Reading, str]:
    """Each reading of verse of a character with the pinyin that came of it; empty where there is none."""
    found = readings(character)
    choices = [said for said in _choices(character) if said] or _choices(convert(character, Script.HANS))
    fitting = {
        reading: [said for said in choices if _fits(said, reading.tone, entering=_entering([reading]))]
        for reading in found
    }
    chosen: dict[Reading, str] = {}
    for reading, several in fitting.items():
        # 度 is dù and duó: where another reading has the first as well, what is left is this one's.
        others = {said for other in found if other is not reading for said in fitting[other]}
        own = [said for said in several if said not in others]
        chosen[reading] = next(iter([*own, *several, *choices]), "")
    return chosen


def _pinyin(text: str, *, heteronym: bool = False) -> list[list[str]]:
    from pypinyin import Style, pinyin  # noqa: PLC0415 - its dictionary takes a moment, and the start does not wait for it

    _teach()
    return pinyin(text, style=Style.TONE, heteronym=heteronym)


@cache
def _teach() -> None:
    """Have the dictionary know what verse says; words of several characters stay as it knows them."""
    from pypinyin import load_single_dict  # noqa: PLC0415 - as above

    load_single_dict({ord(convert(char, script)): said for char, said in _ALONE.items() for script in Script})


def _spoken(line: str) -> list[str]:
    """What modern speech says; words of several characters are known."""
    # A character without pinyin comes back as it is.
    return ["" if said == character else said for [said], character in zip(_pinyin(line), line, strict=True)]


@cache
def _choices(character: str) -> tuple[str, ...]:
    """All that a character can be said as, the usual first; one empty text where nothing is known."""
    said = _pinyin(character, heteronym=True)[0]
    if said == [character]:
        return ("",)
    return tuple(dict.fromkeys([_IN_VERSE.get(convert(character, Script.HANS), said[0]), *said]))


def _by_tone(character: str, said: str, tone: Tone | None) -> str:
    entering = _entering(readings(character))
    if not said or tone is None or _fits(said, tone, entering=entering):
        return said
    return next((choice for choice in _choices(character) if _fits(choice, tone, entering=entering)), said)


def _entering(found: Collection[Reading]) -> bool:
    return any(reading.tone_class is ToneClass.ENTERING for reading in found)


def _fits(said: str, tone: Tone, *, entering: bool) -> bool:
    """Whether a syllable of today can come of the tone: of level came 1 and 2, of entering all, else 3 and 4."""
    today = next((_ACCENTS[sign] for sign in unicodedata.normalize("NFD", said) if sign in _ACCENTS), None)
    if today is None:
        return False  # unstressed, as no character of verse is
    return today in _LEVEL_TONES if tone is Tone.LEVEL else entering or today not in _LEVEL_TONES
