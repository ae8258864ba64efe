"""An empty database, and the services that see to what is kept about people."""

from pathlib import Path

import pytest

from bot.services.journal import Journal
from bot.services.privacy import Privacy
from bot.store.database import Database
from bot.store.privacy import KINDS, PrivacyRepository
from bot.store.requests import RequestRepository

DAYS = {kind.table: 5 for kind in KINDS if kind.aged}


@pytest.fixture
def repository(database: Database) -> PrivacyRepository:
    return PrivacyRepository(database)


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(RequestRepository(database))


@pytest.fixture
def privacy(repository: PrivacyRepository, journal: Journal, tmp_path: Path) -> Privacy:
    return Privacy(repository, journal, tmp_path, DAYS)


async def tables(database: Database) -> dict[str, list[str]]:
    """Every table with its columns, as they really are."""
    names = await database.fetch_all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name: [column[1] for column in await database.fetch_all(f"PRAGMA table_info({name})")] for (name,) in names}
