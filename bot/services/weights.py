"""Which weights the bot uses. Needs no torch."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from bot.config import ROOT
from model.header import Header, Kind, read_header
from model.shipped import SHIPPED, ranked_weights

AUTO: Final = "auto"
SUFFIX: Final = ".safetensors"


@dataclass(frozen=True, slots=True)
class NetworkInUse:
    """What is told about a network that is loaded."""

    name: str
    weights: str
    header: Header
    shipped: bool
    path: Path

    @classmethod
    def of(cls, path: Path, weights: str, kind: Kind) -> Self:
        shipped = path.resolve().is_relative_to(SHIPPED.resolve())
        return cls(path.stem, weights, read_header(path, kind), shipped=shipped, path=path)


def named_weights(wanted: str, folder: Path) -> Path:
    """The file that a setting names: a name in the folder, or a path."""
    if wanted.endswith(SUFFIX) or "/" in wanted:
        return ROOT / Path(wanted).expanduser()
    return folder / f"{wanted}{SUFFIX}"


def poem_weights(wanted: str, folder: Path) -> list[Path]:
    """The files that may write poems, in turn: all of the folder, the best first ("auto"), or the one named.

    Raises:
        CheckpointError: "auto", and the folder has none that can be used.
    """
    return ranked_weights(folder) if wanted == AUTO else [named_weights(wanted, folder)]
