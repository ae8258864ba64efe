"""`/stats`: how much there is of everything, counted quickly and without anybody's name."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.share import Share
from bot.store import database as database_module
from bot.store.community import PresenceRepository
from bot.store.database import Database, known_migrations
from bot.store.requests import Outcome, Request, RequestRepository
from bot.store.stats import Aggregates, StatsRepository
from model.forms import Form
from tests.bot.personal import ME, OTHER, insert, poem
from tests.bot.support import command, interact, rows, text
from tests.conftest import World

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)


async def request(database: Database, number: int, person_id: int, age: timedelta, seconds: float | None) -> None:
    asked_at = NOW - age
    outcomes = [Outcome(number, "done", asked_at + timedelta(seconds=seconds))] if seconds is not None else []
    note = Request(number, person_id, None, None, "poem", {}, "en", asked_at)
    await RequestRepository(database).write([note], outcomes)


async def test_an_empty_database_has_nothing(database: Database) -> None:
    none = dict.fromkeys((*(form.value for form in Form), "free"), 0)

    assert await StatsRepository(database).aggregates(NOW) == Aggregates(none, 0, 0, 0, None)


async def test_people_of_the_last_days_are_counted_once(database: Database) -> None:
    for number, (person_id, days) in enumerate([(1, 0), (1, 0), (1, 12), (2, 29.9), (3, 30.1), (4, -1)]):
        await request(database, number + 1, person_id, timedelta(days=days), None)

    assert (await StatsRepository(database).aggregates(NOW)).people == 2


async def test_the_time_to_a_poem_is_the_median_of_those_that_came(database: Database) -> None:
    for number, seconds in enumerate((1.0, 2.0, 60.0, None)):
        await poem(database, number + 1, person_id=number)  # which makes the request's id one more
        await request(database, number + 1, ME, timedelta(), seconds)
    await request(database, 9, ME, timedelta(), 500.0)  # no poem came of it

    assert (await StatsRepository(database).aggregates(NOW)).seconds == 2.0


async def test_what_was_written_counts_even_when_it_is_gone(database: Database) -> None:
    await poem(database, 1)
    await poem(database, 2)
    for person_id, poem_id in ((ME, 1), (OTHER, 1), (ME, 2)):
        await insert(database, "favorites", person_id=person_id, poem_id=poem_id, kept_at=0)
    async with database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems WHERE id = 1")  # and with it who kept it
    counted = await StatsRepository(database).aggregates(NOW)

    assert (counted.poems["五绝"], counted.favorites) == (2, 1)


async def test_what_was_there_before_it_was_counted_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scripts = tmp_path / "old.db", known_migrations()
    monkeypatch.setattr(database_module, "known_migrations", lambda: scripts[:2])
    database = await Database.open(path)
    await poem(database, 1)
    await poem(database, 2)
    async with database.transaction() as transaction:
        await transaction.execute("UPDATE poems SET form = NULL WHERE id = 2")
    await database.close()
    monkeypatch.undo()

    database = await Database.open(path)
    counted = await StatsRepository(database).aggregates(NOW)
    await database.close()
    assert {form: count for form, count in counted.poems.items() if count} == {"五绝": 1, "free": 1}


async def test_it_is_counted_once_a_minute(database: Database) -> None:
    stats = StatsRepository(database)
    await stats.aggregates(NOW)
    await poem(database, 1)

    assert (await stats.aggregates(NOW + timedelta(seconds=59))).poems["五绝"] == 0
    assert (await stats.aggregates(NOW + timedelta(seconds=60))).poems["五绝"] == 1
    await poem(database, 2)
    # A clock that was put back.
    assert (await stats.aggregates(NOW)).poems["五绝"] == 2


async def test_nothing_reads_a_whole_table(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    fetch_all = Database.fetch_all

    async def note(self: Database, sql: str, parameters: tuple[object, ...] = ()) -> object:
        asked.append((sql, parameters))
        return await fetch_all(self, sql, parameters)

    with monkeypatch.context() as patch:
        patch.setattr(Database, "fetch_all", note)
        await StatsRepository(database).aggregates(NOW)
    for sql, parameters in asked:
        plan = [str(step[-1]) for step in await database.fetch_all(f"EXPLAIN QUERY PLAN {sql}", parameters)]
        scanned = {step for step in plan if step.startswith("SCAN")}
        assert scanned <= {"SCAN counts", "SCAN poems", "SCAN latest"}, plan
        if "SCAN poems" in scanned:
            assert "LIMIT" in sql
        if "person_id" in sql:
            assert any("COVERING INDEX requests_by_time" in step for step in plan), plan


async def test_stats_tells_aggregates(world: World) -> None:
    await world.alice.slash(world.channel, "poem")
    await world.bob.slash(world.channel, "add", a="1", b="2")
    [(poem_id,)] = await rows(world.bot, "SELECT id FROM poems")
    await world.bot.favorites.keep(world.bob.id, poem_id, NOW)
    # Another process, with the other shard.
    await PresenceRepository(world.bot.database, Share((1,), 2)).note_count(3)
    response = (await world.alice.slash(world.channel, "stats")).response

    assert response is not None
    assert response.ephemeral
    shown = text(response)
    assert "Poems written: **1**\n-# " in shown
    for line in ("Poems in favourites: **1**", "Sums: **1**", "Servers: **4**", "last 30 days: **2**"):
        assert line in shown
    assert " s** (median of the last poems)" in shown
    assert str(world.alice.id) not in shown


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "写过的诗：**0**"), ("zh-TW", "從提出到成詩：尚未測得")])
async def test_stats_of_nothing_yet_in_chinese(world: World, locale: str, said: str) -> None:
    shown = text((await interact(world, command(world, "stats"), locale=locale)).response)

    assert said in shown
    assert "-#" not in shown
