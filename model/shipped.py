"""The weights that come with the project."""

from pathlib import Path

from model.errors import CheckpointError
from model.header import read_header

SHIPPED = Path(__file__).parent.parent / "data" / "models"


def best_weights(folder: Path = SHIPPED) -> Path:
    """The weights for poems with the lowest held-out loss in a folder, by their own headers.

    Raises:
        CheckpointError: if there are none.
    """
    losses: dict[Path, float] = {}
    for path in sorted(folder.glob("*.safetensors")):
        try:
            losses[path] = read_header(path, "poem").figures["loss"]
        except (CheckpointError, KeyError):
            continue
    if not losses:
        raise CheckpointError(f"{folder}: no weights for poems here; train some with python -m model train")
    return min(losses, key=lambda path: losses[path])
