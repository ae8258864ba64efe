"""Every addition and subtraction that was asked for, column by column."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Self

from bot.store.database import Database, milliseconds
from bot.store.origin import Origin
from model.recipes import OperationName

if TYPE_CHECKING:
    from model.addition import Addition

Certificate = Literal["proven", "none", "refused"]


@dataclass(frozen=True, slots=True)
class AdditionRecord:
    """An addition as it is kept. Digits, carries, margins and confidences: a column each, least significant first."""

    operands: tuple[str, ...]
    text: str
    digits: tuple[int, ...]
    carries: tuple[int, ...]
    margins: tuple[float, ...]
    confidences: tuple[float, ...]
    expected: str
    weights: str
    version: str
    operation: OperationName = "add"
    certificate: Certificate = "none"
    """Whether the weights were proven exact, had no certificate, or one that was refused."""

    @classmethod
    def of(cls, found: "Addition", version: str, certificate: Certificate = "none") -> Self:
        """What a network said, by this version of the program."""
        return cls(
            operands=found.operands,
            text=found.text,
            digits=found.digits,
            carries=found.carries,
            margins=found.margins,
            confidences=found.confidences,
            expected=found.expected,
            weights=found.weights,
            version=version,
            operation=found.operation,
            certificate=certificate,
        )

    @property
    def columns(self) -> int:
        """Columns that one writes: all that somebody wrote a digit in, without zeros before the result.

        The network reads one more, so that the last carry has a place to go.
        """
        return max(len(self.text), *map(len, self.operands))

    @property
    def correct(self) -> bool:
        return self.text == self.expected


class AdditionRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, addition: AdditionRecord, origin: Origin, now: datetime) -> int:
        """Keep an addition. Returns its id."""
        sql = (
            "INSERT INTO additions (request_id, person_id, guild_id, channel_id, operands, sum, digits, carries,"
            " margins, confidences, expected, weights, version, operation, certificate, made_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
        )
        values = (
            origin.request_id,
            origin.person_id,
            origin.guild_id,
            origin.channel_id,
            json.dumps(addition.operands),
            addition.text,
            "".join(map(str, addition.digits)),
            "".join(map(str, addition.carries)),
            _pack(addition.margins),
            _pack(addition.confidences),
            addition.expected,
            addition.weights,
            addition.version,
            addition.operation,
            addition.certificate,
            milliseconds(now),
        )
        return await self._database.write(lambda connection: connection.execute(sql, values).lastrowid or 0)

    async def get(self, addition_id: int) -> AdditionRecord | None:
        row = await self._database.fetch_one(
            "SELECT operands, sum, digits, carries, margins, confidences, expected, weights, version, operation,"
            " certificate FROM additions WHERE id = ?",
            (addition_id,),
        )
        if row is None:
            return None
        operands, text, digits, carries, margins, confidences, expected, weights, version, operation, certificate = row
        return AdditionRecord(
            operands=tuple(json.loads(operands)),
            text=text,
            digits=tuple(map(int, digits)),
            carries=tuple(map(int, carries)),
            margins=_unpack(margins),
            confidences=_unpack(confidences),
            expected=expected,
            weights=weights,
            version=version,
            operation=operation,
            certificate=certificate,
        )


def _pack(numbers: Sequence[float]) -> bytes:
    return struct.pack(f"<{len(numbers)}f", *numbers)


def _unpack(packed: bytes) -> tuple[float, ...]:
    return struct.unpack(f"<{len(packed) // 4}f", packed)
