"""Moments of the day somewhere: reading hours and time zones as people type them, and finding the next such moment."""

import re
import unicodedata
from datetime import date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from bot.services.refusals import Refusal
from bot.services.schedule import moment_of

MOST_SUGGESTED: Final = 5
_CLOSE: Final = 0.6
_TIME: Final = re.compile(r"([01]?[0-9]|2[0-3])(?:[:.]([0-5][0-9]))?", re.ASCII)
# Cities that people name, and IANA does not.
_ALSO: Final = {
    "beijing": "Asia/Shanghai",
    "北京": "Asia/Shanghai",
    "上海": "Asia/Shanghai",
    "香港": "Asia/Hong_Kong",
    "台北": "Asia/Taipei",
    "臺北": "Asia/Taipei",
    "新加坡": "Asia/Singapore",
}
# Names that stand for the machine's own zone, or for none.
_NO_PLACE: Final = {"localtime", "Factory"}


class NotATime(Refusal):
    key = "error.server.time"


class NotAZone(Refusal):
    """A time zone that is none, nor like one."""

    key = "error.server.zone"


class AlmostAZone(Refusal):
    """A time zone that is none, with those that may be meant."""

    key = "error.server.zone_like"


def minute_of(typed: str) -> int:
    """The minute of the day that somebody typed, such as 8:30 or 20.

    Raises:
        NotATime: it is none.
    """
    found = _TIME.fullmatch(unicodedata.normalize("NFKC", typed).strip())
    if found is None:
        raise NotATime
    return int(found[1]) * 60 + int(found[2] or 0)


def clock(minute: int) -> str:
    """A minute of the day as a clock shows it, such as 08:30."""
    return f"{minute // 60:02}:{minute % 60:02}"


def zone_named(typed: str) -> str:
    """The time zone of that name in IANA's spelling; the name of its city alone will do, and so will small letters.

    It reads the machine's database of zones the first time.

    Raises:
        AlmostAZone: there is none of that name, but there are some like it.
        NotAZone: there is not even one like it.
    """
    wanted = "_".join(unicodedata.normalize("NFKC", typed).casefold().split())
    whole, cities = _zones()
    if wanted in whole:
        return whole[wanted]
    called = cities.get(wanted, [])
    if len(called) == 1:
        return called[0]
    like = called or [zone for city in get_close_matches(wanted, cities, cutoff=_CLOSE) for zone in cities[city]]
    like += [whole[name] for name in get_close_matches(wanted, whole, cutoff=_CLOSE)]
    if not like:
        raise NotAZone
    raise AlmostAZone(zones=" · ".join(f"`{zone}`" for zone in list(dict.fromkeys(like))[:MOST_SUGGESTED]))


def last_day(now: datetime, minute: int, zone: ZoneInfo) -> date:
    """The last day there on which that minute has come."""
    today = now.astimezone(zone).date()
    moment = moment_of(today, minute, zone)
    return today if moment is not None and moment <= now else today - timedelta(days=1)


def next_moment(done: date, minute: int, zone: ZoneInfo) -> datetime:
    """When that minute comes after a day; a day that the zone left out is passed over."""
    days = (done + timedelta(days=ahead) for ahead in count(1))
    return next(moment for day in days if (moment := moment_of(day, minute, zone)) is not None)


@cache
def _zones() -> tuple[dict[str, str], dict[str, list[str]]]:
    """All zones by their name in small letters, and those of places by the name of the city."""
    names = sorted(available_timezones() - _NO_PLACE)
    cities: dict[str, list[str]] = {}
    for name in names:
        if "/" in name and not name.startswith("Etc/"):
            cities.setdefault(name.rpartition("/")[2].casefold(), []).append(name)
    for city, zone in _ALSO.items():
        cities[city] = [zone]
    return {name.casefold(): name for name in names}, cities
