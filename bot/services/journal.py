"""Notes of every request, written behind the answers: many in one transaction, and never in the way of a reply."""

import asyncio
import logging
import sqlite3
from typing import Final

from bot.current import of_nobody
from bot.store.requests import Outcome, Request, RequestRepository

log = logging.getLogger(__name__)

MOST_KEPT: Final = 10_000
"""Notes that wait at the most for a disk that is full; of more, the oldest are lost."""

REMEMBERED: Final = 10_000
"""Requests of which a second delivery is recognised; Discord repeats only what it sent last."""


class Repeated(Exception):  # noqa: N818 - nobody's fault
    """Discord delivered a request once more: whoever answers the first delivery answers this one, too."""


class Journal:
    """Knows which requests run, and stores how each ended."""

    def __init__(self, requests: RequestRepository) -> None:
        self._repository = requests
        self._running: set[int] = set()
        self._begun: dict[int, None] = {}  # in the order in which they began
        self._held_up = False
        self._requests: list[Request] = []
        self._outcomes: list[Outcome] = []
        self._writing: asyncio.Task[None] | None = None
        self._idle = asyncio.Event()
        self._idle.set()

    def begin(self, request: Request) -> None:
        """Raises:
        Repeated: the request began before.
        """
        if request.id in self._begun:
            raise Repeated
        self._begun[request.id] = None
        if len(self._begun) > REMEMBERED:
            del self._begun[next(iter(self._begun))]
        self._running.add(request.id)
        self._idle.clear()
        self._requests.append(request)
        self._write_soon()

    def finish(self, outcome: Outcome) -> bool:
        """Only the first end of a request counts, and only of one that began. Returns whether this one does."""
        if outcome.request_id not in self._running:
            return False
        self._running.discard(outcome.request_id)
        if not self._running:
            self._idle.set()
        self._outcomes.append(outcome)
        self._write_soon()
        return True

    async def idle(self) -> None:
        """Wait until no request runs."""
        await self._idle.wait()

    async def written(self) -> None:
        """Wait until no note is on its way to the database; those that it did not take wait for the next one."""
        while self._writing is not None:
            await asyncio.wait({self._writing})

    def drop(self, person_id: int) -> None:
        """Let the notes of a person that wait never be written."""
        self._requests = [request for request in self._requests if request.person_id != person_id]

    async def close(self) -> None:
        """Write what is left."""
        if self._requests or self._outcomes:
            self._write_soon()
        if self._writing is not None:
            await self._writing
        if self._requests or self._outcomes:
            log.error("%d requests and %d outcomes were never noted", len(self._requests), len(self._outcomes))

    def _write_soon(self) -> None:
        if self._writing is None:
            self._writing = asyncio.create_task(self._write(), name="journal", context=of_nobody())

    async def _write(self) -> None:
        try:
            while self._requests or self._outcomes:
                requests, self._requests = self._requests, []
                outcomes, self._outcomes = self._outcomes, []
                # Whatever goes wrong here, people get their answers all the same.
                try:
                    await self._repository.write(requests, outcomes)
                except sqlite3.OperationalError as error:
                    # Not the notes' fault: they are tried once more together with the next one.
                    self._keep(requests, outcomes, error)
                    return
                except sqlite3.Error:
                    log.exception("Could not note %d requests and %d outcomes", len(requests), len(outcomes))
                else:
                    self._go_on()
        finally:
            self._writing = None

    def _keep(self, requests: list[Request], outcomes: list[Outcome], error: sqlite3.Error) -> None:
        self._requests = (requests + self._requests)[-MOST_KEPT:]
        self._outcomes = (outcomes + self._outcomes)[-MOST_KEPT:]
        if not self._held_up:
            log.error("Could not note requests (%s): they are kept in memory until it works again", error)
        self._held_up = True

    def _go_on(self) -> None:
        if self._held_up:
            log.warning("Requests are noted again, those of meanwhile, too")
        self._held_up = False
