"""Bad luck in the store: another program holds the file."""

import asyncio
import sqlite3
import time
from pathlib import Path

import pytest

from bot.store import database as database_module
from bot.store.database import Database, StoreError
from tests.bot.store.luck.conftest import count, file_of, held, note
from tests.bot.support import rows, text
from tests.conftest import World


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for whoever holds the file."""
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 100)


async def test_whoever_holds_the_file_for_a_moment_is_waited_for(database: Database, tmp_path: Path) -> None:
    with held(tmp_path / "t.db") as other:
        writing = asyncio.create_task(note(database, 1))
        await asyncio.sleep(0.2)
        assert not writing.done()
        assert await count(database) == 0  # reading goes on meanwhile
        other.execute("COMMIT")
        await writing

    assert await count(database) == 1


@pytest.mark.usefixtures("hurried")
async def test_whoever_holds_the_file_for_long_stops_writing_only_while_it_does(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "t.db")
    with held(tmp_path / "t.db"):
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            await note(database, 1)
        assert await count(database) == 0

    await note(database, 1)
    assert await count(database) == 1
    await database.close()


@pytest.mark.usefixtures("hurried")
async def test_many_who_write_hear_of_it_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "TURN_SECONDS", 0.1)
    database = await Database.open(tmp_path / "t.db")
    with held(tmp_path / "t.db"):
        began = time.perf_counter()
        failures = await asyncio.gather(*(note(database, number) for number in range(50)), return_exceptions=True)

    assert all(isinstance(failure, sqlite3.OperationalError) for failure in failures)
    assert time.perf_counter() - began < 50 * 0.1
    await note(database, 1)
    await database.close()


@pytest.mark.usefixtures("hurried")
async def test_a_file_that_is_held_stops_the_start_with_advice(tmp_path: Path) -> None:
    path = tmp_path / "t.db"
    with sqlite3.connect(path) as made:
        made.execute("PRAGMA journal_mode = WAL")
    made.close()
    with held(path), pytest.raises(StoreError, match="locked; end the program that holds it"):
        await Database.open(path)
    await (await Database.open(path)).close()


async def test_while_the_file_is_held_a_person_hears_so_and_goes_on_afterwards(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.bot.poems._database._writer.execute("PRAGMA busy_timeout = 50")
    await world.bot.journal.written()
    with held(file_of(world)):
        result = await world.alice.slash(world.channel, "poem")
        about = await world.alice.slash(world.channel, "about")
        [told] = result.followups
        assert told.ephemeral
        assert "cannot reach my memory" in told.content
        assert "tangpoet" in text(about.response)
        reference = told.content.split("`")[1]
        assert reference in caplog.text
        assert caplog.text.count("Could not note requests") == 1

    assert text((await world.alice.slash(world.channel, "poem")).response)
    outcomes = await rows(world.bot, "SELECT command, outcome FROM requests ORDER BY id")
    assert outcomes == [("poem", "error.store"), ("about", "done"), ("poem", "done")]
    assert "Requests are noted again" in caplog.text
    assert await rows(world.bot, "SELECT count(*) FROM poems") == [(1,)]
    assert world.env.errors
