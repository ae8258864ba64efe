"""Who asked for what, when, and how it ended."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bot.store.database import Database, milliseconds


@dataclass(frozen=True, slots=True)
class Request:
    """A command or a pressed button. `id` is the interaction's."""

    id: int
    person_id: int
    guild_id: int | None
    channel_id: int | None
    command: str
    options: Mapping[str, Any]
    locale: str
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a request ended: "done", or the key of what was said instead."""

    request_id: int
    kind: str
    answered_at: datetime
    reference: str | None = None


class RequestRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def write(self, requests: Sequence[Request], outcomes: Sequence[Outcome]) -> None:
        """Store new requests and the outcomes of old or new ones, together."""

        def work(connection: sqlite3.Connection) -> None:
            connection.executemany(
                "INSERT INTO requests (id, person_id, guild_id, channel_id, command, options, locale, asked_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",  # Discord may deliver an interaction twice
                [_values(request) for request in requests],
            )
            connection.executemany(
                "UPDATE requests SET answered_at = ?, outcome = ?, reference = ? WHERE id = ?",
                [
                    (milliseconds(outcome.answered_at), outcome.kind, outcome.reference, outcome.request_id)
                    for outcome in outcomes
                ],
            )

        await self._database.write(work)


def _values(request: Request) -> tuple[Any, ...]:
    return (
        request.id,
        request.person_id,
        request.guild_id,
        request.channel_id,
        request.command,
        json.dumps(request.options, default=str),
        request.locale,
        milliseconds(request.asked_at),
    )
