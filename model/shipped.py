"""The weights that come with the project."""

import logging
from pathlib import Path

from model.errors import CheckpointError
from model.header import read_header

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent.parent / "data" / "models"
COMPARED = "compare-"
"""What the recipes begin with whose networks are there to be compared, and not to write for anybody."""


def ranked_weights(folder: Path = SHIPPED) -> list[Path]:
    """The weights for poems in a folder, the best first, by their own headers.

    Those that are told form and place come first: they know tones and titles, and their loss counts other symbols (no
    marks), so that it says nothing beside another's. Among like ones the lowest held-out loss comes first. Networks
    that are there to be compared come last: they are small, and know fewer characters, which lowers a loss.

    A file that cannot be read is passed over, with a warning in the log.

    Raises:
        CheckpointError: if there are none.
    """
    ranks: dict[Path, tuple[bool, bool, float]] = {}
    for path in sorted(set(folder.glob("*.safetensors")) - set(folder.glob("*.certificate.safetensors"))):
        try:
            header = read_header(path)
        except CheckpointError as error:
            log.warning("passed over: %s", error)
            continue
        if header.kind == "poem" and "loss" in header.figures:
            compared = header.recipe.startswith(COMPARED)
            ranks[path] = (compared, not header.configuration.get("slot"), header.figures["loss"])
    if not ranks:
        raise CheckpointError(f"{folder}: no weights for poems here; train some with python -m model train")
    return sorted(ranks, key=lambda path: ranks[path])


def best_weights(folder: Path = SHIPPED) -> Path:
    """The first of `ranked_weights`."""
    return ranked_weights(folder)[0]
