"""What is kept about a person: that every table is covered by the export and the deletion."""

import gzip
import json
import re
import sqlite3
import tomllib
from collections.abc import AsyncIterator
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from bot.config import ROOT
from bot.services.journal import Journal
from bot.services.privacy import CONFIRMATION, Privacy, TooOld
from bot.store import privacy as store
from bot.store.database import Database
from bot.store.privacy import COVERAGE, KINDS, Fate, PrivacyRepository
from bot.store.requests import Request, RequestRepository
from model.requests import PoemRequest

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
ME, OTHER, SERVER = 777_000_111_222_333_444, 888_000_111_222_333_444, 999_000_111_222_333_444
TYPED = "秘密"  # in everything that a person can type
DAYS = {kind.table: 5 for kind in KINDS if kind.aged}


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    database = await Database.open(tmp_path / "t.db")
    yield database
    await database.close()


@pytest.fixture
def repository(database: Database) -> PrivacyRepository:
    return PrivacyRepository(database)


@pytest.fixture
def journal(database: Database) -> Journal:
    return Journal(RequestRepository(database))


@pytest.fixture
def privacy(repository: PrivacyRepository, journal: Journal, tmp_path: Path) -> Privacy:
    return Privacy(repository, journal, tmp_path, DAYS)


async def insert(database: Database, table: str, **values: Any) -> None:
    async with database.transaction() as transaction:
        await transaction.execute(
            f"INSERT INTO {table} ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})",  # noqa: S608
            tuple(values.values()),
        )


async def poem(database: Database, poem_id: int, person_id: int = ME, text: str = "月") -> None:
    wish = {"start": TYPED, "theme": TYPED, "heads": TYPED, "held": [TYPED], "form": "五绝", "temperature": 0.5}
    await insert(
        database,
        "poems",
        id=poem_id,
        request_id=person_id + 1,
        person_id=person_id,
        guild_id=SERVER,
        channel_id=person_id + 2,
        text=text,
        form="五绝",
        start=TYPED,
        unknown=TYPED,
        theme=TYPED,
        broken=TYPED,
        given="[0, 1]",
        seed=3,
        script="hans",
        wish=json.dumps(wish | {"seed": 3, "script": None, "later": TYPED}),
        weights="abc",
        version="1",
        made_at=0,
    )


async def fill(database: Database, person_id: int = ME, number: int = 1) -> None:
    """A row of the person in every table that can have one."""
    await poem(database, number, person_id, text=f"{TYPED}{person_id}")
    await insert(database, "favorites", person_id=person_id, poem_id=number, kept_at=0)
    await insert(database, "people", person_id=person_id, language="en", changed_at=0)
    await insert(
        database,
        "fame_posts",
        poem_id=number,
        guild_id=SERVER,
        channel_id=4,
        message_id=person_id + 5,
        state="shown",
        posted_at=0,
    )
    await insert(
        database,
        "additions",
        request_id=person_id + 6,
        person_id=person_id,
        operands='["123", "456"]',
        sum=TYPED,
        digits="975",
        carries="000",
        margins=b"\x00\x00\x80\x3f",
        confidences=b"\x00\x00\x00\x3f",
        expected="579",
        weights="abc",
        version="1",
        made_at=0,
    )
    await insert(
        database,
        "contests",
        id=number,
        request_id=person_id + 9,
        person_id=person_id,
        start=TYPED,
        seed=5,
        unknown="",
        entries=json.dumps([{"cell": "rnn", "text": TYPED}]),
        version="1",
        made_at=0,
    )
    await insert(database, "ballots", contest_id=number, person_id=person_id, cell="rnn", voted_at=0)
    await insert(
        database,
        "requests",
        id=person_id + 7,
        person_id=person_id,
        command="poem",
        options=json.dumps({"start": f"{TYPED}\ud800"}),
        locale="en",
        asked_at=0,
    )
    await insert(database, "reports", reporter_id=person_id, poem_id=number, reason=TYPED, reported_at=0)
    await insert(
        database,
        "faults",
        reference=f"{number:08x}",
        request_id=person_id + 8,
        person_id=person_id,
        command="poem",
        trace=TYPED,
        happened_at=0,
    )
    await insert(
        database,
        "jobs",
        id=number,
        kind="adder",
        recipe="adder",
        corpus="",
        origin="",
        changes="[]",
        seed=1,
        state="done",
        asked_at=0,
    )
    await insert(database, "job_messages", job_id=number, person_id=person_id, language="en", tell=0)
    await insert(database, "blocks", kind="person", subject_id=person_id, reason="", blocked_at=0)
    await insert(database, "comparisons", id=number, one="a", other="b", made_at=0)
    await insert(database, "comparison_pairs", comparison_id=number, number=0, one="月", other="山", swapped=0)
    await insert(database, "votes", comparison_id=number, number=0, person_id=person_id, choice="one", voted_at=0)


async def tables(database: Database) -> dict[str, list[str]]:
    """Every table with its columns, as they really are."""
    names = await database.fetch_all("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")
    return {name: [column[1] for column in await database.fetch_all(f"PRAGMA table_info({name})")] for (name,) in names}


async def everything(database: Database) -> dict[str, str]:
    """All rows of every table as text."""
    return {name: str(await database.fetch_all(f"SELECT * FROM {name}")) for name in await tables(database)}  # noqa: S608


async def test_every_column_of_every_table_is_covered(database: Database) -> None:
    """Whoever adds one says in COVERAGE what becomes of it when a person has everything deleted."""
    assert {name: sorted(columns) for name, columns in COVERAGE.items()} == {
        name: sorted(columns) for name, columns in (await tables(database)).items()
    }


async def test_every_table_with_something_of_a_person_is_told_and_exported(database: Database) -> None:
    personal = {name for name, columns in COVERAGE.items() if set(columns.values()) != {Fate.NOBODYS}}

    assert {kind.table for kind in KINDS} == personal
    for name, columns in COVERAGE.items():
        ids = {column for column in columns if re.search("person|reporter|author|user|owner|subject", column)}
        assert not ids or name in personal, f"{name}: {ids}"


def test_what_is_emptied_is_what_the_coverage_says() -> None:
    emptied = {
        (name, column) for name, columns in COVERAGE.items() for column in columns if columns[column] is Fate.EMPTIED
    }

    assert emptied == {("poems", column) for column in store._EMPTIED}


def test_every_option_of_a_wish_is_known_as_typed_or_chosen() -> None:
    typed = {"start", "theme", "heads", "held"}

    for field in fields(PoemRequest):
        assert (f"'{field.name}'" in store._EMPTIED["wish"]) != (field.name in typed), field.name


async def test_the_export_has_every_column_of_every_row(database: Database, privacy: Privacy) -> None:
    await fill(database)
    await fill(database, OTHER, 2)

    async with privacy.export(ME, 10**6, NOW) as pieces:
        [piece] = pieces
        exported = json.loads(piece.content.read())

    assert piece.name == "tangpoet.json"
    assert exported.pop("person_id") == str(ME)
    assert exported.pop("made_at") == "2026-05-06T07:08:09+00:00"
    assert list(exported) == [kind.table for kind in KINDS]
    for table, rows in exported.items():
        assert [sorted(row) for row in rows] == [sorted(COVERAGE[table])], table
    assert str(OTHER) not in str(exported)
    assert exported["poems"][0]["wish"]["start"] == exported["poems"][0]["start"] == TYPED
    assert exported["poems"][0]["made_at"] == "1970-01-01T00:00:00.000+00:00"
    assert exported["poems"][0]["person_id"] == str(ME)
    assert exported["additions"][0]["margins"] == [1.0]
    assert exported["additions"][0]["operands"] == ["123", "456"]
    assert exported["requests"][0]["options"] == {"start": f"{TYPED}\ud800"}
    assert exported["requests"][0]["answered_at"] is None
    assert exported["reports"][0]["reason"] == exported["faults"][0]["trace"] == TYPED


async def test_an_export_without_anything_is_a_file_as_well(privacy: Privacy) -> None:
    async with privacy.export(ME, 10**6, NOW) as [piece]:
        exported = json.loads(piece.content.read())

    assert all(exported[kind.table] == [] for kind in KINDS)


async def test_an_export_reads_page_by_page(
    database: Database, privacy: Privacy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "PAGE", 3)
    read: list[int] = []
    fetch_all = Database.fetch_all

    async def note(self: Database, *arguments: Any) -> Any:
        rows = await fetch_all(self, *arguments)
        read.append(len(rows))
        return rows

    for number in range(1, 8):
        await poem(database, number)
        await insert(database, "favorites", person_id=ME, poem_id=number, kept_at=0)
        for server in (1, 2):
            values = {"channel_id": 4, "message_id": None, "state": "shown", "posted_at": 0}
            await insert(database, "fame_posts", poem_id=number, guild_id=server, **values)
    monkeypatch.setattr(Database, "fetch_all", note)
    async with privacy.export(ME, 10**6, NOW) as [piece]:
        exported = json.loads(piece.content.read())

    assert max(read) == 3
    assert [row["id"] for row in exported["poems"]] == [str(number) for number in range(1, 8)]
    assert [row["poem_id"] for row in exported["favorites"]] == [str(number) for number in range(1, 8)]
    posts = [(row["poem_id"], row["guild_id"]) for row in exported["fame_posts"]]
    assert posts == [(str(number), server) for number in range(1, 8) for server in "12"]


@pytest.mark.parametrize(("limit", "count"), [(4_000, 1), (900, None), (50, None)])
async def test_a_large_export_is_compressed_and_cut_where_it_has_to_be(
    database: Database, privacy: Privacy, tmp_path: Path, limit: int, count: int | None
) -> None:
    for number in range(1, 60):
        await poem(database, number, text=f"{number * 7919 % 104_729}" * 3)

    async with privacy.export(ME, limit, NOW) as pieces:
        contents = [piece.content.read() for piece in pieces]
        names = [piece.name for piece in pieces]

    exported = json.loads(gzip.GzipFile(fileobj=BytesIO(b"".join(contents))).read())
    assert [row["id"] for row in exported["poems"]] == [str(number) for number in range(1, 60)]
    assert max(map(len, contents)) <= limit
    if count == 1:
        assert names == ["tangpoet.json.gz"]
    else:
        assert len(names) > 1
        assert names == [f"tangpoet.json.gz.{number:03}" for number in range(1, len(names) + 1)]
        assert set(map(len, contents[:-1])) == {limit}
    assert [path.name for path in tmp_path.iterdir() if not path.name.startswith("t.db")] == []  # noqa: ASYNC240


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


async def test_what_is_told_is_what_the_database_and_the_settings_say(database: Database, privacy: Privacy) -> None:
    await fill(database)
    facts = {fact.table: fact for fact in await privacy.facts(ME)}

    assert set(facts) == {kind.table for kind in KINDS}
    assert {fact.count for fact in facts.values()} == {1}
    assert {table: fact.days for table, fact in facts.items() if fact.days} == DAYS
    assert [table for table, fact in facts.items() if fact.stays] == ["blocks"]


async def test_rows_of_a_person_are_found_by_an_index(database: Database) -> None:
    for kind in KINDS:
        condition = kind.whose.replace("?", "1")
        plan = await database.fetch_all(f"EXPLAIN QUERY PLAN SELECT 1 FROM {kind.table} WHERE {condition}")  # noqa: S608
        searched = [str(step[-1]) for step in plan]
        assert any("SEARCH" in step for step in searched), (kind.table, searched)
        assert not any("SCAN" in step for step in searched), (kind.table, searched)


def test_the_page_names_the_days_of_the_settings() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")
    days = tomllib.loads((ROOT / "config.toml").read_text(encoding="utf-8"))["retention"]
    for name, setting in (
        ("Requests", "requests_days"),
        ("Sums", "additions_days"),
        ("Contests", "contests_days"),
        ("Ballots", "contests_days"),
        ("Reports", "reports_days"),
        ("Errors", "faults_days"),
    ):
        [row] = [line for line in page.splitlines() if line.startswith(f"| **{name}**")]
        assert row.endswith(f"| {days[setting]} days |"), row
    assert f"are kept for {days['backup_days']} days at the most and then deleted" in page
    assert f"is deleted {days['left_server_days']} days later" in page
    assert f"works for {CONFIRMATION.seconds // 60} minutes" in page
    assert len(days) == 7


def test_the_page_names_every_kind() -> None:
    page = (ROOT / "docs" / "privacy.md").read_text(encoding="utf-8")

    assert page.count("\n| **") == len(KINDS)
