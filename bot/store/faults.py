"""What stands behind the reference ids that people quote."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from json import loads
from typing import Any

from bot.store.database import Database, milliseconds
from bot.store.poems import moment


@dataclass(frozen=True, slots=True)
class Fault:
    """Something unforeseen that a request ran into."""

    reference: str
    request_id: int
    person_id: int
    guild_id: int | None
    command: str
    trace: str
    happened_at: datetime


class FaultRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, fault: Fault) -> None:
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "INSERT INTO faults (reference, request_id, person_id, guild_id, command, trace, happened_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    fault.reference,
                    fault.request_id,
                    fault.person_id,
                    fault.guild_id,
                    fault.command,
                    fault.trace,
                    milliseconds(fault.happened_at),
                ),
            )

    async def get(self, reference: str) -> tuple[Fault, Mapping[str, Any] | None] | None:
        """A fault and the options of its request; None in their place where the request is forgotten already."""
        row = await self._database.fetch_one(
            "SELECT f.reference, f.request_id, f.person_id, f.guild_id, f.command, f.trace, f.happened_at, r.options"
            " FROM faults AS f LEFT JOIN requests AS r ON r.id = f.request_id WHERE f.reference = ?",
            (reference,),
        )
        if row is None:
            return None
        reference, request_id, person_id, guild_id, command, trace, at, options = row
        fault = Fault(reference, request_id, person_id, guild_id, command, trace, moment(at))
        return fault, loads(options) if options is not None else None
