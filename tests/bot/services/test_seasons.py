"""Festivals and solar terms: the calendar of China, and a theme for each day."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from bot.services.seasons import EVE, FESTIVALS, TERMS, MoonDay, moon_day, occasion_of, term_of
from bot.words import Language, texts
from model.starts import check_theme

# Days of the new year, as the calendar was printed.
NEW_YEARS = (
    *("2000-02-05", "2001-01-24", "2002-02-12", "2003-02-01", "2004-01-22", "2005-02-09", "2006-01-29", "2007-02-18"),
    *("2008-02-07", "2009-01-26", "2010-02-14", "2011-02-03", "2012-01-23", "2013-02-10", "2014-01-31", "2015-02-19"),
    *("2016-02-08", "2017-01-28", "2018-02-16", "2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22"),
    *("2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06", "2028-01-26", "2029-02-13", "2030-02-03", "2031-01-23"),
    *("2032-02-11", "2033-01-31", "2034-02-19", "2035-02-08"),
)


@pytest.mark.parametrize("day", NEW_YEARS)
def test_the_new_year_and_its_eve(day: str) -> None:
    new_year = date.fromisoformat(day)

    assert moon_day(new_year) == MoonDay(1, 1, leap=False)
    assert occasion_of(new_year).name == "元日"
    assert occasion_of(new_year - timedelta(days=1)).theme == EVE


@pytest.mark.parametrize(
    ("day", "festival"),
    [
        ("2024-02-24", "上元"),
        ("2024-06-10", "端午"),
        ("2024-08-10", "七夕"),
        ("2024-09-17", "中秋"),
        ("2024-10-11", "重阳"),
        ("2020-10-01", "中秋"),
        ("2023-09-29", "中秋"),
        ("2025-10-06", "中秋"),
        ("2026-09-25", "中秋"),
        ("2033-09-08", "中秋"),  # not a month later, as calendars that put the leap month wrongly have it
        ("2025-10-29", "重阳"),
        ("2025-08-29", "七夕"),
    ],
)
def test_festivals_of_the_moon(day: str, festival: str) -> None:
    occasion = occasion_of(date.fromisoformat(day))

    assert (occasion.name, occasion.theme) == (festival, festival)


@pytest.mark.parametrize(
    ("day", "moon"),
    [
        ("2020-05-23", MoonDay(4, 1, leap=True)),
        ("2023-03-22", MoonDay(2, 1, leap=True)),
        ("2025-07-25", MoonDay(6, 1, leap=True)),
        ("2025-08-22", MoonDay(6, 29, leap=True)),
        ("2033-12-22", MoonDay(11, 1, leap=True)),
        ("2034-01-20", MoonDay(12, 1, leap=False)),
        ("2023-04-04", MoonDay(2, 14, leap=True)),
    ],
)
def test_leap_months(day: str, moon: MoonDay) -> None:
    assert moon_day(date.fromisoformat(day)) == moon


def test_a_festival_comes_once_though_its_month_comes_twice() -> None:
    days = [date(2025, 1, 29) + timedelta(days=number) for number in range(384)]
    names = [occasion_of(day).name for day in days]

    for festival in (*FESTIVALS.values(), EVE):
        assert names.count(festival) == 1, festival
    assert occasion_of(date(2028, 5, 28)).name == "端午"
    assert occasion_of(date(2028, 6, 27)).name not in FESTIVALS.values()  # the fifth of the leap fifth month


@pytest.mark.parametrize(
    ("day", "term"),
    [
        ("2017-02-03", "立春"),
        ("2021-02-03", "立春"),
        ("2024-02-04", "立春"),
        ("2025-02-03", "立春"),
        ("2026-02-04", "立春"),
        ("2024-04-04", "清明"),
        ("2025-03-20", "春分"),
        ("2025-04-04", "清明"),
        ("2026-04-05", "清明"),
        ("2025-06-21", "夏至"),
        ("2022-12-22", "冬至"),
        ("2024-12-21", "冬至"),
        ("2025-12-21", "冬至"),
        ("2016-07-07", "小暑"),
    ],
)
def test_solar_terms_begin_on_their_day(day: str, term: str) -> None:
    begin = date.fromisoformat(day)

    assert TERMS[term_of(begin)] == term
    assert TERMS[term_of(begin - timedelta(days=1))] != term


def test_every_day_of_many_years_is_counted_without_a_gap() -> None:
    day, yesterday = date(2019, 1, 2), moon_day(date(2019, 1, 1))
    while day < date(2036, 1, 1):
        today = moon_day(day)
        if today.day == 1:
            assert yesterday.day in (29, 30)
            assert today.leap == (today.month == yesterday.month)
            assert today.month in (yesterday.month, yesterday.month % 12 + 1)
        else:
            assert today == MoonDay(yesterday.month, yesterday.day + 1, yesterday.leap)
        day, yesterday = day + timedelta(days=1), today


def test_themes_are_of_the_season_change_daily_and_can_be_taken() -> None:
    themes = [occasion_of(date(2026, 1, 1) + timedelta(days=number)).theme for number in range(365)]

    assert all(check_theme(theme) == theme for theme in themes)
    assert all(one != other for one, other in pairwise(themes))
    assert set(themes[182:190]) == {"夏日", "山居", "江行", "渔父", "寺"}  # July
    assert set(themes[10:30]) >= {"冬雪", "梅"}
    assert occasion_of(date(2026, 8, 7)).theme == "立秋"
    assert occasion_of(date(2026, 8, 9)).name == "立秋"
    assert occasion_of(date(2026, 8, 9)).theme in {"秋思", "月夜", "登高", "思乡", "边塞"}


@pytest.mark.parametrize("language", list(Language))
def test_every_occasion_has_its_words(language: Language) -> None:
    for name in (*TERMS, *FESTIVALS.values(), EVE):
        assert texts(language)[f"occasion.{name}"]
