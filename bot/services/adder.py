"""The networks that add and subtract, in the same worker as the poems."""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from bot.services.queue import Desk, Room, Ticket, close
from bot.services.refusals import NoNetwork
from bot.services.weights import NetworkInUse, named_weights
from bot.services.worker import Worker
from bot.store.additions import Certificate
from model.addition.numbers import read_number
from model.errors import CheckpointError
from model.header import read_header
from model.recipes import OperationName

if TYPE_CHECKING:
    from model.addition import Adder, Addition
    from model.addition.state_map import StateMap

log = logging.getLogger(__name__)


SUMS_AT_ONCE: Final = 8
"""Sums in one batch: those who wait for poems take turns with it."""

OTHERS: Final[Mapping[OperationName, str]] = {"subtract": "subtractor", "add-3": "adder-3"}
"""The weights in the folder for what the adder itself does not do."""


@dataclass(frozen=True, slots=True)
class Sum:
    """What is to be worked out."""

    operation: OperationName
    numbers: Sequence[str]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a network says, whether it is known to be always right, and what went on in it."""

    addition: "Addition"
    certificate: Certificate
    states: "StateMap"


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sum by a network that still learns, and after how many steps it was tried."""

    addition: "Addition"
    step: int


SumTicket = Ticket[Sum, Answer]


class AdderService:
    """Adds and subtracts with recurrent networks."""

    def __init__(
        self,
        worker: Worker,
        *,
        adder: str,
        folder: Path,
        room: Room,
    ) -> None:
        self._worker = worker
        self._sums: Desk[Sum, Answer] = Desk(self._add, name="sums", room=room, batch=SUMS_AT_ONCE)
        names: dict[OperationName, str] = {"add": adder, **OTHERS}
        self._paths = {operation: named_weights(name, folder) for operation, name in names.items()}
        self._adders: dict[OperationName, Adder] = {}  # only the worker's thread touches them
        self.in_use: NetworkInUse | None = None
        """The network that adds two numbers."""

    @property
    def desks(self) -> Sequence[Desk[Any, Any]]:
        """Where people wait for this service."""
        return (self._sums,)

    def warm_up(self) -> None:
        """Load the adder in the background, so that the first addition does not wait for it."""
        self._worker.prepare(self._try_loading)

    def admit(self, server: int) -> None:
        """Raises:
        Busy, ServerBusy: as many requests wait as may.
        ShuttingDown: the service takes no more.
        """
        self._sums.admit(server)

    def enter(self, numbers: Sequence[str], server: int, operation: OperationName = "add") -> SumTicket:
        """Have numbers added, or one taken from another.

        The ticket's answer may be an error: NoNetwork where there are no weights that can be used, BadNumber where the
        network does not take these, GivenUp, ShuttingDown.

        Raises:
            Busy, ServerBusy, ShuttingDown: as admit() does.
        """
        return self._sums.enter(server, Sum(operation, numbers))

    async def attempt(self, weights: Path, numbers: Sequence[str]) -> Attempt:
        """What a network that still learns makes of numbers.

        Raises:
            NoNetwork: its weights cannot be read.
        """
        return await self._worker.run(lambda: _attempt(weights, numbers))

    async def close(self) -> None:
        """Take no more, and finish the sums that are in the worker; whoever still waits is told."""
        await close(self._sums)

    async def _add(self, sums: Sequence[Sum], _waiting: int) -> Sequence[Answer | Exception]:
        return await self._worker.run(lambda: [self._answer(wanted) for wanted in sums])

    # What follows runs in the worker's thread.

    def _answer(self, wanted: Sum) -> Answer | Exception:
        try:
            adder = self._loaded(wanted.operation)
            addition = adder.compute(*wanted.numbers)
            return Answer(addition, _certificate(adder), adder.state_map(addition))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
            return error

    def _loaded(self, operation: OperationName) -> "Adder":
        if operation not in self._adders:
            from model.addition import Adder  # noqa: PLC0415 - loaded in the worker: the event loop does not wait

            path = self._paths[operation]
            try:
                adder = Adder.load(path)
            except CheckpointError as error:
                raise NoNetwork(error) from error
            if adder.operation.name != operation:
                raise NoNetwork(
                    CheckpointError(f"{path}: these weights do {adder.operation.name!r}, not {operation!r}")
                )
            self._adders[operation] = adder
            if operation == "add":
                self.in_use = NetworkInUse.of(path, adder.weights, "adder")
            told = "proven exact" if adder.proof else "not proven exact"
            log.info("Adding network: %s, weights %s, %s", path.stem, adder.weights, told)
        return self._adders[operation]

    def _try_loading(self) -> None:
        try:
            read_number("十")  # what reads Chinese numerals takes half a second to load, too
            adder = self._loaded("add")
            adder.state_map(adder.compute("1", "1"))  # from now on it knows its strongest directions
        except NoNetwork as refusal:
            log.warning("No sums until this is mended: %s", refusal.values["reason"])
        except Exception:
            log.exception("The adding network could not be loaded")


def _attempt(weights: Path, numbers: Sequence[str]) -> Attempt:
    from model.addition import Adder  # noqa: PLC0415 - as above

    try:
        return Attempt(Adder.load(weights).compute(*numbers), read_header(weights, "adder").step)
    except CheckpointError as error:
        raise NoNetwork(error) from error


def _certificate(adder: "Adder") -> Certificate:
    if adder.proof:
        return "proven"
    return "refused" if adder.refused else "none"
