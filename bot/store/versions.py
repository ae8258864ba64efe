"""Weights that were trained here, and which weights are in use."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from bot.store.database import Database, milliseconds
from bot.store.poems import moment

Reason = Literal["owner", "promoted", "rollback"]
BETTER: Final = frozenset({"better", "first", "favorites_better"})
"""Verdicts by which a version is taken into use by itself."""


@dataclass(frozen=True, slots=True)
class Version:
    """Weights that were trained here.

    `figures` are those of the evaluation that the verdict rests on, `verdict` is why it was taken into use or not.
    """

    name: str
    weights: str
    job_id: int | None
    recipe: str
    corpus: str
    bytes: int
    figures: Mapping[str, float]
    verdict: str
    made_at: datetime

    @property
    def promoted(self) -> bool:
        """Whether it was taken into use by itself."""
        return self.verdict in BETTER


@dataclass(frozen=True, slots=True)
class Use:
    """From when on which weights write poems; without a name those that the settings say."""

    id: int
    name: str | None
    reason: Reason
    previous: int | None
    begun_at: datetime


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a process of the bot uses (None: nothing), and what it should use and cannot (None: nothing)."""

    process: str
    name: str | None
    fault: str | None


_COLUMNS: Final = "name, weights, job_id, recipe, corpus, bytes, figures, verdict, made_at"
_USE: Final = "SELECT id, name, reason, previous, begun_at FROM version_uses"


class VersionRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def all(self) -> list[Version]:
        """The newest first."""
        rows = await self._database.fetch_all(
            f"SELECT {_COLUMNS} FROM versions ORDER BY made_at DESC, name DESC"  # noqa: S608 - our own names
        )
        return [_version(row) for row in rows]

    async def get(self, name: str) -> Version | None:
        row = await self._database.fetch_one(f"SELECT {_COLUMNS} FROM versions WHERE name = ?", (name,))  # noqa: S608
        return _version(row) if row is not None else None

    async def of_job(self, job_id: int) -> Version | None:
        row = await self._database.fetch_one(f"SELECT {_COLUMNS} FROM versions WHERE job_id = ?", (job_id,))  # noqa: S608
        return _version(row) if row is not None else None

    async def add(self, version: Version) -> None:
        """Enter a version; one of that name is replaced."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"INSERT OR REPLACE INTO versions ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608
                (
                    version.name,
                    version.weights,
                    version.job_id,
                    version.recipe,
                    version.corpus,
                    version.bytes,
                    json.dumps(dict(version.figures)),
                    version.verdict,
                    milliseconds(version.made_at),
                ),
            )

    async def judge(self, name: str, verdict: str) -> None:
        """Change why it was taken into use, or not."""
        async with self._database.transaction() as transaction:
            await transaction.execute("UPDATE versions SET verdict = ? WHERE name = ?", (verdict, name))

    async def remove(self, name: str) -> bool:
        """Forget a version that is not in use. Returns whether it was forgotten."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "DELETE FROM versions WHERE name = ?1 AND NOT EXISTS"
                " (SELECT 1 FROM version_uses WHERE id = (SELECT max(id) FROM version_uses) AND name = ?1)",
                (name,),
            )
            return cursor.rowcount > 0

    async def untold(self) -> list[Version]:
        """Versions of which the owner has not been told, the oldest first."""
        rows = await self._database.fetch_all(
            f"SELECT {_COLUMNS} FROM versions WHERE told_at IS NULL ORDER BY made_at"  # noqa: S608
        )
        return [_version(row) for row in rows]

    async def tell(self, name: str, now: datetime) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute("UPDATE versions SET told_at = ? WHERE name = ?", (milliseconds(now), name))

    async def current(self) -> Use | None:
        """What is in use now; None where it never was anything but what the settings say."""
        row = await self._database.fetch_one(f"{_USE} ORDER BY id DESC LIMIT 1")
        return _use(row) if row is not None else None

    async def uses(self, most: int) -> list[Use]:
        """The latest first."""
        return [_use(row) for row in await self._database.fetch_all(f"{_USE} ORDER BY id DESC LIMIT ?", (most,))]

    async def use(self, name: str | None, reason: Reason, now: datetime) -> Use:
        """From now on these; what was in use before is what one goes back to."""
        return await self._begin(
            "SELECT ?1, ?2, (SELECT max(id) FROM version_uses), ?3", (name, reason, milliseconds(now))
        )

    async def find(self, use_id: int) -> Use | None:
        row = await self._database.fetch_one(f"{_USE} WHERE id = ?", (use_id,))
        return _use(row) if row is not None else None

    async def return_to(self, before: Use | None, now: datetime) -> Use:
        """Use what was in use then; the next time one goes back from there. None is what the settings say."""
        name, previous = (before.name, before.previous) if before is not None else (None, None)
        return await self._begin("VALUES (?, 'rollback', ?, ?)", (name, previous, milliseconds(now)))

    async def note(self, loaded: Loaded, now: datetime) -> None:
        """What a process uses from now on."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT OR REPLACE INTO version_processes (process, name, fault, noted_at) VALUES (?, ?, ?, ?)",
                (loaded.process, loaded.name, loaded.fault, milliseconds(now)),
            )

    async def loaded(self) -> list[Loaded]:
        rows = await self._database.fetch_all("SELECT process, name, fault FROM version_processes ORDER BY process")
        return [Loaded(*row) for row in rows]

    async def forget_processes(self, process: str) -> None:
        """What this one used before it was stopped, and what processes used that shared the shards otherwise."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "DELETE FROM version_processes WHERE process = ?1"
                " OR substr(process, instr(process, ' of ')) != substr(?1, instr(?1, ' of '))",
                (process,),
            )

    async def _begin(self, values: str, parameters: Sequence[Any]) -> Use:
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                f"INSERT INTO version_uses (name, reason, previous, begun_at) {values}"
                " RETURNING id, name, reason, previous, begun_at",
                parameters,
            )
            row = await cursor.fetchone()
            assert row is not None  # noqa: S101 - one row is inserted
            return _use(tuple(row))


def _version(row: Sequence[Any]) -> Version:
    name, weights, job_id, recipe, corpus, size, figures, verdict, made_at = row
    return Version(name, weights, job_id, recipe, corpus, size, json.loads(figures), verdict, moment(made_at))


def _use(row: Sequence[Any]) -> Use:
    use_id, name, reason, previous, begun_at = row
    return Use(use_id, name, reason, previous, moment(begun_at))
