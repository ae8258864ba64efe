import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import BadHeads, BadStart, BadTheme
from model.starts import LONGEST_START, LONGEST_THEME, check_heads, check_start, check_theme


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


@pytest.mark.parametrize("theme", ["思乡", "春", "送友人歸江南", "月" * LONGEST_THEME, " 春雨 "])
def test_themes_pass(theme: str) -> None:
    assert check_theme(theme) == theme.strip()


@pytest.mark.parametrize(
    ("theme", "reason", "characters"),
    [
        (" ", "empty", ""),
        ("homesick", "not_han", "homes"),
        ("春🌸", "not_han", "🌸"),
        ("月" * 13, "too_long", "月" * 13),
    ],
)
def test_a_bad_theme_is_refused(theme: str, reason: str, characters: str) -> None:
    with pytest.raises(BadTheme) as caught:
        check_theme(theme)
    assert (caught.value.reason, caught.value.characters) == (reason, characters)


@pytest.mark.parametrize("heads", ["我爱", "我爱长安", "春春春春", "一二三四五六七八"])
def test_heads_pass(heads: str) -> None:
    assert check_heads(heads) == heads


@pytest.mark.parametrize(
    ("heads", "reason"),
    [("", "empty"), ("我", "too_few"), ("我 爱", "not_han"), ("一二三四五六七八九", "too_long"), ("love", "not_han")],
)
def test_bad_heads_are_refused(heads: str, reason: str) -> None:
    with pytest.raises(BadHeads) as caught:
        check_heads(heads)
    assert caught.value.reason == reason
