"""In which servers the bot is: those that this process sees; where several share the work, those that Discord names."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from bot.share import Share

ASKED_AGAIN: Final = timedelta(minutes=1)
"""So long what Discord said counts: it says so a few hundred at a time, and whoever types asks with every letter."""


@dataclass(frozen=True, slots=True)
class Whereabout:
    """A server. `members` is how many it has, about."""

    id: int
    name: str
    members: int


class Whereabouts:
    def __init__(
        self,
        share: Share,
        here: Callable[[], Iterable[Whereabout]],
        ask: Callable[[], Awaitable[Sequence[Whereabout]]],
    ) -> None:
        """Nobody is asked yet.

        Args:
            share: of this process.
            here: the servers that it sees.
            ask: finds all that Discord names.
        """
        self._share = share
        self._here = here
        self._ask = ask
        self._turn = asyncio.Lock()
        self._told: Sequence[Whereabout] = ()
        self._told_at: datetime | None = None

    async def all(self, now: datetime) -> Sequence[Whereabout]:
        """In no order. Raises whatever kept Discord from answering, where only Discord knows."""
        if self._share.is_all:
            return list(self._here())
        async with self._turn:
            if self._told_at is None or not timedelta() <= now - self._told_at < ASKED_AGAIN:
                self._told = await self._ask()
                self._told_at = now
        return self._told

    async def find(self, guild_id: int, now: datetime) -> Whereabout | None:
        return next((one for one in await self.all(now) if one.id == guild_id), None)

    def forget(self) -> None:
        """Something has changed: ask again the next time."""
        self._told_at = None
