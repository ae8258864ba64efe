"""What the gates of a cell did while it read a text. Needs no torch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from model.backprop.weights import Array
from model.recipes import Cell

GATES: Final[Mapping[Cell, tuple[str, ...]]] = {"rnn": ("h",), "gru": ("z", "r"), "lstm": ("f", "i", "o")}
"""What is shown of each cell, by its letter in the formulas: forget, input, output; update, reset; the state itself."""


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """What a layer did at each character of a text.

    Attributes:
        cell: of the layer.
        characters: what was read.
        gates: by their letters in `GATES`, each (units, characters): gates from 0, shut, to 1, open; an Elman cell's
            state from -1 to 1.
    """

    cell: Cell
    characters: Sequence[str]
    gates: Mapping[str, Array]

    def means(self, gate: str) -> list[float]:
        """How far the gate is open on average at each character, from 0 to 1; of a state, how large it is."""
        found: list[float] = abs(self.gates[gate]).mean(axis=0).tolist()
        return found
