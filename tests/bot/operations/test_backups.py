"""Backups: made while the bot writes, verified, rotated, and restored by one command."""

import json
import logging
import os
import shutil
import sqlite3
import threading
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.__main__ import main
from bot.app import create_bot
from bot.cogs.backups import BackupCog
from bot.config import Config
from bot.operations import backups
from bot.operations.backups import (
    Backup,
    BackupError,
    Reason,
    all_backups,
    copy_database,
    make_backup,
    prune,
    verify_backup,
    weights_of,
)
from bot.operations.lock import FolderLock
from bot.store.database import DATABASE, Database, known_migrations
from model.header import fingerprint
from tests.bot.store.test_privacy import ME, poem
from tests.conftest import World

NOW = datetime(2026, 5, 6, 7, 8, 9, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def database(config: Config) -> AsyncIterator[Database]:
    """Of the data folder, with a poem in it, and in use."""
    database = await Database.open(config.storage.dir / DATABASE)
    await poem(database, 1, ME)
    yield database
    await database.close()


@pytest.fixture
def arguments(config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What follows the command, for a test's data folder."""
    monkeypatch.setattr("bot.operations.restore.load_config.__defaults__", (None, None, tmp_path))
    path = tmp_path / "settings.toml"
    path.write_text(f'[storage]\ndir = "{config.storage.dir}"\n[model]\ndir = "{config.model.dir}"\n')
    return ["--config", str(path)]


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


# Making them.


async def test_a_backup_of_a_database_in_use_has_what_was_acknowledged(database: Database, config: Config) -> None:
    await poem(database, 2, ME)
    async with database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems WHERE id = 1")
        backup = made(config)  # while this is not yet so

    assert backup.name == "20260506T070809Z-asked"
    assert texts(backup.path / DATABASE) == [(1,), (2,)]
    assert all_backups(config.storage.dir) == [backup]
    assert verify_backup(backup)["schema"] == len(known_migrations())


async def test_a_backup_is_one_moment_whatever_is_written_meanwhile(database: Database, config: Config) -> None:
    """Two tables that are always changed together agree in every backup."""
    async with database.transaction() as transaction:
        await transaction.execute("CREATE TABLE one (n INTEGER)")
        await transaction.execute("CREATE TABLE two (n INTEGER)")
        await transaction.execute("INSERT INTO one VALUES (0)")
        await transaction.execute("INSERT INTO two VALUES (0)")
    stopped, path = threading.Event(), config.storage.dir / DATABASE

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            while not stopped.is_set():
                connection.executescript("BEGIN IMMEDIATE; UPDATE one SET n = n + 1; UPDATE two SET n = n + 1; COMMIT;")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            copy_database(path, copy := config.storage.dir / f"{number}.db")
            [(one, two)] = said(copy, "SELECT one.n, two.n FROM one, two")
            assert one == two
    finally:
        stopped.set()
        writer.join()


async def test_the_weights_that_the_database_names_come_along(database: Database, config: Config) -> None:
    trained = config.storage.dir / "models" / "mine.safetensors"
    trained.parent.mkdir()
    shutil.copy(config.model.dir / "gru.safetensors", trained)
    with trained.open("ab") as file:
        file.write(b" ")
    key = await by_weights(database, trained)
    async with database.transaction() as transaction:
        await transaction.execute("CREATE TABLE others (weights TEXT)")
        await transaction.execute("INSERT INTO others VALUES (?), ('gone'), (''), (NULL)", (shipped_key(config),))
    backup = made(config)

    assert [path.name for path in weights_of(backup)] == sorted(
        [f"{key}-mine.safetensors", f"{shipped_key(config)}-gru.safetensors"]
    )
    assert verify_backup(backup)["missing_weights"] == ["gone"]
    # A second one takes no more room for the same weights.
    later = made(config, now=NOW + DAY)
    assert [path.stat().st_ino for path in weights_of(later)] == [path.stat().st_ino for path in weights_of(backup)]
    shutil.rmtree(backup.path)
    assert verify_backup(later)


def shipped_key(config: Config) -> str:
    return fingerprint(config.model.dir / "gru.safetensors")


async def test_nobody_else_on_the_machine_reads_a_backup(database: Database, config: Config) -> None:
    backup = made(config)

    for folder in (backup.path, backup.path.parent):
        assert folder.stat().st_mode & 0o777 == 0o700


async def test_two_in_one_second_are_two(database: Database, config: Config) -> None:
    names = {made(config).name for _ in range(3)}

    assert names == {backup.name for backup in all_backups(config.storage.dir)}
    assert len(names) == 3


async def test_a_damaged_database_makes_no_backup_and_costs_none(database: Database, config: Config) -> None:
    before = made(config)
    await database.close()
    damage(config.storage.dir / DATABASE)

    with pytest.raises(BackupError, match=r"damaged|malformed"):
        made(config, now=NOW + DAY)
    assert all_backups(config.storage.dir) == [before]
    assert [path.name for path in before.path.parent.iterdir()] == [before.name]


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:20480] = os.urandom(16384)
    path.write_bytes(content)


async def test_a_full_disk_is_told_and_leaves_nothing(
    database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backups, "_write_manifest", full)
    with pytest.raises(BackupError, match="No space left on device"):
        made(config)

    assert not list((config.storage.dir / "backups").iterdir())


# Verifying them.


@pytest.mark.parametrize("name", [DATABASE, "backup.json"])
@pytest.mark.parametrize("change", ["gone", "other", "empty"])
async def test_a_backup_that_has_changed_is_told(database: Database, config: Config, name: str, change: str) -> None:
    backup = made(config)
    path = backup.path / name
    if change == "gone":
        path.unlink()
    elif change == "other":
        path.write_bytes(path.read_bytes()[:-1] + b"?")
    else:
        path.write_bytes(b"")

    with pytest.raises(BackupError, match=backup.name):
        verify_backup(backup)


# Rotating them.


async def test_the_newest_of_each_reason_stay_and_none_for_too_long(database: Database, config: Config) -> None:
    storage = config.storage.dir
    for day in range(6):
        made(config, Reason.REGULAR, NOW + day * DAY)
    made(config, Reason.MIGRATION, NOW)
    (storage / "backups" / "somebody's").mkdir()
    gone = prune(storage, keep=3, days=30, now=NOW + 6 * DAY)

    assert gone == ["20260508T070809Z-regular", "20260507T070809Z-regular", "20260506T070809Z-regular"]
    assert [backup.made_at for backup in all_backups(storage)] == [NOW + 5 * DAY, NOW + 4 * DAY, NOW + 3 * DAY, NOW]
    assert len(prune(storage, keep=3, days=2, now=NOW + 6 * DAY)) == 2
    assert prune(storage, keep=3, days=2, now=NOW + 60 * DAY) == [f"2026051{day}T070809Z-regular" for day in (1, 0)]
    assert [path.name for path in (storage / "backups").iterdir()] == ["somebody's"]


async def test_what_a_killed_process_left_goes_after_a_day(database: Database, config: Config) -> None:
    left = made(config).path.with_name(".20260506T070809Z-regular")
    left.mkdir()
    assert prune(config.storage.dir, keep=9, days=10_000, now=datetime.now(UTC)) == []
    old = (datetime.now(UTC) - 2 * DAY).timestamp()
    os.utime(left, (old, old))

    assert prune(config.storage.dir, keep=9, days=10_000, now=datetime.now(UTC)) == [left.name]


# By itself.


def cog_of(world: World) -> BackupCog:
    cog = world.bot.get_cog("BackupCog")
    assert isinstance(cog, BackupCog)
    return cog


async def test_the_bot_makes_one_a_day_and_forgets_the_old(world: World, config: Config) -> None:
    loop, cog = cog_of(world).each_hour, cog_of(world)
    assert loop.is_running()
    assert loop.hours == 1
    await cog.each_hour()
    [first] = all_backups(config.storage.dir)
    assert first.reason is Reason.REGULAR
    for hours, count in ((1, 1), (23, 1), (24, 2), (32 * 24, 1)):
        cog.see_to(first.made_at + timedelta(hours=hours))
        assert len(all_backups(config.storage.dir)) == count
    # What people deleted is gone with it.
    assert first not in all_backups(config.storage.dir)


async def test_the_first_one_is_made_some_time_after_the_start(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    await world.env.advance_time(2)
    assert all_backups(config.storage.dir) == []
    await world.bot.close()
    monkeypatch.setattr("bot.cogs.backups.FIRST_SECONDS", 1)
    await world.env.restart_bot(create_bot(config))
    await world.env.advance_time(2)

    assert len(all_backups(config.storage.dir)) == 1


async def test_no_backups_by_itself_where_nobody_wants_them(world: World, config: Config) -> None:
    cog = cog_of(world)
    made(config)
    never = config.model_copy(update={"backup": config.backup.model_copy(update={"hours": 0})})
    world.bot.config = never
    cog.see_to(NOW + DAY)
    assert [backup.reason for backup in all_backups(config.storage.dir)] == [Reason.ASKED]
    cog.see_to(NOW + 31 * DAY)  # the promise holds all the same

    assert all_backups(config.storage.dir) == []


async def test_a_backup_that_fails_is_told_and_the_old_go_all_the_same(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object) -> None:
        raise BackupError("no room")

    made(config, Reason.REGULAR, NOW - 1000 * DAY)
    monkeypatch.setattr("bot.cogs.backups.back_up", full)
    await cog_of(world).each_hour()

    assert "No backup was made, or an old one could not be deleted: no room" in caplog.text
    assert all_backups(config.storage.dir) == []


async def test_only_one_of_several_processes_makes_them(
    world: World, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def taken(*_: object) -> None:
        return None

    monkeypatch.setattr(world.bot.leases, "hold", taken)
    await cog_of(world).each_hour()

    assert all_backups(config.storage.dir) == []


# Before a migration.


async def old_database(config: Config) -> None:
    """One that the first migration alone has made."""
    config.storage.dir.mkdir()
    with closing(sqlite3.connect(config.storage.dir / DATABASE)) as connection:
        connection.executescript(f"{known_migrations()[0]}\nPRAGMA user_version = 1;")
        connection.execute(
            "INSERT INTO poems (id, request_id, person_id, text, start, unknown, seed, script, wish, weights, version,"
            " made_at) VALUES (1, 1, 1, '月', '', '', 1, 'hans', '{}', '', '', 0)"
        )
        connection.commit()


async def test_before_a_migration_a_backup_is_made(config: Config, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    await old_database(config)
    async with create_bot(config) as bot:
        await bot._open()

    [backup] = all_backups(config.storage.dir)
    assert backup.reason is Reason.MIGRATION
    assert verify_backup(backup)["schema"] == 1
    assert said(backup.path / DATABASE, "SELECT text FROM poems") == [("月",)]
    assert said(config.storage.dir / DATABASE, "PRAGMA user_version") == [(len(known_migrations()),)]
    async with create_bot(config) as bot:
        await bot._open()
    assert len(all_backups(config.storage.dir)) == 1


async def test_without_a_backup_there_is_no_migration(config: Config) -> None:
    await old_database(config)
    (config.storage.dir / "backups").touch()
    with pytest.raises(BackupError, match="cannot make a backup"):
        async with create_bot(config) as bot:
            await bot._open()

    assert said(config.storage.dir / DATABASE, "PRAGMA user_version") == [(1,)]


# By hand.


async def test_a_backup_by_hand_while_the_bot_runs(
    world: World,
    config: Config,
    arguments: list[str],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("bot.__main__.leave", lambda code, _: code)
    await world.alice.slash(world.channel, "poem")
    assert main(["backup", *arguments]) == 0
    path = Path(capsys.readouterr().out.strip())
    assert main(["backup", "--list", *arguments]) == 0

    assert capsys.readouterr().out == f"{path.name}\n"
    assert texts(path / DATABASE) == [(1,)]
    assert main(["restore", *arguments]) == 75  # not while it runs
    assert "another bot uses" in capsys.readouterr().err


async def test_a_restored_backup_is_as_it_was_and_what_was_there_is_kept(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    await database.close()
    assert main(["restore", *arguments]) == 0
    assert texts(path) == [(1,)]
    kept = capsys.readouterr().out.splitlines()[-1].removeprefix("What was there is kept: ")
    # The newest is never what was replaced, unless it is called by its name.
    assert main(["restore", *arguments]) == 0
    assert texts(path) == [(1,)]
    assert main(["restore", kept, *arguments]) == 0
    assert texts(path) == [(1,), (2,)]

    database = await Database.open(path)
    assert await database.fetch_all("PRAGMA integrity_check") == [("ok",)]
    await database.close()
    assert not list(config.storage.dir.glob(".*"))


async def test_a_log_that_was_left_is_not_taken_for_the_new_database(
    database: Database, config: Config, arguments: list[str]
) -> None:
    """As after kill -9: what was written last stands in the log only."""
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    left = {ending: path.with_name(f"{DATABASE}{ending}").read_bytes() for ending in ("", "-wal")}
    await database.close()
    for ending, content in left.items():
        path.with_name(f"{DATABASE}{ending}").write_bytes(content)
    assert main(["restore", *arguments]) == 0

    assert texts(path) == [(1,)]
    [aside] = [backup for backup in all_backups(config.storage.dir) if backup.reason is Reason.REPLACED]
    assert texts(aside.path / DATABASE) == [(1,), (2,)]


@pytest.mark.parametrize("wholly", [False, True])
async def test_a_damaged_database_is_replaced_and_kept_as_it_is(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str], *, wholly: bool
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await database.close()
    damage(path)
    if wholly:
        path.write_bytes(b"no database" * 1000)
        path.with_name(f"{DATABASE}-wal").write_bytes(b"its log")
    damaged = path.read_bytes()
    assert main(["restore", *arguments]) == 0

    assert texts(path) == [(1,)]
    kept = capsys.readouterr().out.splitlines()[-1].removeprefix("What was there is kept: ")
    assert (config.storage.dir / "backups" / kept / DATABASE).read_bytes() == damaged
    assert (config.storage.dir / "backups" / kept / f"{DATABASE}-wal").exists() is wholly
    assert not path.with_name(f"{DATABASE}-wal").exists()
    assert main(["restore", kept, *arguments]) == 74
    assert "copy of a damaged database" in capsys.readouterr().err
    assert texts(path) == [(1,)]


async def test_weights_that_are_gone_come_back(database: Database, config: Config, arguments: list[str]) -> None:
    trained = config.storage.dir / "models" / "mine.safetensors"
    trained.parent.mkdir()
    shutil.copy(config.model.dir / "adder.safetensors", trained)
    with trained.open("ab") as file:
        file.write(b" ")
    key = await by_weights(database, trained)
    assert main(["backup", *arguments]) == 0
    await database.close()
    content = trained.read_bytes()
    trained.write_bytes(b"another one of that name")
    assert main(["restore", *arguments]) == 0
    assert (trained.parent / f"mine-{key}.safetensors").read_bytes() == content
    shutil.rmtree(trained.parent)
    assert main(["restore", *arguments]) == 0
    assert trained.read_bytes() == content
    assert main(["restore", *arguments]) == 0

    assert [path.name for path in trained.parent.iterdir()] == ["mine.safetensors"]


async def test_what_cannot_be_restored_changes_nothing(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["restore", *arguments]) == 74
    assert "there is no backup" in capsys.readouterr().err
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    await database.close()
    [backup] = all_backups(config.storage.dir)
    note = json.loads((backup.path / "backup.json").read_text())
    (backup.path / "backup.json").write_text(json.dumps(note | {"schema": 999}))
    capsys.readouterr()

    for name, why in ((backup.name, "version 999: update the program"), ("none", "no backup none")):
        assert main(["restore", name, *arguments]) == 74
        assert why in capsys.readouterr().err
    assert texts(path) == [(1,), (2,)]
    assert all_backups(config.storage.dir) == [backup]


async def test_a_restore_that_is_cut_short_can_be_tried_again(
    database: Database, config: Config, arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = config.storage.dir / DATABASE
    assert main(["backup", *arguments]) == 0
    await poem(database, 2, ME)
    await database.close()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    for place in ("shutil.copy2", "bot.operations.restore.sync", "bot.operations.restore._put_weights"):
        with monkeypatch.context() as patch:
            patch.setattr(place, full)
            assert main(["restore", *arguments]) == 74
        assert texts(path) == [(1,), (2,)]
    assert main(["restore", *arguments]) == 0
    assert texts(path) == [(1,)]


def test_where_nothing_is_nothing_is_backed_up(
    config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", *arguments]) == 74
    assert "there is no database" in capsys.readouterr().err
    assert main(["backup", "--list", *arguments]) == 0
    Path(arguments[-1]).write_text("[poem]\ntemperature = 9\n")
    for command in ("backup", "restore"):
        assert main([command, *arguments]) == 78


async def test_a_backup_is_restored_where_there_is_nothing(
    database: Database, config: Config, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["backup", *arguments]) == 0
    await database.close()
    (config.storage.dir / DATABASE).unlink()
    capsys.readouterr()
    assert main(["restore", *arguments]) == 0

    assert len(capsys.readouterr().out.splitlines()) == 1
    assert texts(config.storage.dir / DATABASE) == [(1,)]
    FolderLock.take(config.storage.dir).release()
