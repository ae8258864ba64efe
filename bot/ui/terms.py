"""Terms of prosody as they are written: signs of tones, names of rhyme groups."""

from collections.abc import Collection
from typing import Final

from model.prosody import GROUPS, LEVEL_GROUPS, Tone, ToneClass
from model.script import Script, convert

SIGNS: Final = {Tone.LEVEL: "○", Tone.OBLIQUE: "●"}
EITHER: Final = "◐"
"""A character that has both tones."""
OPEN: Final = "⊙"
"""A place where both will do."""
UNKNOWN: Final = "？"

_DIGITS: Final = "一二三四五六七八九"
_LEVEL_HALF: Final = 15  # 上平聲 and 下平聲: the books of level groups are two


def sign_of(tones: Collection[Tone]) -> str:
    """The sign for the tones that a character may have."""
    return SIGNS[next(iter(tones))] if len(tones) == 1 else EITHER if tones else UNKNOWN


def sign_of_place(wanted: str) -> str:
    """The sign for what a place wants: 平, 仄, or 中 for either."""
    return OPEN if wanted == "中" else SIGNS[Tone(wanted)]


def group_title(group: str, script: Script) -> str:
    """A rhyme group with its tone and number, as rhyme books name it: 下平聲十一尤."""
    tone_class = GROUPS[group]
    number = [name for name, its in GROUPS.items() if its is tone_class].index(group) + 1
    title = f"{tone_class.value}聲"
    if tone_class is ToneClass.LEVEL:
        title = f"{'上' if group in LEVEL_GROUPS[:_LEVEL_HALF] else '下'}{title}"
        number = (number - 1) % _LEVEL_HALF + 1
    return convert(f"{title}{_numeral(number)}{group}", script)


def _numeral(number: int) -> str:
    """A number from 1 to 99 in Chinese: 十一, 二十."""
    tens, ones = divmod(number, 10)
    written = _DIGITS[tens - 1] if tens > 1 else ""
    return written + "十" * (tens > 0) + (_DIGITS[ones - 1] if ones else "")
