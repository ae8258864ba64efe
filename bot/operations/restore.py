"""`python -m bot backup` and `restore`: by hand what the bot does by itself, and back again."""

import argparse
import shutil
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from bot.config import Config, ConfigError, load_config
from bot.operations.backups import (
    TRAINED,
    Backup,
    BackupError,
    Reason,
    all_backups,
    database_files,
    fingerprints,
    keep_aside,
    make_backup,
    sync,
    verify_backup,
    weights_of,
)
from bot.operations.exits import Exit
from bot.operations.lock import FolderInUse, FolderLock, FolderUnusable
from bot.store.database import DATABASE, known_migrations


def backup(options: argparse.Namespace) -> Exit:
    """Make one now, whether a bot runs or not; or list those that there are."""
    try:
        config = load_config(options.config)
        if options.list:
            for known in all_backups(config.storage.dir):
                print(known.name)
            return Exit.OK
        if not (config.storage.dir / DATABASE).exists():
            raise BackupError(f"there is no database in {config.storage.dir}")
        made = make_backup(config.storage.dir, config.model.dir, Reason.ASKED, datetime.now(UTC))
    except (ConfigError, BackupError) as error:
        return _end(error)
    print(made.path)
    return Exit.OK


def restore(options: argparse.Namespace) -> Exit:
    """Put a backup in the place of the database; what was there becomes a backup itself."""
    try:
        config = load_config(options.config)
        lock = FolderLock.take(config.storage.dir)
        try:
            chosen = _choose(config.storage.dir, options.name)
            aside = put_back(config, chosen, datetime.now(UTC))
        finally:
            lock.release()
    except (ConfigError, FolderInUse, FolderUnusable, BackupError) as error:
        return _end(error)
    print(f"{chosen.name} is in place.")
    if aside is not None:
        print(f"What was there is kept: {aside.name}")
    return Exit.OK


def put_back(config: Config, chosen: Backup, now: datetime) -> Backup | None:
    """Restore a backup, while no bot runs. It may be killed at any point, and be tried again.

    Returns:
        What was there; None where there was nothing.

    Raises:
        BackupError: the backup is damaged or of a newer version, or a file cannot be written. Nothing was changed then.
    """
    storage = config.storage.dir
    note = verify_backup(chosen)
    if note["schema"] > len(known_migrations()):
        raise BackupError(f"the backup {chosen.name} has version {note['schema']}: update the program first")
    copy = storage / f".{DATABASE}.restoring"
    try:
        shutil.copy2(chosen.path / DATABASE, copy)
        sync(copy)
        aside = keep_aside(storage, config.model.dir, now)
        _put_weights(chosen, config.model.dir, storage / TRAINED)
        _write_back(storage / DATABASE)
        # The log of the old database must never be taken for one of the new.
        for path in database_files(storage)[1:]:
            path.unlink()
        copy.replace(storage / DATABASE)
        sync(storage)
    except OSError as error:
        raise BackupError(f"cannot write in {storage}: {error.strerror}") from error
    finally:
        copy.unlink(missing_ok=True)
    return aside


def _write_back(database: Path) -> None:
    """Have the log written into the file, so that it can go; a database that is damaged is kept aside as it is."""
    if database.exists():
        try:
            with closing(sqlite3.connect(database)) as connection:
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        except sqlite3.Error as error:
            print(f"The database that was there is damaged: {error}.", file=sys.stderr)


def _put_weights(chosen: Backup, shipped: Path, trained: Path) -> None:
    """Weights that are nowhere any more go where trained ones are."""
    there = fingerprints((shipped, trained))
    for path in weights_of(chosen):
        key, _, name = path.name.partition("-")
        if key in there:
            continue
        trained.mkdir(parents=True, exist_ok=True)
        target = trained / name
        if target.exists():
            target = trained / f"{target.stem}-{key}{target.suffix}"
        unfinished = target.with_name(f".{target.name}")
        shutil.copy2(path, unfinished)
        sync(unfinished)
        unfinished.replace(target)


def _choose(storage: Path, name: str | None) -> Backup:
    """The one of that name; or the newest, of those that were not replaced themselves."""
    known = all_backups(storage)
    if name is None:
        known = [backup for backup in known if backup.reason is not Reason.REPLACED]
    else:
        known = [backup for backup in known if backup.name == name]
    if not known:
        what = "there is no backup" if name is None else f"there is no backup {name}"
        raise BackupError(f"{what} in {storage}: `python -m bot backup --list` lists them")
    return known[0]


def _end(error: Exception) -> Exit:
    codes = {ConfigError: Exit.SETTINGS, FolderInUse: Exit.IN_USE}
    print(error, file=sys.stderr)
    return next((code for kind, code in codes.items() if isinstance(error, kind)), Exit.STORE)
