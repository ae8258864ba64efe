"""The connections to SQLite, one that writes and one that reads, and the numbered migrations."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import aiosqlite

from bot.store.together import Result, Together, Work

log = logging.getLogger(__name__)

DATABASE: Final = "tangpoet.db"
"""The name of the file in the data folder."""
BUSY_MILLISECONDS: Final = 2_000  # whoever presses a button has to hear within three seconds why nothing happens
TURN_SECONDS: Final = 5.0
MAPPED_BYTES: Final = 1 << 28  # of the file, for reading: pages of somebody who keeps thousands take half the time
OLDEST_SQLITE: Final = (3, 37, 0)  # strict tables
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "free some space",
    sqlite3.SQLITE_BUSY: "end the program that holds it",
    sqlite3.SQLITE_READONLY: "let this user write it and its folder, or choose another [storage] dir",
    sqlite3.SQLITE_NOTADB: "move it away to begin afresh",
    sqlite3.SQLITE_CORRUPT: "move it away to begin afresh, or put a copy in its place",
}
_PRIMARY_CODE: Final = 0xFF  # the rest of an error's code tells more of the same
_MIGRATION: Final = re.compile(r"([0-9]{3})_[a-z_]+\.sql")


class StoreError(Exception):
    """A database that cannot be used; `str()` is one line that says why and what to do."""


def milliseconds(moment: datetime) -> int:
    """The moment as the database keeps it: milliseconds since 1970 in UTC."""
    return round(moment.timestamp() * 1000)


class Transaction:
    """Statements that happen together or not at all."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> aiosqlite.Cursor:
        return await self._connection.execute(sql, parameters)

    async def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        await self._connection.executemany(sql, rows)


class Database:
    """Writing takes turns; reading goes on meanwhile, and sees what is written once it is written whole."""

    def __init__(self, writer: aiosqlite.Connection, reader: aiosqlite.Connection) -> None:
        self._writer = writer
        self._reader = reader
        self._turn = asyncio.Lock()
        self._together = Together(writer._execute, self._taken_turn)  # noqa: SLF001 - it has no other way into its thread

    @classmethod
    async def open(
        cls,
        path: Path,
        *,
        may_migrate: bool = True,
        before_migration: Callable[[], Awaitable[None]] | None = None,
    ) -> "Database":
        """Open the file, making it and its folder where they are missing, and bring its tables up to date.

        Args:
            path: the file.
            may_migrate: nobody else uses the file, so that its tables can be changed.
            before_migration: is waited for before tables that hold something are changed; where it fails, they are not.

        Raises:
            StoreError: the file cannot be opened, is no database, was written by a newer version, or would have to be
                brought up to date while others use it.
        """
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            wanted = ".".join(map(str, OLDEST_SQLITE))
            raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old: use a Python with SQLite {wanted} or newer")
        async with AsyncExitStack() as opened:
            writer = await _connect(path, opened)
            try:
                await _set(writer, f"busy_timeout = {BUSY_MILLISECONDS}", "journal_mode = WAL")
                # What is acknowledged outlives a power cut as well, and what is deleted is not left in the file.
                await _set(writer, "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON")
                await _migrate(writer, path, before_migration, may_migrate=may_migrate)
                reader = await _connect(path, opened)
                await _set(
                    reader,
                    f"busy_timeout = {BUSY_MILLISECONDS}",
                    "foreign_keys = ON",
                    f"mmap_size = {MAPPED_BYTES}",
                    "query_only = ON",
                )
            except sqlite3.Error as error:
                raise StoreError(f"cannot use the database {path}: {error}; {_advice(error)}") from error
            opened.pop_all()
        return cls(writer, reader)

    async def close(self) -> None:
        await self._together.done()
        async with self._turn:
            await self._reader.close()
            # The last connection that closes writes the log back into the file, for which it must be able to write.
            await self._writer.close()

    async def answer(self) -> None:
        """Come back when it can be read, and written by us.

        Raises:
            sqlite3.Error: it cannot.
        """
        async with self.transaction():
            await self.fetch_one("PRAGMA user_version")

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction for writing; it is undone when the block fails or is cancelled.

        Raises:
            sqlite3.OperationalError: among others, where the database is not free within the time that is waited.
        """
        async with self._taken_turn():
            try:
                await self._writer.execute("BEGIN IMMEDIATE")
                yield Transaction(self._writer)
                await self._writer.execute("COMMIT")
            except BaseException:
                # Whatever was under way when this was cancelled stands in the connection's queue before this.
                await self._writer.rollback()
                raise

    @asynccontextmanager
    async def _taken_turn(self) -> AsyncIterator[None]:
        # While another program holds the file each in turn waits for it: the last of many would wait for all of them.
        try:
            async with asyncio.timeout(TURN_SECONDS):
                await self._turn.acquire()
        except TimeoutError:
            raise sqlite3.OperationalError("too much waits to be written") from None
        try:
            yield
        finally:
            self._turn.release()

    async def write(self, work: Work[Result]) -> Result:
        """Do what many people may want in the same moment, with the others' in one transaction.

        Args:
            work: what is to be done, whole or not at all. It runs in another thread.

        Raises:
            sqlite3.Error: nothing of it was written.
        """
        return await self._together.do(self._writer._conn, work)  # noqa: SLF001 - the connection that the work is done with

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Sequence[Any] | None:
        """The first row; for statements that give one, or none."""
        rows = await self.fetch_all(sql, parameters)
        return rows[0] if rows else None

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Sequence[Any]]:
        return list(await self._reader.execute_fetchall(sql, parameters))


async def _connect(path: Path, opened: AsyncExitStack) -> aiosqlite.Connection:
    connection = aiosqlite.connect(path, isolation_level=None)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        await connection
    except (OSError, sqlite3.Error) as error:
        if connection._thread.is_alive():  # noqa: SLF001 - it ends by itself, and complains if the loop ends before it
            await asyncio.to_thread(connection._thread.join)  # noqa: SLF001
        raise StoreError(f"cannot open the database {path}: {error}; see [storage] dir in the settings") from error
    opened.push_async_callback(connection.close)
    return connection


async def _set(connection: aiosqlite.Connection, *pragmas: str) -> None:
    for pragma in pragmas:
        await connection.execute_fetchall(f"PRAGMA {pragma}")


async def _migrate(
    connection: aiosqlite.Connection,
    path: Path,
    before: Callable[[], Awaitable[None]] | None,
    *,
    may_migrate: bool,
) -> None:
    migrations = known_migrations()
    [[version]] = await connection.execute_fetchall("PRAGMA user_version")
    if version > len(migrations):
        raise StoreError(
            f"the database {path} has version {version}, this program knows {len(migrations)}: "
            "update the program, or choose another folder in [storage] dir"
        )
    if version < len(migrations) and not may_migrate:
        raise StoreError(
            f"the database {path} has version {version} and would have to become {len(migrations)}, while processes of"
            " another version use it: stop them all, then start them again"
        )
    if before is not None and 0 < version < len(migrations):
        await before()
    for number, script in enumerate(migrations[version:], start=version + 1):
        log.info("Database: migration %d of %d", number, len(migrations))
        try:
            await connection.executescript(f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;")
        except BaseException:
            await connection.rollback()
            raise


def _advice(error: sqlite3.Error) -> str:
    # An error that the sqlite3 module found itself has no code.
    code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE
    return _ADVICE.get(code, "see [storage] dir in the settings")


def known_migrations() -> list[str]:
    """The SQL of each migration, in order; the first brings an empty file to version 1.

    Raises:
        StoreError: the numbers of the files have a gap.
    """
    folder = files("bot").joinpath("store", "migrations")
    scripts = sorted((entry.name, entry) for entry in folder.iterdir() if _MIGRATION.fullmatch(entry.name))
    if [int(name[:3]) for name, _ in scripts] != list(range(1, len(scripts) + 1)):
        raise StoreError(f"migrations are not numbered 1, 2, 3 …: {', '.join(name for name, _ in scripts)}")
    return [entry.read_text(encoding="utf-8") for _, entry in scripts]
