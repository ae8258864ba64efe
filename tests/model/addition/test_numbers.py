import contextlib
import os
import subprocess
import sys
from decimal import Decimal

import cn2an
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.addition.numbers import MAX_DIGITS, digit_columns, read_number, true_result, written
from model.errors import BadNumber

NUMBERS = st.from_regex("[0-9]{1,80}", fullmatch=True)
WIDE = str.maketrans("0123456789", "０１２３４５６７８９")


@given(NUMBERS)
def test_digits_are_kept_as_they_are(number: str) -> None:
    assert read_number(number) == number


@given(NUMBERS, st.sampled_from(["", " ", "\t", "\u3000", "\n"]))
def test_full_width_digits_and_space_around_are_accepted(number: str, space: str) -> None:
    assert read_number(space + number.translate(WIDE) + space) == number


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("一百二十三", "123"),
        ("壹佰贰拾叁", "123"),
        ("壹萬貳仟參佰", "12300"),
        ("兩千零五", "2005"),
        ("二〇二六", "2026"),
        ("十二", "12"),
        ("三万亿", "3000000000000"),
        (" 零 ", "0"),
        ("〇〇七", "007"),
        ("一千五", "1500"),
        ("十二億三", "1230000000"),
        ("廿五", "25"),
        ("一百廿", "120"),
        ("一百十", "110"),
        ("一百万一千", "1001000"),
        ("一百万零一千", "1001000"),
        ("一億零三", "100000003"),
        ("百", "100"),
        ("千", "1000"),
        ("万", "10000"),
        ("百二十", "120"),
        ("千五", "1500"),
        ("百万", "1000000"),
        ("〇", "0"),
        ("○", "0"),
        ("卅五", "35"),
        ("參佰叄拾参", "333"),
        ("3万", "30000"),
        ("３萬", "30000"),
        ("3百", "300"),
        ("12345万", "123450000"),
        ("3亿5000万", "350000000"),
        ("3万5千", "35000"),
        ("3万5", "35000"),
        ("1万2千3百4十5", "12345"),
        ("1.5万", "15000"),
        ("一点五万", "15000"),
        ("1.23万亿", "1230000000000"),
        ("1.50000万", "15000"),
    ],
)
def test_chinese_numerals_are_read(text: str, number: str) -> None:
    assert read_number(text) == number


@given(st.integers(0, 10**16 - 1))
def test_every_number_that_is_written_in_chinese_is_read_back(number: int) -> None:
    assert read_number(cn2an.an2cn(number)) == str(number)
    assert read_number(cn2an.an2cn(number, "up")) == str(number)


@given(st.integers(1, 9999), st.sampled_from(["", "千", "万", "百万", "亿", "万亿"]))
def test_digits_before_a_unit_say_what_a_name_says(number: int, unit: str) -> None:
    told = read_number(f"{number}{unit}")
    assert told == str(number * int(read_number(unit or "1")))
    with contextlib.suppress(BadNumber):  # 五十千 is not said
        assert read_number(f"{cn2an.an2cn(number)}{unit}") == told


@given(st.decimals(0, 10**6, places=6, allow_nan=False), st.sampled_from("万亿"))
def test_decimals_before_a_unit_make_a_whole_number_or_are_called_decimals(number: Decimal, unit: str) -> None:
    value = number * int(read_number(unit))
    if value == int(value):
        assert read_number(f"{number:f}{unit}") == str(int(value))
    else:
        with pytest.raises(BadNumber) as caught:
            read_number(f"{number:f}{unit}")
        assert caught.value.reason == "decimal"


@given(st.text("零〇一二两五九十廿百千万萬亿億壹參拾佰仟负點0159.", min_size=1, max_size=8))
def test_what_looks_like_a_numeral_is_read_or_refused(text: str) -> None:
    with contextlib.suppress(BadNumber):
        assert read_number(text).isdecimal()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "empty"),
        (" \u3000 ", "empty"),
        ("-5", "negative"),
        ("−5", "negative"),
        ("－５", "negative"),
        ("- 5", "negative"),
        ("-0", "negative"),
        ("-1.5", "negative"),
        ("1.5", "decimal"),
        ("１．５", "decimal"),
        ("1,234.5", "decimal"),
        (".5", "decimal"),
        ("5.", "decimal"),
        ("12 34", "spaces"),
        ("12\u300034", "spaces"),
        ("1,234,567", "spaces"),
        ("1，234", "spaces"),
        ("1_000", "spaces"),
        ("1'000", "spaces"),
        ("abc", "not_a_number"),
        ("12a", "not_a_number"),
        ("-abc", "not_a_number"),
        ("1e5", "not_a_number"),
        ("0x10", "not_a_number"),
        ("+5", "not_a_number"),
        ("1.2.3", "not_a_number"),
        ("百百", "not_a_number"),
        ("五百五百", "not_a_number"),
        ("九万七万", "not_a_number"),
        ("參亿十五", "not_a_number"),
        ("万拾伍", "not_a_number"),
        ("六八点", "not_a_number"),
        ("一百二十三月", "not_a_number"),
        ("千百", "not_a_number"),
        ("3万05", "not_a_number"),
        ("3万点5", "decimal"),
        ("一万万", "not_a_number"),
        ("第三", "not_a_number"),
        ("一兆", "not_a_number"),
        ("3k", "not_a_number"),
        ("负百", "negative"),
        ("-3万", "negative"),
        ("1.23456万", "decimal"),
        ("零点五", "decimal"),
        ("3 万", "spaces"),
        ("一百 二十", "spaces"),
        ("1,000万", "spaces"),
        ("负五", "negative"),
        ("負五", "negative"),
        ("三点五", "decimal"),
        ("١٢٣", "not_a_number"),
        ("१२३", "not_a_number"),
        ("²", "not_a_number"),
        ("½", "not_a_number"),
        ("12\u200b3", "not_a_number"),
        (".", "not_a_number"),
        ("-", "not_a_number"),
        ("9" * (MAX_DIGITS + 1), "too_long"),
    ],
)
def test_what_is_no_number_is_refused_with_its_reason(text: str, reason: str) -> None:
    with pytest.raises(BadNumber) as caught:
        read_number(text)
    assert caught.value.reason == reason
    assert caught.value.text == text
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 200


def test_the_longest_number_is_accepted() -> None:
    assert read_number("9" * MAX_DIGITS) == "9" * MAX_DIGITS


@given(st.text(max_size=12))
def test_any_text_is_either_digits_or_refused(text: str) -> None:
    try:
        number = read_number(text)
    except BadNumber:
        return
    assert number.isascii()
    assert number.isdigit()


@given(st.lists(NUMBERS, min_size=1, max_size=4))
def test_columns_hold_the_digits_least_significant_first(numbers: list[str]) -> None:
    columns = digit_columns(*numbers)
    width = max(map(len, numbers)) + 1
    assert columns.shape == (width, len(numbers))
    for place, number in enumerate(numbers):
        assert "".join(map(str, columns[::-1, place])) == number.zfill(width)


@given(st.integers(min_value=0), st.integers(0, 5))
def test_written_undoes_the_columns(number: int, zeros: int) -> None:
    text = "0" * zeros + str(number)
    assert written(digit_columns(text)[:, 0].tolist()) == str(number)


@given(st.lists(st.tuples(st.integers(0, 10**3999), st.integers(0, 3)), min_size=1, max_size=3))
def test_the_check_is_the_sum_of_integers(numbers: list[tuple[int, int]]) -> None:
    texts = ["0" * zeros + str(number) for number, zeros in numbers]
    assert true_result([1] * len(texts), *texts) == str(sum(number for number, _ in numbers))


@given(st.integers(0, 10**1999), st.integers(0, 10**1999))
def test_the_check_of_a_subtraction_is_the_difference_of_integers(a: int, b: int) -> None:
    a, b = max(a, b), min(a, b)
    assert true_result((1, -1), str(a), str(b)) == str(a - b)
    if a > b:
        with pytest.raises(BadNumber) as caught:
            true_result((1, -1), str(b), str(a))
        assert caught.value.reason == "below_zero"


@given(st.integers(590, 610), st.integers(590, 610))
def test_the_check_carries_from_block_to_block(nines: int, zeros: int) -> None:
    assert true_result((1, 1), "9" * nines, "1") == "1" + "0" * nines
    assert true_result((1, 1), "1" + "0" * zeros, "0" * 2000) == "1" + "0" * zeros


@pytest.mark.parametrize("limit", ["640", "4300"])
def test_the_check_meets_no_limit_on_integers(limit: str) -> None:
    code = (
        "import sys; from model.addition.numbers import true_result\n"
        "assert true_result((1, 1), '9' * 50_000, '1') == '1' + '0' * 50_000\n"
        f"assert sys.get_int_max_str_digits() == {limit}, 'the limit was moved'\n"
        "assert 'torch' not in sys.modules\n"
    )
    environment = os.environ | {"PYTHONINTMAXSTRDIGITS": limit}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment, timeout=60)


def test_columns_are_small() -> None:
    assert digit_columns("9" * 1000, "1").dtype == np.uint8
