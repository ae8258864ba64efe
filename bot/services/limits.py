"""Who may ask how often."""

from collections.abc import Iterator
from contextlib import contextmanager

from bot.services.refusals import OneAtATime


class Limits:
    """One request of a person at a time, so that nobody fills the queue alone."""

    def __init__(self) -> None:
        self._busy: set[int] = set()

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
