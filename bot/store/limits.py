"""Who asks at the moment, and who asked how often, for several processes: a file of its own, which may be lost.

Nothing in it is older than a minute. It waits for no disk, and so has no part in the database, which does.
"""

import asyncio
import json
import sqlite3
from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final, TypeVar

from bot.store.database import milliseconds

NAME: Final = "limits.db"
KEPT_MILLISECONDS: Final = 60_000
"""So long after its last request a bucket is surely full again."""
BUSY_MILLISECONDS: Final = 1_000
_TABLES: Final = """
CREATE TABLE IF NOT EXISTS busy (
    person_id INTEGER PRIMARY KEY,
    holder    TEXT NOT NULL,            -- the process, by its shards
    until     INTEGER NOT NULL          -- from then on it is taken for dead
) STRICT;
CREATE TABLE IF NOT EXISTS buckets (
    is_server INTEGER NOT NULL,
    subject   INTEGER NOT NULL,
    full_at   INTEGER NOT NULL,         -- as bot.services.limits.Rate has it
    spent_at  INTEGER NOT NULL,
    PRIMARY KEY (is_server, subject)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS buckets_by_time ON buckets (spent_at);
"""

Key = tuple[bool, int]
"""Whether it is a server's bucket, and whose."""
Result = TypeVar("Result")


class LimitRepository:
    """All of it runs in one thread; a call takes some ten microseconds there."""

    def __init__(self, connection: sqlite3.Connection, thread: ThreadPoolExecutor, holder: str) -> None:
        self._connection = connection
        self._thread = thread
        self._holder = holder

    @classmethod
    async def open(cls, folder: Path, holder: str, *, afresh: bool) -> "LimitRepository":
        """Open the file in a folder.

        Args:
            folder: where it is.
            holder: this process. What an earlier one of the name left is taken back: it has ended.
            afresh: no other process has the file open, so that it can be thrown away.
        """
        path = folder / NAME
        if afresh:
            for suffix in ("", "-wal", "-shm"):
                path.with_name(NAME + suffix).unlink(missing_ok=True)
        thread = ThreadPoolExecutor(1, thread_name_prefix="limits")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(thread, _connect, path, holder)
        except BaseException:
            thread.shutdown()
            raise
        return cls(connection, thread, holder)

    async def close(self) -> None:
        await self._do(self._connection.close)
        self._thread.shutdown()

    async def begin(self, person_id: int, now: datetime, life: timedelta) -> bool:
        """Note that a request of this person runs. Returns False where another process has one, and is alive."""
        return await self._do(self._begin, person_id, milliseconds(now), milliseconds(now + life))

    async def end(self, person_id: int) -> None:
        sql = "DELETE FROM busy WHERE person_id = ? AND holder = ?"
        await self._do(self._connection.execute, sql, (person_id, self._holder))

    async def renew(self, people: Collection[int], now: datetime, life: timedelta) -> None:
        """The requests of these people still run; buckets that are surely full are forgotten."""
        await self._do(self._renew, json.dumps(list(people)), milliseconds(now), milliseconds(now + life))

    async def change(
        self, keys: Sequence[Key], now: datetime, decide: Callable[[Sequence[int]], Sequence[int]]
    ) -> None:
        """Change buckets together, while no other process does.

        Args:
            keys: the buckets.
            now: those that are surely full by now are forgotten.
            decide: is given when they will be full, 0 for one that is, and gives what they change to; whatever it
                raises is raised here, and nothing is changed.
        """
        await self._do(self._change, keys, milliseconds(now), decide)

    async def _do(self, work: Callable[..., Result], *given: object) -> Result:
        return await asyncio.get_running_loop().run_in_executor(self._thread, work, *given)

    def _begin(self, person_id: int, now: int, until: int) -> bool:
        cursor = self._connection.execute(
            "INSERT INTO busy (person_id, holder, until) VALUES (?1, ?2, ?3)"
            " ON CONFLICT (person_id) DO UPDATE SET holder = ?2, until = ?3"
            # One that lives on for longer than any does was noted by a clock that was put back since.
            " WHERE holder = ?2 OR until <= ?4 OR until > 2 * ?3 - ?4",
            (person_id, self._holder, until, now),
        )
        return cursor.rowcount == 1

    def _renew(self, people: str, now: int, until: int) -> None:
        self._connection.execute("DELETE FROM buckets WHERE spent_at <= ?", (now - KEPT_MILLISECONDS,))
        self._connection.execute(
            "UPDATE busy SET until = ? WHERE holder = ? AND person_id IN (SELECT value FROM json_each(?))",
            (until, self._holder, people),
        )

    def _change(self, keys: Sequence[Key], now: int, decide: Callable[[Sequence[int]], Sequence[int]]) -> None:
        with self._transaction() as execute:
            execute("DELETE FROM buckets WHERE spent_at <= ?", (now - KEPT_MILLISECONDS,))
            found = [
                execute("SELECT full_at FROM buckets WHERE is_server = ? AND subject = ?", key).fetchone()
                for key in keys
            ]
            changed = decide([row[0] if row is not None else 0 for row in found])
            for key, full_at in zip(keys, changed, strict=True):
                execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?)", (*key, full_at, now))

    @contextmanager
    def _transaction(self) -> Iterator[Callable[..., Any]]:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield self._connection.execute
        except BaseException:
            self._connection.rollback()
            raise
        self._connection.commit()


def _connect(path: Path, holder: str) -> sqlite3.Connection:
    connection = sqlite3.connect(path, timeout=BUSY_MILLISECONDS / 1000, isolation_level=None, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA secure_delete = ON")
    connection.executescript(_TABLES)
    connection.execute("DELETE FROM busy WHERE holder = ?", (holder,))
    return connection
