"""`python -m bot doctor`: token, folder, database and backups, each in a world where it fails."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest

from bot.config import Config
from bot.operations import checks
from bot.operations.backups import Reason, make_backup
from bot.operations.checks import State
from bot.operations.lock import FolderLock
from bot.store.database import DATABASE, Database, known_migrations
from tests.bot.operations.doctor.conftest import assert_is, changed


def test_a_token_that_is_missing_fails() -> None:
    assert_is(checks.check_token(), State.FAIL, "There is none", "Set DISCORD_TOKEN")


def test_a_token_file_that_cannot_be_read_fails(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DISCORD_TOKEN_FILE", str(tmp_path / "none"))

    assert_is(checks.check_token(), State.FAIL, "DISCORD_TOKEN_FILE: cannot read")


@pytest.mark.parametrize("token", ["abc", "0123456789abcdef0123456789abcdef", "a.b", "a.b.c d"])
def test_what_is_no_token_is_suspected_and_not_shown(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("DISCORD_TOKEN", token)
    check = checks.check_token()

    assert_is(check, State.WARN, "client secret")
    assert token not in check.found


# The data folder and the database.


def test_a_folder_that_is_not_there_yet_is_made_later(config: Config) -> None:
    assert_is(checks.check_folder(config), State.OK, "made at the first start")
    assert not config.storage.dir.exists()


def test_a_folder_that_cannot_be_made_fails(config: Config, tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    assert_is(checks.check_folder(changed(config, "storage", dir=tmp_path / "file" / "run")), State.FAIL, "cannot be")


def test_a_folder_that_cannot_be_written_fails(config: Config) -> None:
    config.storage.dir.mkdir()
    (config.storage.dir / "lock").mkdir()

    assert_is(checks.check_folder(config), State.FAIL, "cannot write in", "[storage] dir")


def test_a_folder_in_which_a_bot_runs_is_said_so(config: Config) -> None:
    lock = FolderLock.take(config.storage.dir)
    assert_is(checks.check_folder(config), State.WARN, "A bot is running")
    lock.release()
    assert_is(checks.check_folder(config), State.OK)


@pytest.mark.parametrize(("free", "state"), [(50, State.FAIL), (500, State.WARN), (5_000, State.OK)])
def test_space_that_runs_out_is_told(config: Config, monkeypatch: pytest.MonkeyPatch, free: int, state: State) -> None:
    monkeypatch.setattr("shutil.disk_usage", lambda _: SimpleNamespace(free=free * checks.MIB))

    assert_is(checks.check_space(config), state, f"{free:,} MiB")


async def test_the_database_is_opened_and_its_version_told(config: Config) -> None:
    path = config.storage.dir / DATABASE
    assert_is(checks.check_database(config), State.OK, "made at the first start")
    await (await Database.open(path)).close()
    newest = len(known_migrations())

    assert_is(checks.check_database(config), State.OK, f"has version {newest}.")
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 1")
    connection.close()
    assert_is(checks.check_database(config), State.OK, f"it becomes version {newest}")


async def test_a_database_of_a_newer_version_fails(config: Config) -> None:
    path = config.storage.dir / DATABASE
    await (await Database.open(path)).close()
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 999")
    connection.close()

    assert_is(checks.check_database(config), State.FAIL, "version 999", "Update the program")


def test_a_file_that_is_no_database_fails(config: Config) -> None:
    config.storage.dir.mkdir()
    (config.storage.dir / DATABASE).write_text("poems " * 1000)

    assert_is(checks.check_database(config), State.FAIL, "file is not a database", "backup")


def test_an_sqlite_that_is_too_old_fails(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 31, 1))

    assert_is(checks.check_database(config), State.FAIL, "too old", "3.37.0 or newer")


async def test_backups_that_are_missing_or_old_are_told(config: Config) -> None:
    assert_is(checks.check_backups(config), State.OK, "nothing yet")
    await (await Database.open(config.storage.dir / DATABASE)).close()
    assert_is(checks.check_backups(config), State.WARN, "There is none", "python -m bot backup")
    now = datetime.now(UTC)
    make_backup(config.storage.dir, config.model.dir, Reason.REPLACED, now)
    assert_is(checks.check_backups(config), State.WARN, "There is none")
    make_backup(config.storage.dir, config.model.dir, Reason.REGULAR, now - timedelta(hours=49))
    assert_is(checks.check_backups(config), State.WARN, "49 hours old", "every 24")
    assert_is(checks.check_backups(changed(config, "backup", hours=0)), State.OK, "49 hours old")
    make_backup(config.storage.dir, config.model.dir, Reason.ASKED, now - timedelta(hours=47))

    assert_is(checks.check_backups(config), State.OK, "newest of 2 is 47 hours old")
