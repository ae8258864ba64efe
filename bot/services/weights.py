"""Which weights the bot uses. Needs no torch."""

from pathlib import Path
from typing import Final

from bot.config import ROOT
from model.shipped import best_weights

AUTO: Final = "auto"
SUFFIX: Final = ".safetensors"


def find_weights(wanted: str, folder: Path) -> Path:
    """The file that a setting names: the best poem network of the folder ("auto"), a name in the folder, or a path.

    Raises:
        CheckpointError: "auto", and the folder has none that can be used.
    """
    if wanted == AUTO:
        return best_weights(folder)
    if wanted.endswith(SUFFIX) or "/" in wanted:
        return ROOT / Path(wanted).expanduser()
    return folder / f"{wanted}{SUFFIX}"
