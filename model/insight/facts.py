"""What was measured on the three networks that are compared. Needs no torch.

The table is written by `python -m model influence --poems chinese-poetry.tar.xz > model/insight/facts.toml`.
"""

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from model.recipes import Cell

TABLE: Final = Path(__file__).with_name("facts.toml")


class CellFacts(BaseModel):
    """Of one network."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    weights: str
    """The name by which the weights are known: the first 16 hexadecimal digits of their file's SHA-256."""
    parameters: Annotated[int, Field(gt=0)]
    hidden: Annotated[int, Field(gt=0)]
    perplexity: Annotated[int, Field(gt=1)]
    """Per Chinese character of the held-out poems."""
    trained: tuple[float, ...]
    """The mean of ‖∂L_T/∂x_k‖ over the poems, by the steps d = T - k from 0 on."""
    untrained: tuple[float, ...]
    """The same of the first draw that training began with."""

    def reach(self, influences: tuple[float, ...], share: float) -> int:
        """How many steps back influence falls below this share of that of the character read last, and stays there."""
        return max(steps for steps, found in enumerate(influences) if found >= share * influences[0]) + 1


class Facts(BaseModel):
    """Of all three, from the same poems."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    poems: Annotated[int, Field(gt=0)]
    """Held-out poems over which the influence is a mean."""
    foretold: Annotated[int, Field(gt=0)]
    """Held-out poems whose perplexity it is."""
    cells: Mapping[Cell, CellFacts]

    def are_of(self, weights: Mapping[Cell, str]) -> bool:
        """Whether these weights, by their names, are the ones that were measured."""
        return all(self.cells[cell].weights == name for cell, name in weights.items())


@cache
def measured() -> Facts:
    """The table that comes with the project."""
    return Facts.model_validate(tomllib.loads(TABLE.read_text(encoding="utf-8")))
