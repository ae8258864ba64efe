"""When the poem of the day is due: in every zone, over changes of the clocks, with clocks that jump."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.services.schedule import LATEST, due, hours_due, moment_of, zone_of
from bot.store.servers import ServerSettings

MINUTE = timedelta(minutes=1)
# Half hours, two hours, at midnight, on a Friday, backwards in winter, without any, and a day that was left out.
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "Africa/Cairo",
    "Africa/Casablanca",
    "Europe/Dublin",
    "Asia/Beirut",
    "Asia/Shanghai",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "Pacific/Auckland",
    "America/St_Johns",
    "America/Havana",
    "UTC",
]
CHANGES = [
    ("Europe/Berlin", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Europe/Berlin", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 11, 4, 3, tzinfo=UTC)),
    ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
    ("Australia/Lord_Howe", datetime(2026, 4, 4, 15, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 3, 29, 1, tzinfo=UTC)),
    ("Antarctica/Troll", datetime(2026, 10, 25, 1, tzinfo=UTC)),
    ("Africa/Cairo", datetime(2026, 4, 23, 22, tzinfo=UTC)),
    ("Asia/Beirut", datetime(2026, 3, 28, 22, tzinfo=UTC)),
    ("Pacific/Apia", datetime(2011, 12, 30, 10, tzinfo=UTC)),
]


def server(minute: int, zone: str, done: date | None = None) -> ServerSettings:
    return ServerSettings(
        daily_channel_id=1, daily_minute=minute, daily_zone=zone, daily_done=done.isoformat() if done else None
    )


def at(text: str, zone: str = "UTC", fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC)


def run(
    settings: ServerSettings, start: datetime, end: datetime, step: timedelta = MINUTE
) -> list[tuple[date, datetime]]:
    """What is sent, and when, by a bot that looks every so often."""
    sent = []
    now = start
    while now < end:
        day = due(settings, now)
        if day is not None:
            sent.append((day, now))
            settings = replace(settings, daily_done=day.isoformat())
        now += step
    return sent


@pytest.mark.parametrize(("zone", "change"), CHANGES)
def test_every_day_has_its_poem_once_when_the_clocks_change(zone: str, change: datetime) -> None:
    there = ZoneInfo(zone)
    before, after = ((change + side).astimezone(there).utcoffset() for side in (-MINUTE, MINUTE))
    assert before != after
    start, end = change - timedelta(days=2), change + timedelta(days=2)
    first = start.astimezone(there).date()
    for minute in (0, 30, 90, 150, 180, 719, 1410):
        days = [first + timedelta(days=number) for number in range(1, 6)]
        moments = [(day, moment_of(day, minute, there)) for day in days]
        wanted = [(day, moment) for day, moment in moments if moment is not None and moment < end]
        assert run(server(minute, zone, first), start, end) == wanted


@given(
    st.sampled_from(ZONES),
    st.integers(0, 1439),
    st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - UTC is set below
)
@settings(max_examples=40)
def test_ticked_each_minute_every_day_comes_once_and_on_time(zone: str, minute: int, start: datetime) -> None:
    start = start.replace(tzinfo=UTC, second=0, microsecond=0)
    there = ZoneInfo(zone)
    done = start.astimezone(there).date()
    sent = run(server(minute, zone, done), start, start + timedelta(days=3))

    days = [day for day, _ in sent]
    assert days == sorted(set(days))
    for day, moment in sent:
        wall = moment.astimezone(there)
        assert wall.date() == day
        leapt = (moment - MINUTE).astimezone(there).utcoffset() != wall.utcoffset()
        assert wall.hour * 60 + wall.minute == minute or leapt
    ahead = [done + timedelta(days=number) for number in range(1, 5)]
    moments = [(day, moment_of(day, minute, there)) for day in ahead]
    assert days == [day for day, due_at in moments if due_at is not None and due_at < start + timedelta(days=3)]


@given(
    st.sampled_from(ZONES),
    st.integers(0, 1439),
    st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001
    st.lists(st.sampled_from(["minute", "hour", "day", "back an hour", "back a day"]), max_size=40),
)
def test_whatever_the_clock_does_no_day_comes_twice(zone: str, minute: int, start: datetime, jumps: list[str]) -> None:
    steps = {"minute": 1, "hour": 60, "day": 1440, "back an hour": -60, "back a day": -1440}
    now, settings, sent = start.replace(tzinfo=UTC), server(minute, zone), []
    for jump in jumps:
        day = due(settings, now)
        if day is not None:
            moment = moment_of(day, minute, ZoneInfo(zone))
            assert moment is not None
            assert timedelta() <= now - moment <= LATEST
            sent.append(day)
            settings = replace(settings, daily_done=day.isoformat())
        now += steps[jump] * MINUTE
    # Back by a day or two the day is still known as done; only a clock that was far ahead is not believed.
    assert all(later > earlier or earlier - later > timedelta(days=2) for earlier, later in pairwise(sent))


@given(
    st.sampled_from(ZONES),
    st.integers(0, 1439),
    st.one_of(
        st.datetimes(datetime(2005, 1, 1), datetime(2037, 1, 1)).map(lambda now: now.replace(tzinfo=UTC)),  # noqa: DTZ001
        st.builds(
            lambda change, minutes: change[1] + minutes * MINUTE, st.sampled_from(CHANGES), st.integers(-300, 300)
        ),
    ),
)
@settings(max_examples=500)
def test_the_hours_to_look_at_leave_nobody_out(zone: str, minute: int, now: datetime) -> None:
    hours = list(hours_due([zone], now))

    assert all(0 <= part.first <= part.last <= 1439 for part in hours)
    if due(server(minute, zone), now) is not None:
        assert any(part.first <= minute <= part.last for part in hours)
    assert sum(part.last - part.first + 1 for part in hours) in range(120, 122 + 2 * 121) or zone == "Pacific/Apia"


@pytest.mark.parametrize(
    ("day", "minute", "zone", "moment"),
    [
        ("2026-03-29", 150, "Europe/Berlin", at("2026-03-29T03:00", "Europe/Berlin")),  # 02:30 does not exist
        ("2026-10-25", 150, "Europe/Berlin", at("2026-10-25T02:30", "Europe/Berlin", fold=0)),  # 02:30 comes twice
        ("2018-11-04", 0, "America/Sao_Paulo", at("2018-11-04T01:00", "America/Sao_Paulo")),  # without a midnight
        ("2018-02-17", 1410, "America/Sao_Paulo", at("2018-02-17T23:30", "America/Sao_Paulo", fold=0)),
        ("2026-10-04", 135, "Australia/Lord_Howe", at("2026-10-04T02:30", "Australia/Lord_Howe")),  # half an hour
        ("2026-03-29", 90, "Antarctica/Troll", at("2026-03-29T03:00", "Antarctica/Troll")),  # two hours
        ("2011-12-30", 480, "Pacific/Apia", None),  # a day that never was
    ],
)
def test_hours_that_do_not_exist_or_come_twice(day: str, minute: int, zone: str, moment: datetime | None) -> None:
    assert moment_of(date.fromisoformat(day), minute, ZoneInfo(zone)) == moment


def test_after_an_outage_the_last_poem_comes_when_it_is_not_too_late() -> None:
    settings = server(480, "UTC", date(2026, 1, 1))

    assert due(settings, at("2026-01-05T07:59")) is None
    assert due(settings, at("2026-01-05T10:00")) == date(2026, 1, 5)
    assert due(settings, at("2026-01-05T10:01")) is None
    assert run(settings, at("2026-01-05T10:30"), at("2026-01-06T09:00")) == [(date(2026, 1, 6), at("2026-01-06T08:00"))]


def test_a_late_poem_of_yesterday_still_comes_after_midnight() -> None:
    settings = server(23 * 60 + 30, "UTC", date(2026, 1, 3))

    assert due(settings, at("2026-01-05T00:15")) == date(2026, 1, 4)
    assert due(settings, at("2026-01-05T01:31")) is None


def test_a_clock_that_was_far_ahead_does_not_silence_a_server() -> None:
    assert due(server(480, "UTC", date(2031, 1, 1)), at("2026-01-05T08:00")) == date(2026, 1, 5)
    assert due(server(480, "UTC", date(2026, 1, 6)), at("2026-01-05T08:00")) is None


@pytest.mark.parametrize(
    "settings",
    [
        ServerSettings(),
        ServerSettings(daily_channel_id=1, daily_minute=480),
        ServerSettings(daily_channel_id=1, daily_zone="UTC"),
        ServerSettings(daily_minute=480, daily_zone="UTC"),
        server(480, "Mars/Olympus"),
        server(480, "America"),
        server(480, "../../etc/passwd"),
    ],
)
def test_without_channel_hour_or_zone_nothing_is_due(settings: ServerSettings) -> None:
    now = at("2026-01-05T08:00")
    assert due(settings, now) is None
    assert zone_of("Mars/Olympus") is None
    assert not list(hours_due(["Mars/Olympus"], now))
