"""Hours and time zones as people type them, and the last and the next such moment."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from bot.services.daytime import AlmostAZone, NotATime, NotAZone, clock, last_day, minute_of, next_moment, zone_named

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.mark.parametrize(
    ("typed", "minute"),
    [("8:00", 480), ("08:30", 510), ("８：３０", 510), (" 20 ", 1200), ("0:00", 0), ("23.59", 1439)],
)
def test_hours(typed: str, minute: int) -> None:
    assert minute_of(typed) == minute
    assert minute_of(clock(minute)) == minute


@pytest.mark.parametrize(
    "typed", ["", "24:00", "8:60", "noon", "-1", "8:0", "8:00:00", "٨:٠٠", "8:00 <@1>", "9" * 4000]
)
def test_what_is_no_hour(typed: str) -> None:
    with pytest.raises(NotATime):
        minute_of(typed)


@pytest.mark.parametrize(
    ("typed", "zone"),
    [
        ("Asia/Shanghai", "Asia/Shanghai"),
        (" asia/shanghai ", "Asia/Shanghai"),
        ("shanghai", "Asia/Shanghai"),
        ("New York", "America/New_York"),
        ("Ｔｏｋｙｏ", "Asia/Tokyo"),
        ("Beijing", "Asia/Shanghai"),
        ("臺北", "Asia/Taipei"),
        ("utc", "UTC"),
        ("Etc/GMT-8", "Etc/GMT-8"),
    ],
)
def test_zones(typed: str, zone: str) -> None:
    assert zone_named(typed) == zone
    assert ZoneInfo(zone)


@pytest.mark.parametrize(
    ("typed", "like"),
    [("Asia/Shanhai", "`Asia/Shanghai`"), ("Berln", "`Europe/Berlin`"), ("indianapolis", "`America/Indianapolis`")],
)
def test_zones_that_are_almost_right(typed: str, like: str) -> None:
    with pytest.raises(AlmostAZone) as raised:
        zone_named(typed)

    zones = str(raised.value.values["zones"]).split(" · ")
    assert like in zones
    assert len(zones) <= 5


@pytest.mark.parametrize("typed", ["", "  ", "@everyone", "../../etc/passwd", "localtime", "嫦娥", "x" * 4000])
def test_what_is_no_zone(typed: str) -> None:
    with pytest.raises((NotAZone, AlmostAZone)) as raised:
        zone_named(typed)

    assert "etc/passwd" not in str(raised.value.values)


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2026, 1, 31, 6, 59, 59, tzinfo=UTC), date(2026, 1, 30)),
        (datetime(2026, 1, 31, 7, tzinfo=UTC), date(2026, 1, 31)),
        (datetime(2026, 1, 31, 23, 30, tzinfo=UTC), date(2026, 1, 31)),  # there it is the 1st already
    ],
)
def test_the_last_day_that_had_its_moment(now: datetime, day: date) -> None:
    assert last_day(now, 480, BERLIN) == day


@pytest.mark.parametrize(
    ("done", "minute", "zone", "moment"),
    [
        (date(2026, 1, 31), 480, BERLIN, datetime(2026, 2, 1, 7, tzinfo=UTC)),
        (date(2026, 3, 28), 480, BERLIN, datetime(2026, 3, 29, 6, tzinfo=UTC)),
        # Samoa had no 30 December that year.
        (date(2011, 12, 29), 480, ZoneInfo("Pacific/Apia"), datetime(2011, 12, 30, 18, tzinfo=UTC)),
    ],
)
def test_the_next_moment(done: date, minute: int, zone: ZoneInfo, moment: datetime) -> None:
    assert next_moment(done, minute, zone) == moment
