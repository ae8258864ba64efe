"""What is kept about a person: told, handed out as a file, deleted."""

import asyncio
import gzip
import io
import json
import logging
import shutil
import struct
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from bot.services.journal import Journal
from bot.services.refusals import Refusal
from bot.store.privacy import COVERAGE, KINDS, Deleted, Fate, PrivacyRepository

log = logging.getLogger(__name__)

NAME: Final = "tangpoet.json"
CONFIRMATION: Final = timedelta(minutes=15)
"""So long a question whether everything is to be deleted can be answered."""
_MILLISECONDS: Final = 1000
_NUMBERS: Final = {"margins", "confidences"}  # 32-bit floats, little-endian
_JSON: Final = {"options", "wish", "given", "operands", "entries"}


class TooOld(Refusal):
    """A question whether everything is to be deleted that was put long ago."""

    key = "error.privacy.too_old"


class NotYours(Refusal):
    """A question that was put to somebody else."""

    key = "error.privacy.not_yours"


@dataclass(frozen=True, slots=True)
class Fact:
    """How many rows of a kind are a person's, and for how many days; None: until they are deleted, or they stay."""

    table: str
    count: int
    days: int | None
    stays: bool


@dataclass(frozen=True, slots=True)
class Piece:
    """A file to hand out: the whole, or a piece of it to be joined with the others in their order."""

    name: str
    content: io.BufferedRandom


class Privacy:
    """Files are made in `folder`; `days` has for how long tables are kept that are not kept for ever."""

    def __init__(self, repository: PrivacyRepository, journal: Journal, folder: Path, days: Mapping[str, int]) -> None:
        self._repository = repository
        self._journal = journal
        self._folder = folder
        self._days = days

    async def facts(self, person_id: int) -> Sequence[Fact]:
        """What is kept about a person, of every kind."""
        counts = await self._repository.count(person_id)
        return [
            Fact(
                kind.table,
                counts[kind.table],
                self._days[kind.table] if kind.aged is not None else None,
                stays=Fate.STAYS in COVERAGE[kind.table].values(),
            )
            for kind in KINDS
        ]

    async def delete(self, person_id: int, asked_at: datetime, now: datetime) -> Deleted:
        """Delete what is kept about a person, who was asked whether to at that time.

        Raises:
            TooOld: that is long ago.
        """
        if not timedelta() <= now - asked_at <= CONFIRMATION:
            raise TooOld
        # The notes of this very request go as well, written or not.
        await self._journal.written()
        self._journal.drop(person_id)
        deleted = await self._repository.delete(person_id)
        log.info("A person's data was deleted: %s; poems left to others: %d", dict(deleted.rows), deleted.left)
        return deleted

    @asynccontextmanager
    async def export(self, person_id: int, limit: int, now: datetime) -> AsyncIterator[Sequence[Piece]]:
        """Everything that is kept about a person, as JSON; over `limit` bytes compressed, and over that in pieces.

        The files lie on the disk without a name, and are gone after the block.
        """
        await self._journal.written()
        with ExitStack() as opened:
            whole = opened.enter_context(self._file())
            await self._write(whole, person_id, now)
            if whole.tell() <= limit:
                whole.seek(0)
                yield [Piece(NAME, whole)]
                return
            pieces = _Pieces(limit, lambda: opened.enter_context(self._file()))
            await asyncio.to_thread(_compress, whole, pieces)
            name = f"{NAME}.gz"
            names = [name] if len(pieces.files) == 1 else [f"{name}.{n:03}" for n in range(1, len(pieces.files) + 1)]
            yield [Piece(*piece) for piece in zip(names, pieces.files, strict=True)]

    def _file(self) -> io.BufferedRandom:
        return tempfile.TemporaryFile(dir=self._folder)

    async def _write(self, file: io.BufferedRandom, person_id: int, now: datetime) -> None:
        head = json.dumps({"person_id": str(person_id), "made_at": now.isoformat(timespec="seconds")}, indent=1)
        file.write(head.removesuffix("\n}").encode())
        for kind in KINDS:
            file.write(f',\n "{kind.table}": ['.encode())
            separator = b"\n  "
            async for page in self._repository.rows(kind, person_id):
                # Sums of thousands of digits are large.
                file.write(separator + await asyncio.to_thread(_encode, page))
                separator = b",\n  "
            file.write(b"\n ]")
        file.write(b"\n}\n")


class _Pieces(io.RawIOBase):
    """What is written goes into one file after another, each of a bounded size."""

    def __init__(self, size: int, new_file: Callable[[], io.BufferedRandom]) -> None:
        self.files: list[io.BufferedRandom] = []
        self._size = size
        self._new_file = new_file

    def write(self, content: Any) -> int:
        rest = memoryview(content)
        while rest:
            if not self.files or self.files[-1].tell() == self._size:
                self.files.append(self._new_file())
            room = self._size - self.files[-1].tell()
            self.files[-1].write(rest[:room])
            rest = rest[room:]
        return len(content)


def _compress(whole: io.BufferedRandom, pieces: _Pieces) -> None:
    whole.seek(0)
    with gzip.GzipFile(fileobj=pieces, mode="wb", filename=NAME, mtime=0) as packed:
        shutil.copyfileobj(whole, packed)
    for piece in pieces.files:
        piece.seek(0)


def _encode(page: Sequence[Mapping[str, Any]]) -> bytes:
    rows = [{name: _readable(name, value) for name, value in row.items()} for row in page]
    text = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in rows)
    # Half a surrogate pair, which people can type, has no bytes; its escape reads the same in JSON.
    return text.encode("utf-8", "backslashreplace")


def _readable(name: str, value: Any) -> Any:
    """A value as people and other programs read it: ids as text (they are too large for many), times as ISO 8601."""
    if value is None:
        return None
    if name == "id" or name.endswith("_id"):
        return str(value)
    if name.endswith("_at"):
        return datetime.fromtimestamp(value / _MILLISECONDS, UTC).isoformat(timespec="milliseconds")
    if name in _NUMBERS:
        return struct.unpack(f"<{len(value) // 4}f", value)
    return json.loads(value) if name in _JSON else value
