"""The weights that come with the project."""

import logging
from pathlib import Path

from model.errors import CheckpointError
from model.header import read_header

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent.parent / "data" / "models"


def ranked_weights(folder: Path = SHIPPED) -> list[Path]:
    """The weights for poems in a folder, by the held-out loss in their own headers: the lowest first.

    A file that cannot be read is passed over, with a warning in the log.

    Raises:
        CheckpointError: if there are none.
    """
    losses: dict[Path, float] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            header = read_header(path)
        except CheckpointError as error:
            log.warning("passed over: %s", error)
            continue
        if header.kind == "poem" and "loss" in header.figures:
            losses[path] = header.figures["loss"]
    if not losses:
        raise CheckpointError(f"{folder}: no weights for poems here; train some with python -m model train")
    return sorted(losses, key=lambda path: losses[path])


def best_weights(folder: Path = SHIPPED) -> Path:
    """The first of `ranked_weights`."""
    return ranked_weights(folder)[0]
