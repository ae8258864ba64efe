"""A data folder that is in use, and backups of it."""

import os
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.config import Config
from bot.operations.backups import Backup, Reason, make_backup
from bot.store.database import DATABASE, Database
from model.header import fingerprint
from tests.bot.personal import ME, poem

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    """Of the data folder, with a poem in it, and in use."""
    database = await Database.open(config.storage.dir / DATABASE)
    await poem(database, 1, ME)
    yield database
    await database.close()


def made(config: Config, reason: Reason = Reason.ASKED, now: datetime = NOW) -> Backup:
    return make_backup(config.storage.dir, config.model.dir, reason, now)


def said(path: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.execute(sql))


def texts(path: Path) -> list[tuple[object, ...]]:
    return said(path, "SELECT id FROM poems ORDER BY id")


async def by_weights(database: Database, path: Path) -> str:
    """Have the poem made by these weights."""
    key = fingerprint(path)
    async with database.transaction() as transaction:
        await transaction.execute("UPDATE poems SET weights = ?", (key,))
    return key


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:20480] = os.urandom(16384)
    path.write_bytes(content)
