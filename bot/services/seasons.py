"""What a poem of a day is about: the festivals and the solar terms of the Chinese calendar.

The calendar is kept everywhere as in China, in the southern half of the world too: the network learned from poets for
whom the chrysanthemum is the ninth month's, and a poem of snow in July would be a poem of nothing that they knew.
"""

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from math import floor, radians, sin
from typing import Final

TERMS: Final = (
    *("春分", "清明", "谷雨", "立夏", "小满", "芒种", "夏至", "小暑", "大暑", "立秋", "处暑", "白露"),
    *("秋分", "寒露", "霜降", "立冬", "小雪", "大雪", "冬至", "小寒", "大寒", "立春", "雨水", "惊蛰"),
)
"""By the longitude of the sun, 15 degrees each, from the equinox of spring."""
FESTIVALS: Final = {
    (1, 1): "元日",
    (1, 15): "上元",
    (3, 3): "上巳",
    (5, 5): "端午",
    (7, 7): "七夕",
    (8, 15): "中秋",
    (9, 9): "重阳",
}
"""By month and day of the moon, under the names that poems have for titles."""
OF_POEMS: Final = ("清明", "立夏", "夏至", "立秋", "白露", "冬至", "立春")
"""Solar terms whose day is a title that poets used."""
EVE: Final = "除夕"
_SPRING: Final = ("春", "春雨", "柳", "送别", "田园")
_SUMMER: Final = ("夏日", "山居", "江行", "渔父", "寺")
_AUTUMN: Final = ("秋思", "月夜", "登高", "思乡", "边塞")
_WINTER: Final = ("冬雪", "梅", "饮酒", "怀人", "怀古")
# Each begins with its own term, three terms before the equinox or solstice in its middle.
_SEASONS: Final = (_SPRING, _SUMMER, _AUTUMN, _WINTER)

_J2000: Final = 2451545.0
_ORDINAL_OF_J2000: Final = date(2000, 1, 1).toordinal()
_CHINA: Final = 8 / 24  # ahead of UTC, in days
_TERRESTRIAL: Final = 70 / 86400  # of even time ahead of the earth's turning, in this half of the century, in days
_MONTH: Final = 29.530588861
_USUAL_MONTHS: Final = 12
_FIRST_NEW_MOON: Final = 2451550.09766


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a day is: its festival or solar term, and the theme of its poem."""

    name: str
    theme: str


@dataclass(frozen=True, slots=True)
class MoonDay:
    """A day of the Chinese calendar."""

    month: int
    day: int
    leap: bool


def occasion_of(day: date) -> Occasion:
    """A festival where it is one, or else the solar term that the day belongs to, with a theme of its season."""
    here = moon_day(day)
    if not here.leap and (here.month, here.day) in FESTIVALS:
        festival = FESTIVALS[here.month, here.day]
        return Occasion(festival, festival)
    if moon_day(day + timedelta(days=1)) == MoonDay(1, 1, leap=False):
        return Occasion(EVE, EVE)
    term = term_of(day)
    name = TERMS[term]
    if name in OF_POEMS and term_of(day - timedelta(days=1)) != term:
        return Occasion(name, name)
    themes = _SEASONS[(term + 3) % 24 // 6]
    return Occasion(name, themes[day.toordinal() % len(themes)])


def term_of(day: date) -> int:
    """Index of the solar term that a day in China belongs to: the last that begins before its end."""
    return floor(_longitude_of_sun(_end_of(day.toordinal())) / 15)


@lru_cache(maxsize=512)
def moon_day(day: date) -> MoonDay:
    """The day in the Chinese calendar.

    Months begin with the day of the new moon in China. The winter solstice is in the eleventh month; where thirteen
    begin until the next eleventh, the first of them without one of the twelve even terms repeats the number before it.

    Source: GB/T 33661-2017; the new moon after Meeus, Astronomical Algorithms, chapter 49.
    """
    ordinal = day.toordinal()
    year = day.year if ordinal < _new_moon(_month_of_solstice(day.year)) else day.year + 1
    eleventh, last = _month_of_solstice(year - 1), _month_of_solstice(year)
    starts = [_new_moon(number) for number in range(eleventh, last + 1)]
    months = len(starts) - 1
    index = max(place for place in range(months) if starts[place] <= ordinal)
    leap = months
    if months > _USUAL_MONTHS:
        leap = next(place for place in range(months) if not _has_even_term(starts[place], starts[place + 1]))
    month = (index - (index >= leap) + 10) % 12 + 1
    return MoonDay(month, ordinal - starts[index] + 1, leap=index == leap)


def _has_even_term(start: int, end: int) -> bool:
    """Whether one of the twelve even terms begins on these days, the last one not included."""
    return term_of(date.fromordinal(start - 1)) // 2 != term_of(date.fromordinal(end - 1)) // 2


@lru_cache(maxsize=64)
def _month_of_solstice(year: int) -> int:
    """The number of the new moon whose month has the winter solstice of that year."""
    solstice = date(year, 12, 18)
    while TERMS[term_of(solstice)] != "冬至":
        solstice += timedelta(days=1)
    number = round((solstice.toordinal() - _ORDINAL_OF_J2000 + _J2000 - _FIRST_NEW_MOON) / _MONTH) + 1
    while _new_moon(number) > solstice.toordinal():
        number -= 1
    return number


def _end_of(ordinal: int) -> float:
    """The Julian day, in even time, at the end of a day in China."""
    return ordinal + 1 - _ORDINAL_OF_J2000 + _J2000 - 0.5 - _CHINA + _TERRESTRIAL


def _longitude_of_sun(julian_day: float) -> float:
    """Apparent longitude in degrees from 0 to 360, right to some thousandths: a few minutes of time.

    Source: Meeus, Astronomical Algorithms, chapter 25, with the larger pulls of the planets and the moon after his
    Astronomical Formulae for Calculators, chapter 18.
    """
    century = (julian_day - _J2000) / 36525
    mean = 280.46646 + century * (36000.76983 + century * 0.0003032)
    anomaly = radians(357.52911 + century * (35999.05029 - century * 0.0001537))
    centre = (1.914602 - century * (0.004817 + century * 0.000014)) * sin(anomaly)
    centre += (0.019993 - century * 0.000101) * sin(2 * anomaly) + 0.000289 * sin(3 * anomaly)
    centre += sum(size * sin(radians(start + speed * century)) for size, start, speed in _PULLS)
    node = radians(125.04 - 1934.136 * century)
    return (mean + centre - 0.00569 - 0.00478 * sin(node)) % 360


@lru_cache(maxsize=1024)
def _new_moon(number: int) -> int:
    """The day in China, as an ordinal, of the new moon of that number (0: January 2000); right to half a minute.

    Source: Meeus, Astronomical Algorithms, chapter 49.
    """
    century = number / 1236.85
    square = century * century
    moment = _FIRST_NEW_MOON + _MONTH * number + 0.00015437 * square - 0.00000015 * square * century
    e = 1 - 0.002516 * century - 0.0000074 * square
    sun = radians(2.5534 + 29.1053567 * number - 0.0000014 * square)
    moon = radians(201.5643 + 385.81693528 * number + 0.0107582 * square + 0.00001238 * square * century)
    width = radians(160.7108 + 390.67050284 * number - 0.0016118 * square - 0.00000227 * square * century)
    node = radians(124.7746 - 1.56375588 * number + 0.0020672 * square)
    moment += sum(
        size * e ** abs(suns) * sin(suns * sun + moons * moon + widths * width) for size, suns, moons, widths in _WAVES
    )
    moment -= 0.00017 * sin(node)
    moment += sum(size * sin(radians(start + speed * number)) for size, start, speed in _PLANETS)
    return floor(moment - _TERRESTRIAL + _CHINA + 0.5 - _J2000) + _ORDINAL_OF_J2000


# Amplitude in days; multiples of the sun's anomaly, the moon's anomaly and the moon's argument of latitude.
_WAVES: Final = (
    (-0.40720, 0, 1, 0),
    (0.17241, 1, 0, 0),
    (0.01608, 0, 2, 0),
    (0.01039, 0, 0, 2),
    (0.00739, -1, 1, 0),
    (-0.00514, 1, 1, 0),
    (0.00208, 2, 0, 0),
    (-0.00111, 0, 1, -2),
    (-0.00057, 0, 1, 2),
    (0.00056, 1, 2, 0),
    (-0.00042, 0, 3, 0),
    (0.00042, 1, 0, 2),
    (0.00038, 1, 0, -2),
    (-0.00024, -1, 2, 0),
    (-0.00007, 2, 1, 0),
    (0.00004, 0, 2, -2),
    (0.00004, 3, 0, 0),
    (0.00003, 1, 1, -2),
    (0.00003, 0, 2, 2),
    (-0.00003, 1, 1, 2),
    (0.00003, -1, 1, 2),
    (-0.00002, -1, 1, -2),
    (-0.00002, 1, 3, 0),
    (0.00002, 0, 4, 0),
)
# Of Venus (twice), Jupiter, the moon, and one of long period: amplitude in degrees; degrees in 2000 and in a century.
_PULLS: Final = (
    (0.00134, 153.23 + 22518.7541 + 90, 22518.7541),
    (0.00154, 216.57 + 45037.5082 + 90, 45037.5082),
    (0.00200, 312.69 + 32964.3577 + 90, 32964.3577),
    (0.00179, 350.74 + 445267.1142, 445267.1142),
    (0.00178, 231.19 + 20.20, 20.20),
)
# Amplitude in days; degrees at the first new moon, and for each that follows.
_PLANETS: Final = (
    (0.000325, 299.77, 0.107408),
    (0.000165, 251.88, 0.016321),
    (0.000164, 251.83, 26.651886),
    (0.000126, 349.42, 36.412478),
    (0.000110, 84.66, 18.206239),
    (0.000062, 141.74, 53.303771),
    (0.000060, 207.14, 2.453732),
    (0.000056, 154.84, 7.306860),
    (0.000047, 34.52, 27.261239),
)
