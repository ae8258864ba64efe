"""Backups: a folder each, with the database as it was at one moment and all weights that it names.

All of it blocks, so the bot has it done in a thread. A backup is made under another name, and renamed when it is whole
and was verified.
"""

import hashlib
import json
import logging
import os
import shutil
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final, Self

from bot.config import Config
from bot.store.database import DATABASE, StoreError
from model.header import fingerprint

log = logging.getLogger(__name__)

FOLDER: Final = "backups"
TRAINED: Final = "models"
"""Where weights that were trained here lie in the data folder."""
_WEIGHTS: Final = "weights"
_MANIFEST: Final = "backup.json"
_TIME: Final = "%Y%m%dT%H%M%SZ"
_MAGIC: Final = b"SQLite format 3\0"
_UNFINISHED: Final = "."
_SUFFIX: Final = ".safetensors"


class BackupError(StoreError):
    """A backup that cannot be made or used; `str()` is one line that says why."""


class Reason(StrEnum):
    """Why a backup was made."""

    REGULAR = "regular"
    ASKED = "asked"
    MIGRATION = "migration"
    """The database was about to be changed to a newer version."""
    REPLACED = "replaced"
    """Another backup was about to be restored."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A backup that is there; when and why it was made stands in its name."""

    path: Path
    made_at: datetime
    reason: Reason

    @classmethod
    def of(cls, path: Path) -> Self | None:
        """None where the folder is none that was made here."""
        time, _, reason = path.name.partition("-")
        try:
            return cls(path, datetime.strptime(time, _TIME).replace(tzinfo=UTC), Reason(reason.partition(".")[0]))
        except ValueError:
            return None

    @property
    def name(self) -> str:
        return self.path.name


def all_backups(storage: Path) -> list[Backup]:
    """Those of a data folder, the newest first."""
    folder = storage / FOLDER
    paths = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    return sorted(filter(None, map(Backup.of, paths)), key=lambda backup: (backup.made_at, backup.name), reverse=True)


def make_backup(storage: Path, weights: Path, reason: Reason, now: datetime) -> Backup:
    """Copy the database, which may be in use, and the weights that it names, and verify the copy.

    Args:
        storage: the data folder.
        weights: the folder of the weights that came with the program.
        reason: why.
        now: the time.

    Raises:
        BackupError: the database is damaged, or the copy cannot be written.
    """
    with _new_folder(storage, reason, now) as (folder, unfinished):
        copy_database(storage / DATABASE, unfinished / DATABASE)
        schema, named = _verify(unfinished / DATABASE)
        found = _copy_weights(named, (weights, storage / TRAINED), unfinished / _WEIGHTS, all_backups(storage))
        _write_manifest(unfinished, schema=schema, missing=sorted(named - found))
    return Backup(folder, now, reason)


def back_up(config: Config, reason: Reason, now: datetime) -> None:
    """Make a backup of the bot's data folder, and say so in the log.

    Raises:
        BackupError: as make_backup() does.
    """
    made = make_backup(config.storage.dir, config.model.dir, reason, now)
    log.info("Backup made, and verified: %s", made.path)


def copy_database(source: Path, target: Path) -> None:
    """As it is at one moment, whatever is written meanwhile, into a single file.

    Raises:
        sqlite3.Error: it cannot be read, or the copy cannot be written.
    """
    with (
        closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as original,
        closing(sqlite3.connect(target)) as copy,
    ):
        original.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def verify_backup(backup: Backup) -> Mapping[str, Any]:
    """Hold its files against what was noted when it was made. Returns that note.

    Raises:
        BackupError: something is missing, or has changed, or was damaged from the beginning.
    """
    try:
        note: dict[str, Any] = json.loads((backup.path / _MANIFEST).read_text("utf-8"))
        for name, wanted in note["sha256"].items():
            if _sha256(backup.path / name) != wanted:
                raise BackupError(f"the backup {backup.name} has changed since it was made: {name}")
        if note["damaged"]:
            raise BackupError(f"the backup {backup.name} is the copy of a damaged database")
        _verify(backup.path / DATABASE)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, sqlite3.Error) as error:
        raise BackupError(f"the backup {backup.name} cannot be used: {error}") from error
    return note


def prune(storage: Path, *, keep: int, days: int, now: datetime) -> list[str]:
    """Delete backups that are too many or too old. Returns their names.

    Args:
        storage: the data folder.
        keep: so many of each reason stay.
        days: none stays longer than that: by then what people deleted has to be gone.
        now: the time.

    Raises:
        OSError: a folder cannot be deleted.
    """
    gone, seen = [], dict.fromkeys(Reason, 0)
    for backup in all_backups(storage):
        seen[backup.reason] += 1
        if seen[backup.reason] > keep or backup.made_at < now - timedelta(days=days):
            shutil.rmtree(backup.path)
            gone.append(backup.name)
    for left in (storage / FOLDER).glob(f"{_UNFINISHED}*"):
        # Of a process that was killed; one that is being made is younger.
        if datetime.fromtimestamp(left.stat().st_mtime, UTC) < now - timedelta(days=1):
            shutil.rmtree(left)
            gone.append(left.name)
    return gone


def keep_aside(storage: Path, weights: Path, now: datetime) -> Backup | None:
    """The database as a backup, even where it is damaged, before another takes its place. None: there is none.

    Raises:
        BackupError: it cannot be written.
    """
    if not (storage / DATABASE).exists():
        return None
    # What is no database is not opened: SQLite would take the log beside it for a leftover, and delete it.
    if _is_database(storage / DATABASE):
        with suppress(BackupError):
            return make_backup(storage, weights, Reason.REPLACED, now)
    with _new_folder(storage, Reason.REPLACED, now) as (folder, unfinished):
        for path in database_files(storage):
            shutil.copy2(path, unfinished)
        _write_manifest(unfinished, schema=0, missing=[], damaged=True)
    return Backup(folder, now, Reason.REPLACED)


def _is_database(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def database_files(storage: Path) -> list[Path]:
    """The files that are the database together, as far as they are there."""
    paths = [storage / f"{DATABASE}{ending}" for ending in ("", "-wal", "-shm")]
    return [path for path in paths if path.exists()]


def weights_of(backup: Backup) -> list[Path]:
    """The weights in a backup; each is called as it was, behind its fingerprint and a dash."""
    return sorted((backup.path / _WEIGHTS).glob(f"*{_SUFFIX}"))


def fingerprints(folders: Iterable[Path]) -> dict[str, Path]:
    """The weights in these folders, by the fingerprint under which the database knows them."""
    paths = (path for folder in folders if folder.is_dir() for path in sorted(folder.glob(f"*{_SUFFIX}")))
    return {fingerprint(path): path for path in paths}


@contextmanager
def _new_folder(storage: Path, reason: Reason, now: datetime) -> Iterator[tuple[Path, Path]]:
    """Where a backup is to be, and where it is made until then; what is not finished is deleted."""
    name = f"{now.astimezone(UTC).strftime(_TIME)}-{reason}"
    parent = storage / FOLDER
    number, folder = 1, parent / name
    while folder.exists():
        number += 1
        folder = parent / f"{name}.{number}"
    unfinished = parent / f"{_UNFINISHED}{folder.name}"
    try:
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(mode=0o700)
        yield folder, unfinished
        for path in (*unfinished.rglob("*"), unfinished):
            sync(path)
        unfinished.rename(folder)
        sync(parent)
    except (OSError, sqlite3.Error) as error:
        raise BackupError(f"cannot make a backup in {parent}: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _verify(path: Path) -> tuple[int, set[str]]:
    """Returns the version of its tables, and the fingerprints of the weights that they name.

    Raises:
        BackupError: it is damaged.
    """
    with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check(1)")]
        if found != ["ok"]:
            raise BackupError(f"the database is damaged: {found[0]}")
        [schema] = connection.execute("PRAGMA user_version").fetchone()
        tables = connection.execute(
            "SELECT tables.name FROM sqlite_schema AS tables JOIN pragma_table_info(tables.name) AS columns"
            " ON columns.name = 'weights' WHERE tables.type = 'table'"
        ).fetchall()
        named: set[str] = set()
        for (table,) in tables:
            rows = connection.execute(f"SELECT DISTINCT weights FROM \"{table}\" WHERE weights <> ''")  # noqa: S608
            named.update(row[0] for row in rows)
    return schema, named


def _copy_weights(named: set[str], folders: Iterable[Path], target: Path, earlier: Iterable[Backup]) -> set[str]:
    """A file that an earlier backup has takes no second place on the disk. Returns what was found."""
    there = {path.name.partition("-")[0]: path for backup in earlier for path in weights_of(backup)}
    found = {key: path for key, path in fingerprints(folders).items() if key in named}
    if found:
        target.mkdir(mode=0o700)
    for key, path in found.items():
        copy = target / f"{key}-{path.name}"
        if key in there and fingerprint(there[key]) == key:
            os.link(there[key], copy)
        else:
            shutil.copy2(path, copy)
    return set(found)


def _write_manifest(folder: Path, *, schema: int, missing: list[str], damaged: bool = False) -> None:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    note = {
        "version": version("tangpoet"),
        "schema": schema,
        "damaged": damaged,
        "missing_weights": missing,
        "sha256": {str(path.relative_to(folder)): _sha256(path) for path in files},
    }
    (folder / _MANIFEST).write_text(json.dumps(note, indent=2) + "\n", "utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sync(path: Path) -> None:
    """Have the disk take a file or folder, so that a power cut does not take it back."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
