"""What people chose for themselves."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime

from bot.store.database import Database, milliseconds


@dataclass(frozen=True, slots=True)
class PersonSettings:
    """None: not chosen, so what stands behind it counts."""

    language: str | None = None
    script: str | None = None
    form: str | None = None
    display: str | None = None
    pinyin: int | None = None


_COLUMNS = [field.name for field in fields(PersonSettings)]


class PeopleRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, person_id: int) -> PersonSettings:
        row = await self._database.fetch_one(
            f"SELECT {', '.join(_COLUMNS)} FROM people WHERE person_id = ?",  # noqa: S608 - our own names
            (person_id,),
        )
        return PersonSettings(*row) if row is not None else PersonSettings()

    async def choose(self, person_id: int, changes: Mapping[str, str | int | None], now: datetime) -> None:
        """Change some of a person's settings, and leave the others as they are."""
        unknown = changes.keys() - set(_COLUMNS)
        if unknown:
            raise ValueError(f"a person has no settings {sorted(unknown)}")
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT OR IGNORE INTO people (person_id, changed_at) VALUES (?, ?)", (person_id, milliseconds(now))
            )
            assignments = ", ".join(f"{name} = ?" for name in changes)
            await transaction.execute(
                f"UPDATE people SET {assignments}, changed_at = ? WHERE person_id = ?",  # noqa: S608 - our own names
                (*changes.values(), milliseconds(now), person_id),
            )
