"""The adding network, in the same worker as the poems."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.services.refusals import Busy, NoNetwork
from bot.services.weights import NetworkInUse, named_weights
from bot.services.worker import Worker
from model.errors import CheckpointError

if TYPE_CHECKING:
    from model.addition import Adder, Addition

log = logging.getLogger(__name__)


class AdderService:
    """Adds numbers with a recurrent network."""

    def __init__(self, worker: Worker, *, adder: str, folder: Path, queue: int) -> None:
        self._worker = worker
        self._queue = queue
        self._waiting = 0
        self._path = named_weights(adder, folder)
        self._adder: Adder | None = None  # only the worker's thread touches it
        self.in_use: NetworkInUse | None = None

    def warm_up(self) -> None:
        """Load the network in the background, so that the first addition does not wait for it."""
        self._worker.start(self._try_loading)

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
            self.in_use = NetworkInUse.of(self._path, self._adder.weights, "adder")
            log.info("Adding network: %s, weights %s", self._path.stem, self._adder.weights)
        return self._adder

    def _try_loading(self) -> None:
        try:
            self._loaded()
        except NoNetwork as refusal:
            log.warning("No sums until this is mended: %s", refusal.values["reason"])
        except Exception:
            log.exception("The adding network could not be loaded")
