"""Numbers as people type them, as columns of digits, and as a check. Needs no torch."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from model.addition.numerals import in_digits
from model.errors import BadNumber, NumberFault

MAX_DIGITS = 1_000_000
"""Longest number that is taken."""

Digits = NDArray[np.uint8]

# int() and str() refuse more than 4,300 digits, and whoever starts Python may lower that limit to 640, not further.
_BLOCK_DIGITS = 600

_NARROW = str.maketrans("０１２３４５６７８９．，－﹣−–", "0123456789.,----")
_NUMBER = re.compile("[0-9]+")
_BETWEEN = re.compile(r"[\s,_'’]")
_NUMBER_LIKE = re.compile(r"(?P<minus>-?)\s*(?:[0-9][0-9\s,_'’]*(?P<point>\.[0-9]*)?|(?P<bare_point>\.[0-9]+))")


def read_number(text: str) -> str:
    """A whole number in ASCII digits, leading zeros kept.

    Full-width digits, Chinese numerals (一百二十三, 壹佰贰拾叁, 一〇二四, 3万) and space around them are accepted.

    Raises:
        BadNumber: for anything else, with the reason.
    """
    plain = text.strip().translate(_NARROW)
    if not _NUMBER.fullmatch(plain):
        plain = in_digits(plain) or plain
    if not _NUMBER.fullmatch(plain):
        raise BadNumber(_fault(plain), text)
    if len(plain) > MAX_DIGITS:
        raise BadNumber("too_long", text)
    return plain


def _fault(plain: str) -> NumberFault:
    if not plain:
        return "empty"
    found = _NUMBER_LIKE.fullmatch(plain)
    if found is None:
        return "spaces" if in_digits(_BETWEEN.sub("", plain)) else "not_a_number"
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
