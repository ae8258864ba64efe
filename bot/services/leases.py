"""What only one of several processes may do: who has it goes on, and when that one is gone, the next one does.

A process that has the data folder alone has every lease that it asks for, and none of them ends.
"""

import asyncio
import logging
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Final

from bot.share import Share
from bot.store.leases import Lease, LeaseRepository

log = logging.getLogger(__name__)

TERM: Final = timedelta(seconds=60)
"""So long after its last sign of life a process is taken for dead."""
RENEWED_BEFORE: Final = timedelta(seconds=40)
"""With so much left a lease is renewed: three rounds of renewing may fail before it is lost."""

BETWEEN_LOOKS_SECONDS: Final = 0.25


class Leases:
    """The leases of this process."""

    def __init__(self, repository: LeaseRepository, share: Share) -> None:
        self._repository = repository
        self._share = share
        self._held: dict[str, Lease] = {}

    async def start(self, *, alone: bool) -> None:
        """What was left by a process that was killed is free again: the lock on the folder says that it is gone.

        Args:
            alone: all of them are gone, not only the one that had this one's shards.
        """
        await self._repository.vacate(None if alone else str(self._share))

    async def hold(self, name: str, now: datetime) -> Lease | None:
        """Have it, or go on having it; None: another process has it, so leave it to that one.

        To be asked before each piece of work; that is quick where nothing has to be renewed. Whoever was stopped for
        longer than TERM in the middle of one is no longer alone: what must never happen twice needs a claim besides.
        """
        held = self._held.get(name)
        if held is not None and (self._share.is_all or RENEWED_BEFORE < held.until - now <= TERM):
            return held
        lease = await self._repository.take(name, str(self._share), now, TERM)
        if lease is None:
            if self._held.pop(name, None) is not None:
                log.warning("Another process has taken over: %s", name)
            return None
        if held is None:
            log.info("This process (shards: %s) does: %s", self._share, name)
        self._held[name] = lease
        return lease

    async def in_servers(self, task: str, now: datetime) -> Callable[[int], bool]:
        """In which servers this process is to do something: those of its shards, each with a lease of its own."""
        held = {shard for shard in self._share.ids if await self.hold(f"{task} {shard}", now)}
        return lambda guild_id: self._share.shard_of(guild_id) in held

    @asynccontextmanager
    async def turn(self, name: str, clock: Callable[[], datetime]) -> AsyncIterator[None]:
        """Do what each process does, one after another; who dies meanwhile is waited for no longer than TERM."""
        lease = await self.hold(name, clock())
        while lease is None:
            await asyncio.sleep(BETWEEN_LOOKS_SECONDS)
            lease = await self.hold(name, clock())
        try:
            yield
        finally:
            await self.release(name)

    async def renew(self, now: datetime) -> None:
        """Show that this process is alive; to be called every few seconds."""
        for name in list(self._held):
            try:
                await self.hold(name, now)
            except sqlite3.Error as error:
                log.warning("Could not renew the lease %s (%s); the next round comes", name, error)

    async def release(self, name: str) -> None:
        """Leave it to whoever asks next."""
        lease = self._held.pop(name, None)
        if lease is not None:
            await self._repository.release(lease)

    async def close(self) -> None:
        """Leave everything to the others."""
        for name in list(self._held):
            await self.release(name)
