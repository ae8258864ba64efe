"""What is kept about a person: that every table is covered, told and found by an index."""

import re
import tomllib
from dataclasses import fields

from bot.config import ROOT
from bot.services.privacy import CONFIRMATION, Privacy
from bot.store import privacy as store
from bot.store.database import Database
from bot.store.privacy import COVERAGE, KINDS, Fate
from model.requests import PoemRequest
from tests.bot.personal import ME, fill
from tests.bot.store.privacy.conftest import DAYS, tables


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
