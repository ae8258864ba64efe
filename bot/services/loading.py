"""Loads networks that write poems, and has them tried before anybody relies on them. Runs beside the event loop."""

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from bot.services.weights import NetworkInUse, poem_weights
from model.errors import CheckpointError, ModelError

if TYPE_CHECKING:
    from model.generation import Poet

log = logging.getLogger(__name__)

TRIED_START: Final = "月"
"""What new weights have to begin a poem with before they are used."""


@dataclass(frozen=True, slots=True)
class LoadedPoet:
    """A network, and what is told about it."""

    poet: "Poet"
    about: NetworkInUse


class PoetLoader:
    def __init__(self, wanted: str, folder: Path, device: str) -> None:
        """Args:
        wanted: what the settings say: a name in the folder, a path, or "auto".
        folder: of the weights.
        device: where networks run.
        """
        self._wanted = wanted
        self._folder = folder
        self._device = device

    def load(self, path: Path | None) -> LoadedPoet:
        """These weights; None for the first of those that the settings say that can be read.

        Raises:
            ModelError: they cannot be read, or the device is not there.
        """
        *better, last = poem_weights(self._wanted, self._folder) if path is None else [path]
        for one in better:
            try:
                return self._load(one)
            except CheckpointError as error:
                log.warning("passed over: %s", error)
        return self._load(last)

    def try_out(self, path: Path | None) -> LoadedPoet:
        """The same, once it has written something.

        Raises:
            ModelError: whatever goes wrong.
        """
        try:
            loaded = self.load(path)
            [poem] = loaded.poet.compose(TRIED_START, seed=0, on_unknown="keep")
        except ModelError:
            raise
        except Exception as error:
            raise CheckpointError(f"{path}: no poem can be written with it ({error})") from error
        log.info("Tried on a start, %s wrote: %s", loaded.about.name, poem.text.replace("\n", ""))
        return loaded

    def _load(self, path: Path) -> LoadedPoet:
        from model.generation import Poet  # noqa: PLC0415 - loaded in the worker: the event loop does not wait

        poet = Poet.load(path, device=self._device)
        log.info("Poem network: %s, weights %s", path.stem, poet.weights)
        return LoadedPoet(poet, NetworkInUse.of(path, poet.weights, "poem"))
