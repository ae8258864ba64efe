"""Tells the services what another process has changed of that which they know by heart."""

from collections.abc import Awaitable, Callable, Mapping

from bot.store.changes import ChangeRepository

Told = Callable[[], Awaitable[None]]


class Changes:
    """The topics are the rows of the table `changes`, which the database itself counts."""

    def __init__(self, repository: ChangeRepository, told: Mapping[str, Told]) -> None:
        """Everybody is told at the first look: something may have changed since they learnt it.

        Args:
            repository: where the numbers stand.
            told: whom a change concerns, by its topic. Changes of this very process are told, too.
        """
        self._repository = repository
        self._told = told
        self._version: int | None = None
        self._numbers: dict[str, int] = {}

    async def look(self) -> None:
        """To be called every few seconds. What fails is told again the next time."""
        version = await self._repository.version()
        if version == self._version:
            return
        numbers = await self._repository.numbers()
        for topic, tell in self._told.items():
            if numbers[topic] != self._numbers.get(topic):
                await tell()
                self._numbers[topic] = numbers[topic]
        self._version = version
