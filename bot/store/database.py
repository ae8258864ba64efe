"""The one connection to SQLite: transactions one after another, and the numbered migrations."""

import asyncio
import logging
import re
import sqlite3
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import aiosqlite

log = logging.getLogger(__name__)

BUSY_MILLISECONDS: Final = 5_000
OLDEST_SQLITE: Final = (3, 37, 0)  # strict tables
_ADVICE: Final = {
    sqlite3.SQLITE_FULL: "free some space",
    sqlite3.SQLITE_BUSY: "end the program that holds it",
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
    """One connection; what reads and writes takes its turn, so that nobody sees half of another's work."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection
        self._turn = asyncio.Lock()

    @classmethod
    async def open(cls, path: Path) -> "Database":
        """Open the file, making it and its folder where they are missing, and bring its tables up to date.

        Raises:
            StoreError: the file cannot be opened, is no database, or was written by a newer version.
        """
        if sqlite3.sqlite_version_info < OLDEST_SQLITE:
            wanted = ".".join(map(str, OLDEST_SQLITE))
            raise StoreError(f"SQLite {sqlite3.sqlite_version} is too old: use a Python with SQLite {wanted} or newer")
        connection = aiosqlite.connect(path, isolation_level=None)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            await connection
        except (OSError, sqlite3.Error) as error:
            if connection._thread.is_alive():  # noqa: SLF001 - it ends by itself, and complains if the loop ends before it
                await asyncio.to_thread(connection._thread.join)  # noqa: SLF001
            raise StoreError(f"cannot open the database {path}: {error}; see [storage] dir in the settings") from error
        database = cls(connection)
        try:
            for pragma in (
                f"busy_timeout = {BUSY_MILLISECONDS}",
                "journal_mode = WAL",
                "synchronous = FULL",  # what is acknowledged outlives a power cut as well
                "foreign_keys = ON",
            ):
                await database.fetch_all(f"PRAGMA {pragma}")
            await database._migrate(path)
        except sqlite3.Error as error:
            await connection.close()
            raise StoreError(f"cannot use the database {path}: {error}; {_advice(error)}") from error
        except BaseException:
            await connection.close()
            raise
        return database

    async def close(self) -> None:
        async with self._turn:
            await self._connection.close()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction for writing; it is undone when the block fails or is cancelled."""
        async with self._turn:
            try:
                await self._connection.execute("BEGIN IMMEDIATE")
                yield Transaction(self._connection)
                await self._connection.execute("COMMIT")
            except BaseException:
                # Whatever was under way when this was cancelled stands in the connection's queue before this.
                await self._connection.rollback()
                raise

    async def fetch_one(self, sql: str, parameters: Sequence[Any] = ()) -> Sequence[Any] | None:
        async with self._turn, self._connection.execute(sql, parameters) as cursor:
            return await cursor.fetchone()

    async def fetch_all(self, sql: str, parameters: Sequence[Any] = ()) -> list[Sequence[Any]]:
        async with self._turn, self._connection.execute(sql, parameters) as cursor:
            return list(await cursor.fetchall())

    async def _migrate(self, path: Path) -> None:
        migrations = known_migrations()
        row = await self.fetch_one("PRAGMA user_version")
        version = int(row[0]) if row is not None else 0
        if version > len(migrations):
            raise StoreError(
                f"the database {path} has version {version}, this program knows {len(migrations)}: "
                "update the program, or choose another folder in [storage] dir"
            )
        for number, script in enumerate(migrations[version:], start=version + 1):
            log.info("Database: migration %d of %d", number, len(migrations))
            try:
                await self._connection.executescript(
                    f"BEGIN IMMEDIATE;\n{script}\nPRAGMA user_version = {number};\nCOMMIT;"
                )
            except BaseException:
                await self._connection.rollback()
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
