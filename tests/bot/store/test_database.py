"""The database itself: migrations, transactions, and what cannot be used."""

import asyncio
import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import database as database_module
from bot.store.additions import AdditionRecord, AdditionRepository
from bot.store.database import Database, StoreError, known_migrations, milliseconds
from bot.store.origin import Origin
from bot.store.poems import PoemRecord, PoemRepository
from bot.store.requests import Outcome, Request, RequestRepository
from bot.store.syncs import Sync, SyncRepository

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
ORIGIN = Origin(request_id=2**63 - 1, person_id=5, guild_id=None, channel_id=7)


async def test_an_empty_folder_becomes_a_database(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "down" / "t.db"
    database = await Database.open(path)
    [[version]] = await database.fetch_all("PRAGMA user_version")
    [[mode]] = await database.fetch_all("PRAGMA journal_mode")
    [[keys]] = await database.fetch_all("PRAGMA foreign_keys")
    await database.close()

    assert (version, mode, keys) == (len(known_migrations()), "wal", 1)
    again = await Database.open(path)
    await again.close()


async def test_every_older_version_is_brought_up_to_date(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = [*known_migrations(), "CREATE TABLE more (x INTEGER) STRICT;", "INSERT INTO more VALUES (1);"]
    for version in range(len(scripts)):
        path = tmp_path / f"{version}.db"
        monkeypatch.setattr(database_module, "known_migrations", lambda upto=version: scripts[:upto])
        await (await Database.open(path)).close()
        monkeypatch.setattr(database_module, "known_migrations", lambda: scripts)
        database = await Database.open(path)
        assert await database.fetch_all("SELECT x FROM more") == [(1,)]
        await database.close()


async def test_poems_of_before_the_craft_was_kept_have_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scripts = tmp_path / "t.db", known_migrations()
    monkeypatch.setattr(database_module, "known_migrations", lambda: scripts[:1])
    database = await Database.open(path)
    async with database.transaction() as transaction:
        await transaction.execute(
            "INSERT INTO poems (request_id, person_id, text, form, start, unknown, seed, script, wish, weights,"
            " version, made_at) VALUES (1, 2, '月', '五绝', '月', '', 3, 'hans', '{}', 'abc', '1', 0)"
        )
    await database.close()
    monkeypatch.undo()

    database = await Database.open(path)
    poem = await PoemRepository(database).get(1)
    assert poem is not None
    assert (poem.text, poem.pattern, poem.theme, poem.given, poem.seed) == ("月", "", "", (), 3)
    with pytest.raises(sqlite3.IntegrityError):
        async with database.transaction() as transaction:
            await transaction.execute("UPDATE poems SET given = 'no list'")
    await database.close()


async def test_a_migration_happens_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.db"
    broken = [*known_migrations(), "CREATE TABLE half (x INTEGER) STRICT; INSERT INTO nowhere VALUES (1);"]
    monkeypatch.setattr(database_module, "known_migrations", lambda: broken)
    with pytest.raises(StoreError, match="nowhere"):
        await Database.open(path)
    monkeypatch.undo()

    database = await Database.open(path)
    assert not await database.fetch_all("SELECT name FROM sqlite_schema WHERE name = 'half'")
    await database.close()


def test_migrations_have_no_gap(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "store" / "migrations"
    folder.mkdir(parents=True)
    for name in ("001_begin.sql", "003_later.sql", "readme.txt"):
        (folder / name).touch()
    monkeypatch.setattr(database_module, "files", lambda _: tmp_path)

    with pytest.raises(StoreError, match=r"001_begin\.sql, 003_later\.sql"):
        known_migrations()


async def test_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()
    with pytest.raises(StoreError, match="has version 999, this program knows"):
        await Database.open(path)
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA user_version").fetchone() == (999,)
    connection.close()


async def test_what_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("this is a text, and long enough to be looked at by SQLite " * 20)
    for path in (tmp_path / "text.db", tmp_path, tmp_path / "text.db" / "below.db"):
        with pytest.raises(StoreError, match="database"):
            await Database.open(path)


@pytest.mark.parametrize(
    ("code", "advice"),
    [
        (sqlite3.SQLITE_FULL, "free some space"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "end the program that holds it"),
        (sqlite3.SQLITE_NOTADB, "begin afresh"),
        (sqlite3.SQLITE_READONLY, r"\[storage\] dir"),
        (None, r"\[storage\] dir"),
    ],
)
async def test_advice_fits_the_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int | None, advice: str
) -> None:
    def fail() -> list[str]:
        error = sqlite3.OperationalError("fault")
        if code is not None:
            error.sqlite_errorcode = code
        raise error

    monkeypatch.setattr(database_module, "known_migrations", fail)
    with pytest.raises(StoreError, match=f"fault; .*{advice}"):
        await Database.open(tmp_path / "t.db")


async def test_an_old_sqlite_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 0))
    with pytest.raises(StoreError, match=r"3\.37\.0 or newer"):
        await Database.open(tmp_path / "t.db")


async def test_a_failed_transaction_is_undone(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "t.db")
    syncs = SyncRepository(database)

    async def fail() -> None:
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO command_syncs VALUES (1, 0, 'x', '{}', 0)")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await syncs.last(1) is None
    await syncs.record(1, Sync("x", {"poem": 3}), NOW)
    await syncs.record(1, Sync("y", {"poem": 4}), NOW)
    await syncs.record(1, Sync("z", {}), NOW, guild_id=9)
    assert await syncs.last(1) == Sync("y", {"poem": 4})
    assert await syncs.last(1, 9) == Sync("z", {})
    await database.close()


async def test_a_cancelled_transaction_is_undone_wherever_it_was(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "t.db")

    async def write() -> None:
        async with database.transaction() as transaction:
            for number in range(20):
                await transaction.execute("INSERT INTO command_syncs VALUES (?, 0, 'x', '{}', 0)", (number,))

    for turns in range(12):
        task = asyncio.ensure_future(write())
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        [[count]] = await database.fetch_all("SELECT count(*) FROM command_syncs")
        assert count == 0
    await write()
    await database.close()


async def test_nobody_sees_half_of_anothers_work(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "t.db")

    async def write() -> None:
        async with database.transaction() as transaction:
            for number in (1, 2):
                await transaction.execute("INSERT INTO command_syncs VALUES (?, 0, 'x', '{}', 0)", (number,))
                await asyncio.sleep(0.01)

    writing = asyncio.ensure_future(write())
    seen = set()
    while not writing.done():
        [[count]] = await database.fetch_all("SELECT count(*) FROM command_syncs")
        seen.add(count)
    assert seen <= {0, 2}
    await database.close()


poems = st.builds(
    PoemRecord,
    text=st.text(),
    form=st.none() | st.text(),
    pattern=st.text(),
    theme=st.text(),
    start=st.text(),
    given=st.lists(st.integers(0, 55)).map(tuple),
    unknown=st.text(),
    seed=st.integers(0, 2**63 - 1),
    script=st.text(),
    wish=st.dictionaries(st.text(), st.none() | st.integers(0, 2**53) | st.text()),
    weights=st.text(),
    version=st.text(),
)
floats = st.floats(width=32, allow_nan=False)
additions = st.builds(
    AdditionRecord,
    operands=st.lists(st.text("0123456789"), max_size=3).map(tuple),
    text=st.text("0123456789"),
    digits=st.lists(st.integers(0, 9)).map(tuple),
    carries=st.lists(st.integers(0, 2)).map(tuple),
    margins=st.lists(floats).map(tuple),
    confidences=st.lists(floats).map(tuple),
    expected=st.text("0123456789"),
    weights=st.text(),
    version=st.text(),
)


@settings(max_examples=30)
@given(kept=st.lists(poems | additions, min_size=1, max_size=5))
def test_what_is_kept_comes_back_as_it_was(
    kept: list[PoemRecord | AdditionRecord], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def keep() -> None:
        database = await Database.open(tmp_path_factory.mktemp("store") / "t.db")
        for record in kept:
            if isinstance(record, PoemRecord):
                poem_repository = PoemRepository(database)
                assert await poem_repository.get(await poem_repository.add(record, ORIGIN, NOW)) == record
            else:
                addition_repository = AdditionRepository(database)
                assert await addition_repository.get(await addition_repository.add(record, ORIGIN, NOW)) == record
        await database.close()

    asyncio.run(keep())


async def test_what_was_never_kept_is_none(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "t.db")
    assert await PoemRepository(database).get(1) is None
    assert await AdditionRepository(database).get(1) is None
    await database.close()


async def test_an_id_that_is_gone_never_comes_again(tmp_path: Path) -> None:
    """It stands in the buttons of old messages, which would else belong to another's poem or sum."""
    database = await Database.open(tmp_path / "t.db")
    poem = PoemRecord("月", None, None, "", "", "", (), "", "", 1, "hans", {}, "abc", "1")
    addition = AdditionRecord(("1", "2"), "3", (3,), (0,), (1.0,), (0.9,), "3", "abc", "1")

    async def keep(table: str) -> int:
        if table == "poems":
            return await PoemRepository(database).add(poem, ORIGIN, NOW)
        return await AdditionRepository(database).add(addition, ORIGIN, NOW)

    for table in ("poems", "additions"):
        gone = await keep(table)
        async with database.transaction() as transaction:
            await transaction.execute(f"DELETE FROM {table}")  # noqa: S608 - one of two
        assert await keep(table) > gone
    await database.close()


async def test_requests_and_outcomes(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "t.db")
    repository = RequestRepository(database)
    request = Request(1, 2, 3, 4, "poem", {"start": "月\ud800\0", "seed": 2**53}, "zh-CN", NOW)
    await repository.write([request, request], [])
    await repository.write([request], [Outcome(1, "error.unexpected", NOW, "abcd1234"), Outcome(9, "done", NOW)])

    rows = await database.fetch_all("SELECT id, locale, asked_at, answered_at, outcome, reference FROM requests")
    assert rows == [(1, "zh-CN", milliseconds(NOW), milliseconds(NOW), "error.unexpected", "abcd1234")]
    await database.close()


def test_times_are_milliseconds() -> None:
    assert milliseconds(datetime(1970, 1, 1, 0, 0, 1, 500_000, tzinfo=UTC)) == 1500
