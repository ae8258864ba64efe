"""Every poem that was written, with all that made it."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Final

from bot.store.database import Database, milliseconds
from bot.store.origin import Origin
from bot.store.paging import PAGE_SIZE, Page, Place


@dataclass(frozen=True, slots=True)
class PoemRecord:
    """A poem as it is kept.

    `wish` has every option that it was made with, `given` the indices of those of its characters, marks not counted,
    that the request gave; `traditional` is the text in traditional characters as it was written; `weights` is the
    beginning of the hash of their file.
    """

    text: str
    traditional: str | None
    form: str | None
    pattern: str
    theme: str
    start: str
    given: tuple[int, ...]
    unknown: str
    broken: str
    seed: int
    script: str
    wish: Mapping[str, Any]
    weights: str
    version: str


_FIELDS: Final = tuple(field.name for field in fields(PoemRecord))
POEM_COLUMNS: Final = ", ".join(f"poems.{name}" for name in ("id", "person_id", "loved", "made_at", *_FIELDS))


@dataclass(frozen=True, slots=True)
class KeptPoem:
    """A poem with what is known around it: who asked for it, how many keep it, when it was made."""

    id: int
    person_id: int
    loved: int
    made_at: datetime
    poem: PoemRecord

    @classmethod
    def of(cls, row: Sequence[Any]) -> "KeptPoem":
        """Out of the values of POEM_COLUMNS."""
        poem_id, person_id, loved, made_at, *values = row
        return cls(poem_id, person_id, loved, moment(made_at), _poem_of(values))


class PoemRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, poem: PoemRecord, origin: Origin, now: datetime) -> int:
        """Keep a poem. Returns its id."""
        return await self._database.write(lambda connection: insert_poem(connection, poem, origin, now))

    async def get(self, poem_id: int) -> PoemRecord | None:
        found = await self.find(poem_id)
        return found.poem if found is not None else None

    async def find(self, poem_id: int) -> KeptPoem | None:
        """A poem with what is known around it."""
        row = await self._database.fetch_one(
            f"SELECT {POEM_COLUMNS} FROM poems WHERE id = ?",  # noqa: S608
            (poem_id,),
        )
        return KeptPoem.of(row) if row is not None else None

    async def of_person(self, person_id: int, place: Place | None = None, size: int = PAGE_SIZE) -> Page[KeptPoem]:
        """What somebody asked for, the newest first; the key of a place is the poem's id."""
        at = place or Place.start(1)
        rows = await self._database.fetch_all(
            f"SELECT {POEM_COLUMNS} FROM poems WHERE person_id = ? AND id {at.comparison} ?"  # noqa: S608
            f" ORDER BY id {at.direction} LIMIT ?",
            (person_id, *at.key, size + 1),
        )
        return Page.of([KeptPoem.of(row) for row in rows], size, place)


def insert_poem(connection: sqlite3.Connection, poem: PoemRecord, origin: Origin, now: datetime) -> int:
    """Within a transaction of the caller's. Returns the poem's id."""
    values = {name: getattr(poem, name) for name in _FIELDS}
    values |= {
        "request_id": origin.request_id,
        "person_id": origin.person_id,
        "guild_id": origin.guild_id,
        "channel_id": origin.channel_id,
        "given": json.dumps(poem.given),
        "wish": json.dumps(poem.wish, ensure_ascii=False),
        "made_at": milliseconds(now),
    }
    sql = f"INSERT INTO poems ({', '.join(values)}) VALUES ({', '.join('?' * len(values))})"  # noqa: S608 - our own names
    return connection.execute(sql, tuple(values.values())).lastrowid or 0


def moment(milliseconds_since: int) -> datetime:
    """The moment that the database keeps as milliseconds."""
    return datetime.fromtimestamp(milliseconds_since / 1000, UTC)


def _poem_of(values: Sequence[Any]) -> PoemRecord:
    named = dict(zip(_FIELDS, values, strict=True))
    named |= {"given": tuple(json.loads(named["given"])), "wish": json.loads(named["wish"])}
    return PoemRecord(**named)
