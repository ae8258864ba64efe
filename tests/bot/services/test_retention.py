"""What is forgotten after a time, as the settings say, and without being in anybody's way."""

import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from discord.ext import tasks

from bot.app import create_bot
from bot.config import Config
from bot.services import retention as service
from bot.services.retention import Retention
from bot.store.database import Database, milliseconds
from bot.store.privacy import KINDS, PrivacyRepository
from bot.store.requests import Request, RequestRepository
from tests.bot.personal import ME, OTHER, insert, poem
from tests.bot.support import rows
from tests.conftest import World

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
DAYS = {"requests": 90, "additions": 365, "contests": 300, "ballots": 200, "reports": 180, "faults": 30}
DAY = timedelta(days=1)


@pytest.fixture
def retention(database: Database) -> Retention:
    return Retention(PrivacyRepository(database), DAYS)


async def request(database: Database, number: int, age: timedelta) -> None:
    note = Request(number, ME, None, None, "poem", {}, "en", NOW - age)
    await RequestRepository(database).write([note], [])


async def test_each_table_has_its_own_days(database: Database, retention: Retention) -> None:
    await poem(database, 1)
    await poem(database, 2)
    for number, extra in ((1, -DAY), (2, DAY)):
        times = {table: milliseconds(NOW - timedelta(days=days) - extra) for table, days in DAYS.items()}
        await request(database, number, timedelta(days=DAYS["requests"]) + extra)
        sums = {"sum": "", "digits": "", "carries": "", "margins": b"", "confidences": b"", "expected": ""}
        sums |= {"operands": "[]", "weights": "", "version": ""}
        await insert(database, "additions", request_id=1, person_id=ME, made_at=times["additions"], **sums)
        contest = {"id": number, "request_id": 1, "start": "", "seed": 1, "unknown": "", "entries": "[]", "version": ""}
        await insert(database, "contests", person_id=ME, made_at=times["contests"], **contest)
        await insert(database, "ballots", contest_id=number, person_id=ME, cell="rnn", voted_at=times["ballots"])
        complaint = {"reporter_id": ME, "poem_id": number, "reason": ""}
        await insert(database, "reports", reported_at=times["reports"], **complaint)
        fault = {"reference": str(number), "request_id": 1, "person_id": ME, "command": "", "trace": ""}
        await insert(database, "faults", happened_at=times["faults"], **fault)

    assert await retention.sweep(NOW) == dict.fromkeys(DAYS, 1) | {"poems": 0}
    for table in DAYS:
        key = {"faults": "reference", "ballots": "contest_id"}.get(table, "id")
        assert await database.fetch_all(f"SELECT CAST({key} AS INTEGER) FROM {table}") == [(1,)]  # noqa: S608
    assert len(await database.fetch_all("SELECT 1 FROM poems")) == 2


async def test_it_may_happen_as_often_as_one_likes(database: Database, retention: Retention) -> None:
    await request(database, 1, timedelta(days=91))
    await retention.sweep(NOW)

    assert sum((await retention.sweep(NOW)).values()) == 0


async def test_it_goes_in_small_steps_and_may_end_between_them(
    database: Database, retention: Retention, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "BATCH", 3)
    for number in range(10):
        await request(database, number + 1, timedelta(days=99 - number))
    steps: list[int] = []
    forget = PrivacyRepository.forget

    async def note(self: PrivacyRepository, *arguments: object) -> int:
        gone: int = await forget(self, *arguments)  # type: ignore[arg-type]
        steps.append(gone)
        if len(steps) == 2 + others_first:
            raise sqlite3.OperationalError("database is locked")
        return gone

    others_first = 3  # sums, ballots and contests come before the requests, and there are none
    monkeypatch.setattr(PrivacyRepository, "forget", note)
    with pytest.raises(sqlite3.OperationalError):
        await retention.sweep(NOW)
    assert steps == [0, 0, 0, 3, 3]
    assert len(await database.fetch_all("SELECT 1 FROM requests")) == 4
    await retention.sweep(NOW)

    assert [number for (number,) in await database.fetch_all("SELECT id FROM requests ORDER BY id")] == [10]


async def test_a_clock_that_was_put_back_forgets_nothing(database: Database, retention: Retention) -> None:
    await request(database, 1, timedelta())

    assert sum((await retention.sweep(NOW - timedelta(days=20_000))).values()) == 0


async def test_a_poem_without_author_goes_when_nobody_keeps_it_any_more(
    database: Database, retention: Retention
) -> None:
    for number in (1, 2):
        await poem(database, number)
        await insert(database, "favorites", person_id=OTHER, poem_id=number, kept_at=0)
    await poem(database, 3, 0)  # the bot's own, in a channel
    await PrivacyRepository(database).delete(ME)
    assert (await retention.sweep(NOW))["poems"] == 0
    async with database.transaction() as transaction:
        await transaction.execute("DELETE FROM favorites WHERE poem_id = 1")

    assert (await retention.sweep(NOW))["poems"] == 1
    assert await database.fetch_all("SELECT id FROM poems ORDER BY id") == [(2,), (3,)]


async def test_what_is_too_old_is_found_by_an_index(database: Database) -> None:
    for kind in KINDS:
        if kind.aged is not None:
            sql = f"EXPLAIN QUERY PLAN SELECT 1 FROM {kind.table} WHERE {kind.aged} < 1 ORDER BY {kind.aged} LIMIT 5"  # noqa: S608
            [step] = await database.fetch_all(sql)
            assert f"USING COVERING INDEX {kind.table}_by_time" in step[-1], step


def daily(world: World) -> "tasks.Loop[Any]":
    found = world.bot.get_cog("PrivacyCog")
    loop = getattr(found, "forget", None)
    assert isinstance(loop, tasks.Loop)
    return loop


async def make_old(world: World) -> None:
    await world.alice.slash(world.channel, "poem")
    assert len(await rows(world.bot, "SELECT 1 FROM requests")) == 1
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("UPDATE requests SET asked_at = 0")
        await transaction.execute("INSERT INTO servers (guild_id, left_at, changed_at) VALUES (5, 0, 0)")


async def test_the_bot_forgets_after_its_start_and_every_day(world: World, config: Config) -> None:
    await make_old(world)
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))
    await world.env.settle()

    assert await rows(world.bot, "SELECT 1 FROM requests") == []
    assert await rows(world.bot, "SELECT 1 FROM servers WHERE guild_id = 5") == []
    assert daily(world).is_running()
    assert daily(world).hours == 24


async def test_a_day_on_which_the_database_refuses_is_followed_by_another(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def locked(*_: object) -> None:
        raise sqlite3.OperationalError("database is locked")

    await make_old(world)
    with monkeypatch.context() as patch:
        patch.setattr(world.bot.retention, "sweep", locked)
        await daily(world)()
    assert "tried again in a day" in caplog.text
    assert len(await rows(world.bot, "SELECT 1 FROM requests")) == 1
    await daily(world)()

    assert await rows(world.bot, "SELECT 1 FROM requests") == []


async def test_the_daily_forgetting_ends_with_the_bot(world: World) -> None:
    loop = daily(world)
    await world.bot.close()

    assert loop.is_being_cancelled() or not loop.is_running()


async def test_the_settings_say_how_long(world: World) -> None:
    retention = world.bot.config.retention

    days = retention.model_dump() | {"ballots_days": retention.contests_days}  # a vote is for a contest
    assert retention.of_tables == {kind.table: days[f"{kind.table}_days"] for kind in KINDS if kind.aged}
