"""When a server's poem of the day is due. Pure: the caller brings settings and time."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo

from bot.store.daily import Hours
from bot.store.servers import ServerSettings

LATEST: Final = timedelta(hours=2)
"""A poem may be late by so much, after an outage; later it is left out."""
_DAY: Final = timedelta(days=1)
_MINUTES: Final = 24 * 60


@cache
def zone_of(name: str) -> ZoneInfo | None:
    """The time zone of that name; None where this machine does not know it."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown; no name at all; the name of a folder
        return None


def moment_of(day: date, minute: int, zone: ZoneInfo) -> datetime | None:
    """When it is that minute of that day in the zone, in UTC.

    A time that comes twice means the first one. One that the clocks leap over means the first moment behind the gap:
    None where that is no longer the same day, which happens where a whole day is left out.
    """
    wall = datetime.combine(day, time(minute // 60, minute % 60))
    moment = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == wall:
        return moment
    # In a gap fold=0 counts with the offset of before, and fold=1 with that of after it: the leap lies between the two.
    moment = _leap(wall.replace(tzinfo=zone, fold=1).astimezone(UTC), moment, zone)
    return moment if moment.astimezone(zone).date() == day else None


def due(settings: ServerSettings, now: datetime) -> date | None:
    """The day, there, whose poem is to be sent now; None where there is nothing to send."""
    minute, name = settings.daily_minute, settings.daily_zone
    if settings.daily_channel_id is None or minute is None or name is None or (zone := zone_of(name)) is None:
        return None
    today = now.astimezone(zone).date()
    done = date.fromisoformat(settings.daily_done) if settings.daily_done else None
    for day in (today, today - _DAY):
        moment = moment_of(day, minute, zone)
        if moment is not None and moment <= now <= moment + LATEST and not _is_done(day, done):
            return day
    return None


def hours_due(zones: Iterable[str], now: datetime) -> Iterator[Hours]:
    """At which hours a server of each zone may be due; due() then says which is."""
    for name in zones:
        zone = zone_of(name)
        if zone is None:
            continue
        here, before = now.astimezone(zone), (now - LATEST).astimezone(zone)
        # Where the clocks were changed in between, what they leapt over or went through twice is due, too.
        change = abs((here.utcoffset() or timedelta()) - (before.utcoffset() or timedelta()))
        minute = here.hour * 60 + here.minute
        first, last = minute - _in_minutes(LATEST + change), minute + _in_minutes(change)
        if last - first >= _MINUTES:
            yield Hours(name, 0, _MINUTES - 1)
            continue
        for shift in (-_MINUTES, 0, _MINUTES):
            start, end = max(first + shift, 0), min(last + shift, _MINUTES - 1)
            if start <= end:
                yield Hours(name, start, end)


def _is_done(day: date, done: date | None) -> bool:
    # A day that is far ahead was noted by a clock that went wrong: it is not to silence the server until then.
    return done is not None and day <= done <= day + 2 * _DAY


def _leap(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The first second behind the gap between these two moments."""
    offset = before.astimezone(zone).utcoffset()
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        middle = middle.replace(microsecond=0)
        if middle.astimezone(zone).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return after


def _in_minutes(span: timedelta) -> int:
    return int(span.total_seconds() // 60)
