"""What is kept about a person is deleted, whole or not at all, and others lose nothing."""

import sqlite3
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.services.journal import Journal
from bot.services.privacy import CONFIRMATION, Privacy, TooOld
from bot.store import privacy as store
from bot.store.database import Database
from bot.store.privacy import COVERAGE, Fate, PrivacyRepository
from bot.store.requests import Request, RequestRepository
from tests.bot.personal import ME, NOW, OTHER, SERVER, TYPED, fill, insert, poem
from tests.bot.store.privacy.conftest import tables


async def everything(database: Database) -> dict[str, str]:
    """All rows of every table as text."""
    return {name: str(await database.fetch_all(f"SELECT * FROM {name}")) for name in await tables(database)}  # noqa: S608


async def test_nothing_of_the_person_is_left_but_the_block(
    database: Database, privacy: Privacy, tmp_path: Path
) -> None:
    await fill(database)
    deleted = await privacy.delete(ME, NOW, NOW)

    gone = (
        "favorites",
        "people",
        "additions",
        "ballots",
        "contests",
        "requests",
        "reports",
        "faults",
        "job_messages",
        "votes",
        "poems",
    )
    assert deleted.rows == dict.fromkeys(gone, 1)
    assert (deleted.left, deleted.posted) == (0, [1])
    left = await everything(database)
    assert str(ME) in left.pop("blocks")
    # The message in the hall is told by its own id, until it is taken down.
    assert "'withdrawn'" in left.pop("fame_posts")
    assert TYPED not in str(left)
    assert str(ME)[:-1] not in str(left)
    for path in tmp_path.glob("t.db*"):  # noqa: ASYNC240
        assert TYPED.encode() not in path.read_bytes(), path


async def test_a_poem_that_others_keep_stays_without_author_and_what_was_typed(
    database: Database, privacy: Privacy
) -> None:
    await poem(database, 1)
    await poem(database, 2)
    await poem(database, 3, OTHER)
    for person_id, poem_id in ((ME, 1), (OTHER, 1), (ME, 2), (ME, 3)):
        await insert(database, "favorites", person_id=person_id, poem_id=poem_id, guild_id=SERVER, kept_at=0)
    before = (await database.fetch_all("SELECT * FROM poems WHERE id = 3"))[0]

    deleted = await privacy.delete(ME, NOW, NOW)

    assert (deleted.rows["poems"], deleted.left) == (1, 1)
    [left, others] = await database.fetch_all("SELECT * FROM poems ORDER BY id")
    row = dict(zip((await tables(database))["poems"], left, strict=True))
    kept = {name: row[name] for name, fate in COVERAGE["poems"].items() if fate is Fate.LEFT}
    assert kept == {"id": 1, "guild_id": SERVER, "text": "月", "traditional": None, "form": "五绝", "pattern": ""} | {
        "seed": 3, "script": "hans", "weights": "abc", "version": "1", "made_at": 0, "loved": 1,
    }  # fmt: skip
    assert {name: row[name] for name in store._EMPTIED} == {
        "request_id": 0, "person_id": 0, "channel_id": None, "start": "", "unknown": "", "theme": "", "broken": "",
        "given": "[]", "wish": '{"form":"五绝","temperature":0.5,"seed":3,"script":null}',
    }  # fmt: skip
    # Somebody else's poem is as it was, but for how many keep it.
    assert others[:-1] == before[:-1]
    assert await database.fetch_all("SELECT person_id, poem_id FROM favorites") == [(OTHER, 1)]


async def test_others_lose_nothing(database: Database, privacy: Privacy) -> None:
    await fill(database, OTHER, 2)
    before = await everything(database)
    await fill(database, ME, 1)
    await privacy.delete(ME, NOW, NOW)

    after = await everything(database)
    for table in ("poems", "favorites", "people", "additions", "requests", "reports", "faults"):
        assert after[table] == before[table], table


async def test_deleting_twice_finds_nothing(database: Database, privacy: Privacy) -> None:
    await fill(database)
    await privacy.delete(ME, NOW, NOW)
    again = await privacy.delete(ME, NOW, NOW)

    assert (sum(again.rows.values()), again.left) == (0, 0)


@pytest.mark.parametrize("age", [CONFIRMATION + timedelta(seconds=1), timedelta(seconds=-1)])
async def test_an_old_question_deletes_nothing(database: Database, privacy: Privacy, age: timedelta) -> None:
    await fill(database)
    with pytest.raises(TooOld):
        await privacy.delete(ME, NOW - age, NOW)

    assert (await PrivacyRepository(database).count(ME))["poems"] == 1


def request(number: int, person_id: int) -> Request:
    return Request(number, person_id, None, None, "poem", {"start": TYPED}, "en", NOW)


async def test_notes_on_their_way_are_deleted_as_well(database: Database, journal: Journal, privacy: Privacy) -> None:
    journal.begin(request(1, ME))
    journal.begin(request(2, OTHER))
    await privacy.delete(ME, NOW, NOW)
    await journal.close()

    assert await database.fetch_all("SELECT person_id FROM requests") == [(OTHER,)]


async def test_notes_that_the_database_did_not_take_are_never_written(
    database: Database, journal: Journal, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def full(*_: Any) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(RequestRepository, "write", full)
        journal.begin(request(1, ME))
        journal.begin(request(2, OTHER))
        await journal.written()
    await privacy.delete(ME, NOW, NOW)
    journal.begin(request(3, OTHER))
    await journal.close()

    assert await database.fetch_all("SELECT id FROM requests ORDER BY id") == [(2,), (3,)]


async def test_it_is_deleted_together_or_not_at_all(
    database: Database, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await fill(database)
    before = await everything(database)
    monkeypatch.setitem(store._EMPTIED, "wish", "no_such_function()")  # the last of the statements
    with pytest.raises(sqlite3.Error):
        await privacy.delete(ME, NOW, NOW)

    assert await everything(database) == before
