"""What the tests of bad luck in the store share."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bot.store.database import DATABASE, Database
from bot.store.requests import Outcome, Request, RequestRepository
from tests.conftest import World

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


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


async def note(database: Database, number: int, *, asked_at: datetime = NOW, answered_at: datetime = NOW) -> None:
    request = Request(number, 2, None, 4, "poem", {}, "en-US", asked_at)
    await RequestRepository(database).write([request], [Outcome(number, "done", answered_at)])


async def count(database: Database) -> int:
    [[number]] = await database.fetch_all("SELECT count(*) FROM requests")
    return int(number)
