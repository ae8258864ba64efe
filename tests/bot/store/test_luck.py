"""Bad luck in the store: another program holds it, it is read-only, full or damaged, and the clock jumps."""

import asyncio
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import discord
import pytest
from simcord import ResponseMessage

from bot.config import ROOT
from bot.services.journal import Journal, Repeated
from bot.store import database as database_module
from bot.store.database import DATABASE, Database, StoreError
from bot.store.requests import Outcome, Request, RequestRepository
from tests.bot.support import rows, text
from tests.conftest import World

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "t.db")
    yield database
    await database.close()


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits long for whoever holds the file."""
    monkeypatch.setattr(database_module, "BUSY_MILLISECONDS", 100)


def file_of(world: World) -> Path:
    return world.bot.config.storage.dir / DATABASE


@contextmanager
def held(path: Path) -> Iterator[sqlite3.Connection]:
    """Another program writes, and does not come to an end."""
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield other
    finally:
        other.close()


async def poem_card(world: World) -> ResponseMessage:
    card = (await world.alice.slash(world.channel, "poem")).response
    assert card is not None
    return card


async def note(database: Database, number: int, *, asked_at: datetime = NOW, answered_at: datetime = NOW) -> None:
    request = Request(number, 2, None, 4, "poem", {}, "en-US", asked_at)
    await RequestRepository(database).write([request], [Outcome(number, "done", answered_at)])


async def count(database: Database) -> int:
    [[number]] = await database.fetch_all("SELECT count(*) FROM requests")
    return int(number)


# Another program holds the file.


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


# The file cannot be written.


async def test_a_memory_that_became_read_only_is_told_and_reading_goes_on(world: World) -> None:
    card = await poem_card(world)
    await world.bot.journal.written()
    writer = world.bot.poems._database._writer
    await writer.execute("PRAGMA query_only = ON")
    refused = await world.alice.slash(world.channel, "poem")
    craft = await world.bob.click(card, label="Craft")
    assert "cannot reach my memory" in refused.followups[0].content
    assert text(craft.response)

    await writer.execute("PRAGMA query_only = OFF")
    assert text((await world.alice.slash(world.channel, "poem")).response)
    assert await rows(world.bot, "SELECT count(*) FROM requests WHERE answered_at IS NOT NULL") == [(4,)]
    assert world.env.errors


READ_ONLY = """
import asyncio, os, pathlib, sys
from bot.store.database import DATABASE, Database, StoreError
path = pathlib.Path(sys.argv[1])
path.parent.chmod(0o555); path.chmod(0o444)
if os.geteuid() == 0:
    os.seteuid(65534)  # nobody: root may write everything
try:
    asyncio.run(Database.open(path))
except StoreError as error:
    print(error)
"""


def python(code: str, *arguments: object) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=60)


async def test_a_file_that_is_read_only_stops_the_start_with_advice() -> None:
    with TemporaryDirectory() as folder:  # pytest's own are closed to everybody else
        path = Path(folder) / "t.db"
        await (await Database.open(path)).close()
        done = python(READ_ONLY, path)
        path.parent.chmod(0o700)

    [line] = done.stdout.splitlines() or [done.stderr]
    assert "readonly" in line
    assert "let this user write it and its folder" in line


async def test_a_full_memory_is_told_and_loses_nothing(world: World) -> None:
    kept = await poem_card(world)
    await world.bot.journal.written()
    writer = world.bot.poems._database._writer
    # Every page is in use, and there may be no more of them.
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("CREATE TABLE ballast (x BLOB)")
        await transaction.execute("INSERT INTO ballast VALUES (zeroblob(3000))")
    [[pages]] = await writer.execute_fetchall("PRAGMA page_count")
    await writer.execute_fetchall(f"PRAGMA max_page_count = {pages}")
    refusals = []
    for _ in range(40):
        result = await world.alice.slash(world.channel, "poem")
        if result.followups:
            refusals.append(result.followups[0].content)
            break
    assert len(refusals) == 1
    assert "cannot reach my memory" in refusals[0]

    await writer.execute_fetchall("PRAGMA max_page_count = 1000000")
    assert text((await world.alice.slash(world.channel, "poem")).response)
    assert text((await world.bob.click(kept, label="Craft")).response)
    [(asked, unanswered)] = await rows(world.bot, "SELECT count(*), count(*) - count(outcome) FROM requests")
    [(written,)] = await rows(world.bot, "SELECT count(*) FROM poems")
    assert (asked, unanswered) == (written + 2, 0)  # the one that was refused, and the one for the craft
    assert world.env.errors


FILLED = """
import asyncio, pathlib, resource, signal, sqlite3, sys
from bot.store.database import Database
async def fill():
    database = await Database.open(pathlib.Path(sys.argv[1]))
    async with database.transaction() as transaction:
        await transaction.execute("CREATE TABLE filler (x BLOB)")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, resource.RLIM_INFINITY))
    kept = 0
    try:
        while True:
            async with database.transaction() as transaction:
                await transaction.execute("INSERT INTO filler VALUES (zeroblob(20000))")
            kept += 1
    except sqlite3.OperationalError as error:
        print(kept, error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO filler VALUES (zeroblob(20000))")
    await database.close()
asyncio.run(fill())
"""


async def test_a_disk_that_is_full_for_a_while_keeps_what_was_acknowledged(tmp_path: Path) -> None:
    done = python(FILLED, tmp_path / "t.db")

    assert done.returncode == 0, done.stderr
    written, _, error = done.stdout.strip().partition(" ")
    assert "disk" in error
    database = await Database.open(tmp_path / "t.db")
    assert await database.fetch_all("SELECT count(*) FROM filler") == [(int(written) + 1,)]
    assert await database.fetch_all("PRAGMA integrity_check") == [("ok",)]
    await database.close()


FULL = """
import asyncio, pathlib, resource, signal, sys
from bot.store.database import Database, StoreError
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, resource.RLIM_INFINITY))
try:
    asyncio.run(Database.open(pathlib.Path(sys.argv[1])))
except StoreError as error:
    print(error)
"""


async def test_a_disk_that_is_full_stops_the_start_and_the_next_one_begins_where_it_was(tmp_path: Path) -> None:
    done = python(FULL, tmp_path / "t.db")

    [line] = done.stdout.splitlines() or [done.stderr]
    assert "cannot use the database" in line
    assert "disk" in line
    database = await Database.open(tmp_path / "t.db")
    assert await database.fetch_all("PRAGMA integrity_check") == [("ok",)]
    assert await count(database) == 0
    await database.close()


# The file is damaged, or was left in the middle of something.


async def test_a_damaged_file_is_told_and_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.alice.slash(world.channel, "poem")
    await world.bot.journal.written()
    database = world.bot.poems._database
    [[root]] = await database.fetch_all("SELECT rootpage FROM sqlite_schema WHERE name = 'poems'")
    [[size]] = await database.fetch_all("PRAGMA page_size")
    await database._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
    with file_of(world).open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    for connection in (database._writer, database._reader):
        await connection.execute_fetchall("PRAGMA shrink_memory")
    result = await world.alice.slash(world.channel, "poem")

    [told] = result.followups
    assert told.ephemeral
    assert "cannot reach my memory" in told.content
    assert "malformed" in caplog.text
    assert world.env.errors


KILLED = """
import asyncio, os, pathlib, signal, sys
from bot.store.database import Database
async def write():
    database = await Database.open(pathlib.Path(sys.argv[1]))
    async with database.transaction() as transaction:
        await transaction.execute("CREATE TABLE notes (x INTEGER)")
    for number in range(50):
        async with database.transaction() as transaction:
            await transaction.execute("INSERT INTO notes VALUES (?)", (number,))
        print(number, flush=True)
    async with database.transaction() as transaction:
        await transaction.execute("INSERT INTO notes VALUES (99)")
        os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(write())
"""


async def test_what_a_killed_process_acknowledged_is_there_and_what_it_did_not_is_not(tmp_path: Path) -> None:
    done = python(KILLED, tmp_path / "t.db")

    assert done.returncode == -signal.SIGKILL, done.stderr
    assert (tmp_path / "t.db-wal").stat().st_size
    database = await Database.open(tmp_path / "t.db")
    found = [number for (number,) in await database.fetch_all("SELECT x FROM notes ORDER BY x")]
    assert found == [int(line) for line in done.stdout.split()] == list(range(50))
    await database.close()


# The clock jumps, and notes that were never written.


async def test_a_clock_that_jumps_back_changes_no_more_than_the_times(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    moments = [NOW, NOW - timedelta(days=400), NOW + timedelta(days=4000), datetime(1970, 1, 1, tzinfo=UTC)]
    for moment in moments:
        with monkeypatch.context() as patch:
            patch.setattr(discord.utils, "utcnow", lambda moment=moment: moment)
            assert text((await world.alice.slash(world.channel, "about")).response)

    asked = await rows(world.bot, "SELECT asked_at, answered_at, outcome FROM requests ORDER BY id")
    expected = [database_module.milliseconds(moment) for moment in moments]
    assert asked == [(moment, moment, "done") for moment in expected]


async def test_an_answer_before_its_question_is_noted_as_it_is(database: Database) -> None:
    await note(database, 1, asked_at=NOW, answered_at=NOW - timedelta(hours=1))

    [(asked, answered)] = await database.fetch_all("SELECT asked_at, answered_at FROM requests")
    assert asked - answered == 3_600_000


async def test_notes_that_never_found_a_place_are_counted_at_the_end(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(RequestRepository(database))
    await database._writer.execute("PRAGMA busy_timeout = 10")
    with held(tmp_path / "t.db"):
        for number in (1, 2):
            journal.begin(Request(number, 2, None, 4, "poem", {}, "en-US", NOW))
        await journal.close()

    assert "2 requests and 0 outcomes were never noted" in caplog.text


async def test_only_so_many_requests_are_known_again(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.journal.REMEMBERED", 2)
    journal = Journal(RequestRepository(database))
    for number in (1, 2, 3, 1):
        journal.begin(Request(number, 2, None, 4, "poem", {}, "en-US", NOW))
    with pytest.raises(Repeated):
        journal.begin(Request(3, 2, None, 4, "poem", {}, "en-US", NOW))
    await journal.close()

    assert await count(database) == 3
