"""Backups: made while the bot writes, whole, and verified."""

import shutil
import sqlite3
import threading
from contextlib import closing

import pytest

from bot.config import Config
from bot.operations import backups
from bot.operations.backups import BackupError, all_backups, copy_database, verify_backup, weights_of
from bot.store.database import DATABASE, Database, known_migrations
from model.header import fingerprint
from tests.bot.operations.backups.conftest import DAY, NOW, by_weights, damage, made, said, texts
from tests.bot.personal import ME, poem


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
