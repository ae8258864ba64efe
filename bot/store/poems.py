"""Every poem that was written, with all that made it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from bot.store.database import Database, milliseconds
from bot.store.origin import Origin


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


class PoemRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, poem: PoemRecord, origin: Origin, now: datetime) -> int:
        """Keep a poem. Returns its id."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO poems (request_id, person_id, guild_id, channel_id, text, traditional, form, pattern,"
                " theme, start, given, unknown, broken, seed, script, wish, weights, version, made_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    origin.request_id,
                    origin.person_id,
                    origin.guild_id,
                    origin.channel_id,
                    poem.text,
                    poem.traditional,
                    poem.form,
                    poem.pattern,
                    poem.theme,
                    poem.start,
                    json.dumps(poem.given),
                    poem.unknown,
                    poem.broken,
                    poem.seed,
                    poem.script,
                    json.dumps(poem.wish, ensure_ascii=False),
                    poem.weights,
                    poem.version,
                    milliseconds(now),
                ),
            )
            return cursor.lastrowid or 0

    async def get(self, poem_id: int) -> PoemRecord | None:
        row = await self._database.fetch_one(
            "SELECT text, traditional, form, pattern, theme, start, given, unknown, broken, seed, script, wish,"
            " weights, version FROM poems WHERE id = ?",  # in the order of the fields
            (poem_id,),
        )
        if row is None:
            return None
        values = dict(zip((field.name for field in fields(PoemRecord)), row, strict=True))
        values |= {"given": tuple(json.loads(values["given"])), "wish": json.loads(values["wish"])}
        return PoemRecord(**values)
