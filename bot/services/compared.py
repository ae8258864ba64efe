"""The three networks that differ in their cell alone: what /compare sets side by side and /explain looks into."""

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.services.refusals import NoNetwork
from bot.services.weights import named_weights
from model.errors import CheckpointError
from model.recipes import Cell
from model.shipped import COMPARED

if TYPE_CHECKING:
    from model.generation import Poet

log = logging.getLogger(__name__)

COMPARED_CELLS: Final[tuple[Cell, ...]] = ("rnn", "gru", "lstm")
"""From simple to intricate."""


class ComparedNetworks:
    """Loads them when they are first asked for. Only the worker's thread may ask."""

    def __init__(self, folder: Path, device: str) -> None:
        self._folder = folder
        self._device = device
        self._poets: dict[Cell, Poet] = {}

    def poet(self, cell: Cell) -> "Poet":
        """The network with this cell.

        Raises:
            NoNetwork: its weights are missing or damaged, or hold another cell. They are looked for again the next
                time: the owner may have put them there.
        """
        if cell not in self._poets:
            from model.generation import Poet  # noqa: PLC0415 - loaded in the worker: the event loop does not wait

            path = named_weights(COMPARED + cell, self._folder)
            try:
                poet = Poet.load(path, device=self._device)
            except CheckpointError as error:
                raise NoNetwork(error) from error
            configuration = poet.configuration
            if configuration.cell != cell or configuration.told:
                raise NoNetwork(CheckpointError(f"{path}: these are no weights of a plain {cell.upper()}"))
            self._poets[cell] = poet
            log.info("Network to be compared: %s, weights %s", path.stem, poet.weights)
        return self._poets[cell]
