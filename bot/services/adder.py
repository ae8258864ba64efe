"""The adding network, in the same worker as the poems."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.services.refusals import Busy, NoNetwork
from bot.services.weights import find_weights
from bot.services.worker import Worker
from model.errors import CheckpointError

if TYPE_CHECKING:
    from model.addition import Adder, Addition

log = logging.getLogger(__name__)


class AdderService:
    """Adds numbers with a network that is loaded at the first one."""

    def __init__(self, worker: Worker, *, adder: str, folder: Path, queue: int) -> None:
        self._worker = worker
        self._queue = queue
        self._waiting = 0
        self._path = find_weights(adder, folder)
        self._adder: Adder | None = None  # only the worker's thread touches it

    def admit(self) -> None:
        """Raises:
        Busy: as many requests wait as may.
        """
        if self._waiting >= self._queue:
            raise Busy

    async def add(self, numbers: Sequence[str]) -> "Addition":
        """Raises:
        Busy: as admit() does.
        ShuttingDown: the worker takes no more.
        NoNetwork: there are no weights that can be used.
        BadNumber: not numbers that the network takes.
        """
        self.admit()
        self._waiting += 1
        try:
            return await self._worker.run(lambda: self._loaded().add(*numbers))
        finally:
            self._waiting -= 1

    def _loaded(self) -> "Adder":
        if self._adder is None:
            from model.addition import Adder  # noqa: PLC0415 - torch takes a second, and the event loop does not wait

            try:
                self._adder = Adder.load(self._path)
            except CheckpointError as error:
                raise NoNetwork(error) from error
            log.info("Adding network: %s, weights %s", self._path.stem, self._adder.weights)
        return self._adder
