"""Which process does what only one may do at a time."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.store.database import Database, milliseconds
from bot.store.poems import moment


@dataclass(frozen=True, slots=True)
class Lease:
    """The right of a process to do something alone. `number` counts its holders: an earlier one takes nothing away."""

    name: str
    holder: str
    number: int
    until: datetime


class LeaseRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def take(self, name: str, holder: str, now: datetime, term: timedelta) -> Lease | None:
        """Take what is free, or renew what is the holder's. Returns None where another has it.

        A lease that ends further ahead than any is given for was noted by a clock that went wrong: it is free.
        """
        until = now + term
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO leases (name, holder, number, until) VALUES (?1, ?2, 1, ?3)"
                " ON CONFLICT (name) DO UPDATE SET number = number + (holder <> ?2), holder = ?2, until = ?3"
                " WHERE holder IN (?2, '') OR until <= ?4 OR until > ?5 RETURNING number",
                (name, holder, milliseconds(until), milliseconds(now), milliseconds(until + term)),
            )
            row = await cursor.fetchone()
        return Lease(name, holder, row[0], until) if row is not None else None

    async def release(self, lease: Lease) -> None:
        """Let the next one have it at once; where that has it already, nothing happens."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE leases SET holder = '' WHERE name = ? AND number = ?", (lease.name, lease.number)
            )

    async def vacate(self, holder: str | None) -> None:
        """Free what a process left that has ended; None: all of them have."""
        async with self._database.transaction() as transaction:
            await transaction.execute("UPDATE leases SET holder = '' WHERE ?1 IS NULL OR holder = ?1", (holder,))

    async def all(self) -> list[Lease]:
        """Those that somebody holds or held, by their names."""
        rows = await self._database.fetch_all(
            "SELECT name, holder, number, until FROM leases WHERE holder <> '' ORDER BY name"
        )
        return [Lease(name, holder, number, moment(until)) for name, holder, number, until in rows]
