"""Bad luck in the store: it is read-only, full or damaged, or the process is killed."""

import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from simcord import ResponseMessage

from bot.config import ROOT
from bot.store.database import Database
from tests.bot.store.luck.conftest import count, file_of
from tests.bot.support import rows, text
from tests.conftest import World


async def poem_card(world: World) -> ResponseMessage:
    card = (await world.alice.slash(world.channel, "poem")).response
    assert card is not None
    return card


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
