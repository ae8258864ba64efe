"""Numbers as people type them, as columns of digits, and as a check. Needs no torch."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from model.errors import BadNumber, NumberFault

MAX_DIGITS = 1_000_000
"""Longest number that is taken."""

Digits = NDArray[np.uint8]

# int() and str() refuse more than 4,300 digits, and whoever starts Python may lower that limit to 640, not further.
_BLOCK_DIGITS = 600

_NARROW = str.maketrans("０１２３４５６７８９．，－﹣−–", "0123456789.,----")
# As long as a name of a number gets: 九千九百九十九万…
_NUMERALS = re.compile("[零〇一二两兩三四五六七八九十廿百千万萬亿億壹贰貳叁參肆伍陆陸柒捌玖拾佰仟负負点點]{1,64}")
_USUAL = str.maketrans("〇两兩萬億壹贰貳叁參肆伍陆陸柒捌玖拾佰仟負點", "零二二万亿一二二三三四五六六七八九十百千负点")
_SPOKEN = str.maketrans("零一二三四五六七八九", "0123456789")
_CUT_SHORT = re.compile("([百千万亿])[一二三四五六七八九]$")
_BELOW = {"百": "十", "千": "百", "万": "千", "亿": "千万"}
_NUMBER = re.compile("[0-9]+")
_NUMBER_LIKE = re.compile(r"(?P<minus>-?)\s*(?:[0-9][0-9\s,_'’]*(?P<point>\.[0-9]*)?|(?P<bare_point>\.[0-9]+))")


def read_number(text: str) -> str:
    """A whole number in ASCII digits, leading zeros kept.

    Full-width digits, Chinese numerals (一百二十三, 壹佰贰拾叁, 一〇二四) and space around them are accepted.

    Raises:
        BadNumber: for anything else, with the reason.
    """
    plain = text.strip().translate(_NARROW)
    if _NUMERALS.fullmatch(plain):
        plain = _from_numerals(plain)
    if not _NUMBER.fullmatch(plain):
        raise BadNumber(_fault(plain), text)
    if len(plain) > MAX_DIGITS:
        raise BadNumber("too_long", text)
    return plain


def _from_numerals(text: str) -> str:
    """Chinese numerals in digits, with sign and decimals if they have any; what makes no number is left as it is."""
    plain = text.translate(_USUAL).replace("廿", "二十")
    if (digits := plain.translate(_SPOKEN)).isdecimal():
        return digits  # 二〇二六, digit by digit
    import cn2an  # noqa: PLC0415 - half a second, and few people write numbers so

    if short := _CUT_SHORT.search(plain):
        plain += _BELOW[short[1]]  # 一千五 is 一千五百
    try:
        value = cn2an.cn2an(plain, "normal")
        # It makes numbers of things that are none, such as 九万七万: what it read has to be what stands there.
        if isinstance(value, int) and _without_zeros(cn2an.an2cn(value)) != _without_zeros(plain):
            return text
    except (ValueError, KeyError):  # both are its word for what is no number
        return text
    return str(value)


def _without_zeros(numeral: str) -> str:
    """So that 一百万零一千 is 一百万一千, and 一十二 is 十二."""
    return numeral.replace("零", "").replace("一十", "十")


def _fault(plain: str) -> NumberFault:
    if not plain:
        return "empty"
    found = _NUMBER_LIKE.fullmatch(plain)
    if found is None:
        return "not_a_number"
    if found["minus"]:
        return "negative"
    return "decimal" if found["point"] or found["bare_point"] else "spaces"


def digit_columns(*numbers: str) -> Digits:
    """The numbers written below each other.

    Args:
        numbers: in ASCII digits, of any lengths; the shorter ones are filled up with zeros.

    Returns:
        (columns, numbers), least significant column first, with one column more than the longest number has, so that
        the last carry has a place to go.
    """
    columns = np.zeros((max(map(len, numbers)) + 1, len(numbers)), dtype=np.uint8)
    for place, number in enumerate(numbers):
        columns[: len(number), place] = np.frombuffer(number.encode("ascii"), dtype=np.uint8)[::-1] - ord("0")
    return columns


def written(digits: Iterable[int]) -> str:
    """Digits, least significant first, as one writes the number: no leading zeros, but "0" for nothing."""
    return "".join(map(str, digits))[::-1].lstrip("0") or "0"


def true_result(signs: Sequence[int], *numbers: str) -> str:
    """The numbers, each with its sign, added up as Python's integers are.

    It goes block by block, so that no limit on the length of an integer is met. This is the check that stands beside a
    network's answer; no network sees it.

    Raises:
        BadNumber: if the result is below zero.
    """
    longest = max(map(len, numbers))
    blocks, carry = [], 0
    for done in range(0, longest, _BLOCK_DIGITS):
        parts = (number[max(0, len(number) - done - _BLOCK_DIGITS) : max(0, len(number) - done)] for number in numbers)
        total = sum(sign * int(part or "0") for sign, part in zip(signs, parts, strict=True))
        carry, rest = divmod(total + carry, 10**_BLOCK_DIGITS)
        blocks.append(f"{rest:0{_BLOCK_DIGITS}d}")
    if carry < 0:
        raise BadNumber("below_zero", numbers[-1])
    blocks.append(str(carry))
    return "".join(reversed(blocks)).lstrip("0") or "0"
