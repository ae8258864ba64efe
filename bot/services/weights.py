"""Which weights the bot uses. Reads headers only: no torch."""

import logging
from pathlib import Path
from typing import Final

from bot.config import ROOT
from model.errors import CheckpointError
from model.header import Header, read_header

log = logging.getLogger(__name__)

AUTO: Final = "auto"
SHIPPED: Final = ("poet", "lstm", "gru", "simple-rnn")
SUFFIX: Final = ".safetensors"


def find_weights(wanted: str, folder: Path) -> Path:
    """The file that a setting names: the best poem network ("auto"), a name in the folder, or a path.

    Raises:
        CheckpointError: "auto", and the folder has none that can be used.
    """
    if wanted == AUTO:
        return _best(folder)
    if wanted.endswith(SUFFIX) or "/" in wanted:
        return ROOT / Path(wanted).expanduser()
    return folder / f"{wanted}{SUFFIX}"


def _best(folder: Path) -> Path:
    """The shipped network with the lowest held-out loss; one without a figure comes last."""
    headers: dict[Path, Header] = {}
    for name in SHIPPED:
        path = folder / f"{name}{SUFFIX}"
        try:
            if path.exists():
                headers[path] = read_header(path, "poem")
        except CheckpointError as error:
            log.warning("Passed over: %s", error)
    if not headers:
        raise CheckpointError(f"{folder}: holds no poem network ({', '.join(SHIPPED)}); see [model] in the settings")
    return min(headers, key=lambda path: headers[path].figures.get("loss", float("inf")))
