"""Who owns this bot: the people whom the settings name; where they name nobody, those whom Discord names."""

from collections.abc import Awaitable, Callable, Collection
from datetime import datetime, timedelta
from typing import Final

from bot.services.refusals import Refusal

ASKED_AGAIN: Final = timedelta(hours=1)
"""So long what Discord said counts: a team may change."""


class NotTheOwner(Refusal):
    key = "error.not_the_owner"


class Owners:
    def __init__(self, named: Collection[int], ask: Callable[[], Awaitable[frozenset[int]]]) -> None:
        """Nobody is asked yet.

        Args:
            named: the people whom the settings name.
            ask: finds those whom Discord names.
        """
        self._named = frozenset(named)
        self._ask = ask
        self._told: frozenset[int] = frozenset()
        self._told_at: datetime | None = None

    def add(self, person_id: int) -> None:
        """Another person as if the settings named them."""
        self._named |= {person_id}

    async def all(self, now: datetime) -> frozenset[int]:
        """Raises whatever kept Discord from answering, where only Discord knows."""
        if self._named:
            return self._named
        if self._told_at is None or not timedelta() <= now - self._told_at < ASKED_AGAIN:
            self._told = await self._ask()
            self._told_at = now
        return self._told

    async def include(self, person_id: int, now: datetime) -> bool:
        return person_id in await self.all(now)

    async def check(self, person_id: int, now: datetime) -> None:
        """Raises:
        NotTheOwner: the person is none of them.
        """
        if not await self.include(person_id, now):
            raise NotTheOwner
