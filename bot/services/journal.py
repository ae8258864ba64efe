"""Notes of every request, written behind the answers: many in one transaction, and never in the way of a reply."""

import asyncio
import logging
import sqlite3
from typing import Final

from bot.store.requests import Outcome, Request, RequestRepository

log = logging.getLogger(__name__)

MOST_KEPT: Final = 10_000
"""Notes that wait at the most for a disk that is full; of more, the oldest are lost."""


class Journal:
    """Knows which requests run, and stores how each ended."""

    def __init__(self, requests: RequestRepository) -> None:
        self._repository = requests
        self._running: set[int] = set()
        self._requests: list[Request] = []
        self._outcomes: list[Outcome] = []
        self._writing: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, request: Request) -> None:
        self._running.add(request.id)
        self._idle.clear()
        self._requests.append(request)
        self._write_soon()

    def finish(self, outcome: Outcome) -> None:
        """Only the first end of a request counts, and only of one that began."""
        if outcome.request_id not in self._running:
            return
        self._running.discard(outcome.request_id)
        if not self._running:
            self._idle.set()
        self._outcomes.append(outcome)
        self._write_soon()

    async def idle(self) -> None:
        """Wait until no request runs."""
        await self._idle.wait()

    async def close(self) -> None:
        """Write what is left."""
        if self._requests or self._outcomes:
            self._write_soon()
        if self._writing is not None:
            await self._writing

    def _write_soon(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="journal")

    async def _write(self) -> None:
        try:
            while self._requests or self._outcomes:
                requests, self._requests = self._requests, []
                outcomes, self._outcomes = self._outcomes, []
                try:
                    await self._repository.write(requests, outcomes)
                except sqlite3.Error as error:
                    # People get their answers all the same.
                    log.exception("Could not note %d requests and %d outcomes", len(requests), len(outcomes))
                    if isinstance(error, sqlite3.OperationalError):
                        # Not the notes' fault: they are tried once more together with the next one.
                        self._requests = (requests + self._requests)[-MOST_KEPT:]
                        self._outcomes = (outcomes + self._outcomes)[-MOST_KEPT:]
                        return
        finally:
            self._writing = None
