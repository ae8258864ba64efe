"""Who may ask how often."""

from collections import OrderedDict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.services.refusals import OneAtATime, PersonTooOften, ServerTooOften
from bot.store.database import milliseconds
from bot.store.limits import LimitRepository

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND
SIGN_OF_LIFE: Final = timedelta(seconds=15)
"""So long another process believes that a request runs; renew() is called more often."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many requests at once, and so many a minute in the long run: a bucket of tokens.

    Of a bucket only the moment is kept when it will be full again; 0 stands for a full one. A moment that is more than
    a minute ahead does not count: the clock was put back since, and nobody is to wait for that.

    All times are in milliseconds; inside they are multiplied with the number of requests, so that a token is whole.
    """

    per_minute: int

    def wait(self, full_at: int, now: int) -> int:
        """How long one has to wait for a token; 0 where one need not."""
        missing = self.missing(full_at, now) + MINUTE - MINUTE * self.per_minute
        return max(0, -(-missing // self.per_minute))

    def spend(self, full_at: int, now: int) -> int:
        """Take a token out of the bucket. Returns when it will be full now."""
        return now * self.per_minute + self.missing(full_at, now) + MINUTE

    def missing(self, full_at: int, now: int) -> int:
        """What the bucket lacks."""
        missing = full_at - now * self.per_minute
        return missing if 0 < missing <= MINUTE * self.per_minute else 0


class Allowance:
    """The buckets of all subjects. Who has a full one is forgotten."""

    def __init__(self, per_minute: int) -> None:
        self.rate = Rate(per_minute)
        self._full_at: OrderedDict[int, int] = OrderedDict()  # who asked last stands last

    def __len__(self) -> int:
        return len(self._full_at)

    def full_at(self, subject: int) -> int:
        return self._full_at.get(subject, 0)

    def keep(self, subject: int, full_at: int, now: int) -> None:
        self._full_at[subject] = full_at
        self._full_at.move_to_end(subject)
        while not self.rate.missing(self._full_at[oldest := next(iter(self._full_at))], now):
            del self._full_at[oldest]


class Limits:
    """One request of a person at a time, and not too many in a minute, so that nobody fills the queue alone.

    Where several processes share the work, what counts for all of them stands in a file; else all is in memory.
    """

    def __init__(
        self, *, person_per_minute: int, server_per_minute: int, shared: LimitRepository | None = None
    ) -> None:
        self._busy: set[int] = set()
        self._people = Allowance(person_per_minute)
        self._servers = Allowance(server_per_minute)
        self._shared = shared

    @asynccontextmanager
    async def one_at_a_time(self, person_id: int, now: datetime) -> AsyncIterator[None]:
        """Raises:
        OneAtATime: another request of this person is under way.
        """
        if person_id in self._busy:
            raise OneAtATime
        self._busy.add(person_id)
        try:
            if self._shared is not None and not await self._shared.begin(person_id, now, SIGN_OF_LIFE):
                raise OneAtATime
            try:
                yield
            finally:
                if self._shared is not None:
                    await self._shared.end(person_id)
        finally:
            self._busy.discard(person_id)

    async def renew(self, now: datetime) -> None:
        """Tell the other processes that what runs here still runs; to be called every few seconds."""
        if self._shared is not None:
            await self._shared.renew(self._busy, now, SIGN_OF_LIFE)

    async def spend(self, person_id: int, guild_id: int | None, now: datetime) -> None:
        """Count a request that costs computing; one that is refused does not count.

        Raises:
            PersonTooOften, ServerTooOften: they have to wait.
        """
        moment = milliseconds(now)
        buckets = [(self._people, person_id)] + ([(self._servers, guild_id)] if guild_id is not None else [])
        if self._shared is not None:
            keys = [(allowance is self._servers, subject) for allowance, subject in buckets]
            await self._shared.change(keys, now, partial(self._spent, moment))
            return
        full_at = self._spent(moment, [allowance.full_at(subject) for allowance, subject in buckets])
        for (allowance, subject), full in zip(buckets, full_at, strict=True):
            allowance.keep(subject, full, moment)

    def _spent(self, now: int, full_at: Sequence[int]) -> list[int]:
        """When the buckets of a person and, behind it, of a server will be full with one token less."""
        rates = (self._people.rate, self._servers.rate)
        for rate, full, refusal in zip(rates, full_at, (PersonTooOften, ServerTooOften), strict=False):
            if wait := rate.wait(full, now):
                raise refusal(**_left(now, wait))
        return [rate.spend(full, now) for rate, full in zip(rates, full_at, strict=False)]


def _left(now: int, wait: int) -> dict[str, int]:
    """The time left, and when it will be over, in whole seconds."""
    return {"seconds": -(-wait // SECOND), "at": -(-(now + wait) // SECOND)}
