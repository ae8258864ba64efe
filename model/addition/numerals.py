"""Chinese numerals, with or without digits among them: 一百二十三, 壹佰贰拾叁, 3万5千, 1.5亿. Needs no torch."""

import re
from typing import Final

_USUAL: Final = str.maketrans(
    "〇○两兩萬億壹贰貳叁參叄参肆伍陆陸柒捌玖拾佰仟負點.", "零零二二万亿一二二三三三三四五六六七八九十百千负点点"
)
_TENS: Final = str.maketrans({"廿": "二十", "卅": "三十", "卌": "四十"})
_SPOKEN: Final = str.maketrans("零一二三四五六七八九", "0123456789")
# As long as a name of a number gets: 九千九百九十九万…
_NUMERAL = re.compile("[-负]?[0-9零一二三四五六七八九十百千万亿点]{1,64}")
_WITH_UNIT = re.compile("(?P<whole>[0-9]+)(?:点(?P<part>[0-9]+))?(?P<unit>[十百千]?万?亿?)")
_BARE_UNIT = re.compile("^[百千万亿]")
_DIGITS = re.compile("[1-9][0-9]{0,3}")
_CUT_SHORT = re.compile("([百千万亿])[一二三四五六七八九]$")
_BELOW: Final = {"百": "十", "千": "百", "万": "千", "亿": "千万"}
_POWERS: Final = {"十": 1, "百": 2, "千": 3, "万": 4, "亿": 8}


def in_digits(text: str) -> str | None:
    """What a numeral says, in ASCII digits, with sign and decimals where it has them; None where it is none.

    Zeros before a number that is told digit by digit are kept (〇〇七).
    """
    plain = text.translate(_USUAL).translate(_TENS)
    if not _NUMERAL.fullmatch(plain):
        return None
    sign, plain = ("-", plain[1:]) if plain[0] in "-负" else ("", plain)
    whole, point, part = plain.partition("点")
    value = _whole(whole)
    if value is not None and point:
        value = _times_unit(f"{value}点{part.translate(_SPOKEN)}")
    return None if value is None else sign + value


def _whole(plain: str) -> str | None:
    """Of a numeral without sign and point."""
    if (digits := plain.translate(_SPOKEN)).isdecimal():
        return digits  # 二〇二六, digit by digit
    if value := _times_unit(plain):
        return value
    return _named(_BARE_UNIT.sub(r"一\g<0>", plain))  # 百二十 is 一百二十


def _times_unit(plain: str) -> str | None:
    """Of digits before a unit, or with decimals, or both: 3万, 1.5亿."""
    found = _WITH_UNIT.fullmatch(plain)
    if found is None:
        return None
    power = sum(_POWERS[unit] for unit in found["unit"])
    decimals = found["part"] or ""
    if decimals[power:].strip("0") or (decimals and not power):
        return f"{found['whole']}.{decimals}"
    return str(int(found["whole"] + decimals[:power].ljust(power, "0")))


def _named(plain: str) -> str | None:
    """Of a number that is named with its units, perhaps with digits before them: 3万5千."""
    import cn2an  # noqa: PLC0415 - half a second, and few people write numbers so

    plain = _DIGITS.sub(lambda digits: cn2an.an2cn(digits[0]), plain)
    if short := _CUT_SHORT.search(plain):
        plain += _BELOW[short[1]]  # 一千五 is 一千五百
    try:
        value = cn2an.cn2an(plain, "normal")
        # It makes numbers of things that are none, such as 九万七万: what it read has to be what stands there.
        is_read = _without_zeros(cn2an.an2cn(value)) == _without_zeros(plain)
    except (ValueError, KeyError):  # both are its word for what is no number
        return None
    return str(value) if is_read else None


def _without_zeros(numeral: str) -> str:
    """So that 一百万零一千 is 一百万一千, and 一十二 is 十二."""
    return numeral.replace("零", "").replace("一十", "十")
