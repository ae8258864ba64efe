"""Writing together: each thing happens whole or not at all, and all wait for the disk once."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.store import database as database_module
from bot.store.database import Database


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    async with AsyncExitStack() as opened:
        yield await opened_in(tmp_path, opened)


async def opened_in(folder: Path, opened: AsyncExitStack) -> Database:
    database = await Database.open(folder / "t.db")
    opened.push_async_callback(database.close)
    async with database.transaction() as transaction:
        await transaction.execute("CREATE TABLE notes (number INTEGER PRIMARY KEY)")
    return database


def note(*numbers: int) -> Callable[[sqlite3.Connection], int]:
    """Each may be written once, so that a number that comes again undoes what stands before it."""

    def work(connection: sqlite3.Connection) -> int:
        for number in numbers:
            connection.execute("INSERT INTO notes VALUES (?)", (number,))
        return len(numbers)

    return work


async def noted(database: Database) -> list[int]:
    return [row[0] for row in await database.fetch_all("SELECT number FROM notes ORDER BY number")]


async def test_what_comes_in_the_same_moment_is_written_in_one_transaction(database: Database) -> None:
    said: list[str] = []
    await database._writer.set_trace_callback(said.append)
    counts = await asyncio.gather(*(database.write(note(number)) for number in range(100)))

    assert counts == [1] * 100
    assert said.count("COMMIT") == 1
    assert await noted(database) == list(range(100))


@settings(max_examples=25)
@given(st.lists(st.lists(st.integers(0, 12), max_size=4), max_size=12))
def test_what_fails_is_undone_alone(works: list[list[int]]) -> None:
    async def check() -> None:
        with TemporaryDirectory() as folder:
            async with AsyncExitStack() as opened:
                database = await opened_in(Path(folder), opened)
                writing = (database.write(note(*numbers)) for numbers in works)
                results = await asyncio.gather(*writing, return_exceptions=True)
                there: set[int] = set()
                for numbers, result in zip(works, results, strict=True):
                    if len(there | set(numbers)) == len(there) + len(numbers):
                        there |= set(numbers)
                        assert result == len(numbers)
                    else:
                        assert isinstance(result, sqlite3.IntegrityError)
                assert await noted(database) == sorted(there)

    asyncio.run(check())


async def test_a_transaction_that_is_under_way_is_waited_for(database: Database) -> None:
    async with database.transaction() as transaction:
        writing = asyncio.ensure_future(database.write(note(1)))
        await asyncio.sleep(0)
        await transaction.execute("INSERT INTO notes VALUES (2)")
    assert await writing == 1

    assert await noted(database) == [1, 2]


async def test_whoever_gives_up_before_it_began_wrote_nothing(database: Database) -> None:
    async with database.transaction():
        writing = [asyncio.ensure_future(database.write(note(number))) for number in (1, 2)]
        await asyncio.sleep(0)
        writing[0].cancel()
    await asyncio.wait(writing)

    assert await noted(database) == [2]


async def test_whoever_gives_up_while_it_is_written_keeps_nobody_else_from_hearing(database: Database) -> None:
    writing = [asyncio.ensure_future(database.write(note(number))) for number in (1, 2)]
    while not database._together._waiting:  # noqa: ASYNC110 - they have to be on their way
        await asyncio.sleep(0)
    while database._together._waiting:  # noqa: ASYNC110
        await asyncio.sleep(0)
    writing[0].cancel()

    assert await writing[1] == 1
    assert await noted(database) == [1, 2]


async def test_a_file_that_is_held_for_long_is_told_to_all_and_costs_nobody_later(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 50)
    async with AsyncExitStack() as opened:
        database = await opened_in(tmp_path, opened)
        other = sqlite3.connect(tmp_path / "t.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        writing = (database.write(note(number)) for number in range(5))
        failures = await asyncio.gather(*writing, return_exceptions=True)
        other.close()

        assert {str(failure) for failure in failures} == {"database is locked"}
        assert await database.write(note(7)) == 1
        assert await noted(database) == [7]


async def test_whoever_does_not_get_a_turn_is_told(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "TURN_SECONDS", 0.05)
    async with database.transaction():
        with pytest.raises(sqlite3.OperationalError, match="too much waits"):
            await database.write(note(1))
    assert await database.write(note(2)) == 1

    assert await noted(database) == [2]


async def test_a_full_disk_is_told_to_all_whom_it_undid(database: Database) -> None:
    """SQLite undoes the whole transaction by itself then; ours must not take the others for written."""

    def fill(connection: sqlite3.Connection) -> None:
        connection.execute("ROLLBACK")
        raise sqlite3.OperationalError("database or disk is full")

    writing = (database.write(work) for work in (note(1), fill, note(2)))
    failures = await asyncio.gather(*writing, return_exceptions=True)

    assert {str(failure) for failure in failures} == {"database or disk is full"}
    assert await noted(database) == []
    assert await database.write(note(3)) == 1


async def test_what_is_asked_for_is_written_before_the_file_is_closed(tmp_path: Path) -> None:
    async with AsyncExitStack() as opened:
        database = await opened_in(tmp_path, opened)
        writing = asyncio.ensure_future(database.write(note(1)))
        await asyncio.sleep(0)
    assert await writing == 1


async def test_nobody_waits_for_ever_when_the_writing_is_cut_off(database: Database) -> None:
    async with database.transaction():
        writing = asyncio.ensure_future(database.write(note(1)))
        for _ in range(2):  # it is asked for, and begins
            await asyncio.sleep(0)
        assert database._together._doing is not None
        database._together._doing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
    assert await database.write(note(2)) == 1
