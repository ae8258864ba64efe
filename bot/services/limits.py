"""Who may ask how often."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Final

from bot.services.refusals import OneAtATime, PersonTooOften, ServerTooOften
from bot.store.database import milliseconds

SECOND: Final = 1_000
MINUTE: Final = 60 * SECOND


class Allowance:
    """So many requests at once, and so many a minute in the long run, for each subject: buckets of tokens.

    Of a subject only the moment is kept when its bucket will be full again. Who has a full one is forgotten; and so is
    a moment that is more than a minute ahead: the clock was put back since, and nobody is to wait for that.

    All times are in milliseconds; inside they are multiplied with the number of requests, so that a token is whole.
    """

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._full_at: OrderedDict[int, int] = OrderedDict()  # who asked last stands last

    def __len__(self) -> int:
        return len(self._full_at)

    def wait(self, subject: int, now: int) -> int:
        """How long the subject has to wait for a token; 0 where it need not."""
        missing = self._missing(subject, now) + MINUTE - MINUTE * self._per_minute
        return max(0, -(-missing // self._per_minute))

    def spend(self, subject: int, now: int) -> None:
        """Take a token out of the subject's bucket."""
        missing = self._missing(subject, now) + MINUTE
        self._full_at[subject] = now * self._per_minute + missing
        self._full_at.move_to_end(subject)
        while not self._missing(oldest := next(iter(self._full_at)), now):
            del self._full_at[oldest]

    def _missing(self, subject: int, now: int) -> int:
        """What the bucket lacks."""
        missing = self._full_at.get(subject, 0) - now * self._per_minute
        return missing if 0 < missing <= MINUTE * self._per_minute else 0


class Limits:
    """One request of a person at a time, and not too many in a minute, so that nobody fills the queue alone."""

    def __init__(self, *, person_per_minute: int, server_per_minute: int) -> None:
        self._busy: set[int] = set()
        self._people = Allowance(person_per_minute)
        self._servers = Allowance(server_per_minute)

    @contextmanager
    def one_at_a_time(self, person_id: int) -> Iterator[None]:
        """Raises:
        OneAtATime: another request of this person is under way.
        """
        if person_id in self._busy:
            raise OneAtATime
        self._busy.add(person_id)
        try:
            yield
        finally:
            self._busy.discard(person_id)

    def spend(self, person_id: int, guild_id: int | None, now: datetime) -> None:
        """Count a request that costs computing; one that is refused does not count.

        Raises:
            PersonTooOften, ServerTooOften: they have to wait.
        """
        moment = milliseconds(now)
        if wait := self._people.wait(person_id, moment):
            raise PersonTooOften(**_left(moment, wait))
        if guild_id is not None:
            if wait := self._servers.wait(guild_id, moment):
                raise ServerTooOften(**_left(moment, wait))
            self._servers.spend(guild_id, moment)
        self._people.spend(person_id, moment)


def _left(now: int, wait: int) -> dict[str, int]:
    """The time left, and when it will be over, in whole seconds."""
    return {"seconds": -(-wait // SECOND), "at": -(-(now + wait) // SECOND)}
