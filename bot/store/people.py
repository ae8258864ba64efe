"""What people chose for themselves."""

from dataclasses import asdict, dataclass, fields
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

    async def choose(self, person_id: int, settings: PersonSettings, now: datetime) -> None:
        """Keep these settings in place of all that were chosen before."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"INSERT OR REPLACE INTO people (person_id, {', '.join(_COLUMNS)}, changed_at)"  # noqa: S608
                f" VALUES (?, {', '.join('?' * len(_COLUMNS))}, ?)",
                (person_id, *asdict(settings).values(), milliseconds(now)),
            )
