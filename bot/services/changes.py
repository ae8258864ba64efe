"""Tells the services what another process has changed of that which they know by heart."""

from collections.abc import Awaitable, Callable, Mapping

from bot.store.changes import ChangeRepository

Told = Callable[[], Awaitable[None]]


class Changes:
    """The topics are the rows of the table `changes`, which the database itself counts."""

    def __init__(self, repository: ChangeRepository, told: Mapping[str, Told]) -> None:
        """Nobody is told of what was before the first look.

        Args:
            repository: where the numbers stand.
            told: whom a change concerns, by its topic. Changes of this very process are told, too.
        """
        self._repository = repository
        self._told = told
        self._version: int | None = None
        self._numbers: Mapping[str, int] | None = None

    async def look(self) -> None:
        """To be called every few seconds. What fails is told again the next time."""
        version = await self._repository.version()
        if version == self._version:
            return
        numbers = dict(await self._repository.numbers())
        if self._numbers is not None:
            for topic in self._told:
                if numbers[topic] != self._numbers[topic]:
                    await self._told[topic]()
        self._version, self._numbers = version, numbers
