"""Contests of the three networks, and the votes of people."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from bot.store.database import Database, milliseconds
from bot.store.origin import Origin
from model.recipes import Cell


@dataclass(frozen=True, slots=True)
class Entry:
    """What one network wrote."""

    cell: Cell
    text: str
    weights: str
    size: int
    """How many weights it has."""
    perplexity: float
    """Of poems that it has not seen: a character of the shipped three, a symbol of others."""


@dataclass(frozen=True, slots=True)
class ContestRecord:
    """A contest as it is kept; its entries in the order in which they are shown."""

    start: str
    seed: int
    unknown: str
    """Characters of the start that one of them does not know, left as they were typed."""
    entries: tuple[Entry, ...]
    version: str

    def place_of(self, cell: Cell) -> int:
        """Where the network's poem stands, from 0 on."""
        return [entry.cell for entry in self.entries].index(cell)


@dataclass(frozen=True, slots=True)
class Tally:
    """Votes by cell: here as they stand, and everywhere the first ones, which were cast blindly."""

    here: Mapping[str, int]
    everywhere: Mapping[str, int]
    changed: bool
    """Whether the person had voted here before."""

    @property
    def votes(self) -> int:
        return sum(self.here.values())


class ContestRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, contest: ContestRecord, origin: Origin, now: datetime) -> int:
        """Keep a contest. Returns its id."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO contests (request_id, person_id, guild_id, channel_id, start, seed, unknown, entries,"
                " version, made_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    origin.request_id,
                    origin.person_id,
                    origin.guild_id,
                    origin.channel_id,
                    contest.start,
                    contest.seed,
                    contest.unknown,
                    json.dumps([asdict(entry) for entry in contest.entries], ensure_ascii=False),
                    contest.version,
                    milliseconds(now),
                ),
            )
            return cursor.lastrowid or 0

    async def get(self, contest_id: int) -> ContestRecord | None:
        row = await self._database.fetch_one(
            "SELECT start, seed, unknown, entries, version FROM contests WHERE id = ?", (contest_id,)
        )
        if row is None:
            return None
        start, seed, unknown, entries, version = row
        return ContestRecord(start, seed, unknown, tuple(Entry(**entry) for entry in json.loads(entries)), version)

    async def vote(self, contest_id: int, person_id: int, cell: Cell, now: datetime) -> Tally | None:
        """Count a vote, in place of the person's last one here. None where the contest is no more."""
        async with self._database.transaction() as transaction:
            before = await transaction.execute(
                "SELECT count(*) FROM ballots WHERE contest_id = ? AND person_id = ?", (contest_id, person_id)
            )
            [[voted]] = await before.fetchall()
            cursor = await transaction.execute(
                # Together with the question whether there is such a contest, so that no vote is for nothing.
                "INSERT INTO ballots (contest_id, person_id, cell, voted_at)"
                " SELECT id, ?, ?, ? FROM contests WHERE id = ?"
                " ON CONFLICT (contest_id, person_id) DO UPDATE SET cell = excluded.cell, voted_at = excluded.voted_at",
                (person_id, cell, milliseconds(now), contest_id),
            )
            if not cursor.rowcount:
                return None
        here = await self._database.fetch_all(
            "SELECT cell, count(*) FROM ballots WHERE contest_id = ? GROUP BY cell", (contest_id,)
        )
        everywhere = await self._database.fetch_all(
            "SELECT substr(name, length('ballots ') + 1), value FROM counts WHERE name LIKE 'ballots %'"
        )
        return Tally(_counts(here), _counts(everywhere), changed=bool(voted))

    async def votes(self, contest_id: int) -> int:
        """How many voted."""
        row = await self._database.fetch_one("SELECT count(*) FROM ballots WHERE contest_id = ?", (contest_id,))
        return int(row[0]) if row is not None else 0


def _counts(rows: Iterable[Sequence[Any]]) -> dict[str, int]:
    return {str(cell): int(count) for cell, count in rows}
