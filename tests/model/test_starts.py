import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import BadStart
from model.starts import LONGEST_START, check_start


@pytest.mark.parametrize(
    "start", ["日", "红", "山", "夜", "湖", "海", "月", "清明时节雨", "〇", "𠮷", "㐂", "月" * LONGEST_START]
)
def test_han_characters_pass(start: str) -> None:
    assert check_start(start) == start


def test_white_space_around_is_taken_off() -> None:
    assert check_start(" \u3000三月\n") == "三月"


def test_a_compatibility_ideograph_becomes_the_unified_one() -> None:
    assert check_start("\uf914") == "樂"


@pytest.mark.parametrize("start", ["", " ", "\u3000\n"])
def test_nothing_is_refused(start: str) -> None:
    with pytest.raises(BadStart, match="empty") as caught:
        check_start(start)
    assert (caught.value.reason, caught.value.characters) == ("empty", "")


@pytest.mark.parametrize(
    ("start", "characters"),
    [
        ("moon", "mon"),
        ("月🌙", "🌙"),
        ("月，落", "，"),
        ("<@80351110224678912>", "<@803"),
        ("春 江", " "),
        ("月\u200b", "\u200b"),
        ("月\x00", "\x00"),
        ("つき", "つき"),
    ],
)
def test_other_characters_are_named(start: str, characters: str) -> None:
    with pytest.raises(BadStart) as caught:
        check_start(start)
    assert (caught.value.reason, caught.value.characters) == ("not_han", characters)
    assert "\n" not in str(caught.value)
    assert "\x00" not in str(caught.value)


def test_too_long() -> None:
    with pytest.raises(BadStart, match="32") as caught:
        check_start("月" * 2_000)
    assert caught.value.reason == "too_long"


@given(st.text())
def test_any_text_passes_or_is_refused_in_one_line(text: str) -> None:
    try:
        checked = check_start(text)
    except BadStart as error:
        said = str(error)
    else:
        said = "nothing"
        assert check_start(checked) == checked
    assert len(said.splitlines()) == 1
