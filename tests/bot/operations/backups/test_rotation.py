"""Backups by themselves: one a day and before a migration, and the old ones go."""

import logging
import os
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from bot.app import create_bot
from bot.cogs.backups import BackupCog
from bot.config import Config
from bot.operations.backups import BackupError, Reason, all_backups, prune, verify_backup
from bot.store.database import DATABASE, Database, known_migrations
from tests.bot.operations.backups.conftest import DAY, NOW, made, said
from tests.conftest import World


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
