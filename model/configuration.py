"""What must be known to build a network that writes poems. Needs no torch."""

import math
from collections.abc import Mapping
from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from model.recipes import Cell, PoemRecipe
from model.slots import ECHOES, PLACES, SIDES, TONES

GATES: Final[Mapping[Cell, int]] = {"rnn": 1, "gru": 3, "lstm": 4}
"""How many sums of its width a cell takes of what it reads."""

_FREE: Final = {"dropout"}
"""What may differ from the recipe: it has no weights."""

Shape = tuple[int, ...]


class NetworkConfiguration(BaseModel):
    """The measures of a `PoemNetwork`; the bounds keep a hostile file from asking for all memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Cell
    symbols: Annotated[int, Field(ge=5, le=100_000)]
    embedding: Annotated[int, Field(ge=1, le=4096)]
    hidden: Annotated[int, Field(ge=1, le=8192)]
    layers: Annotated[int, Field(ge=1, le=8)]
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    tied: bool = False
    slot: Annotated[int, Field(ge=0, le=1024)] = 0
    """Width in which the network is told the place that it writes next; 0: it is told nothing."""
    echo: Annotated[int, Field(ge=0, le=1024)] = 0
    """Width in which it is shown each of the three characters that matter there."""

    @model_validator(mode="after")
    def _told_together(self) -> Self:
        if (self.slot == 0) != (self.echo == 0):
            raise ValueError("slot and echo are both zero, or neither is")
        return self

    @classmethod
    def of(cls, recipe: PoemRecipe, symbols: int) -> Self:
        return cls(
            cell=recipe.cell,
            symbols=symbols,
            embedding=recipe.embedding,
            hidden=recipe.hidden,
            layers=recipe.layers,
            dropout=recipe.dropout,
            tied=recipe.tied,
            slot=recipe.slot,
            echo=recipe.echo,
        )

    def unlike(self, recipe: PoemRecipe) -> list[str]:
        """In what the recipe builds another network, so that it cannot go on with the weights of this one."""
        wanted = NetworkConfiguration.of(recipe, self.symbols)
        return [
            f"{name} is {getattr(self, name)} in the file and {value} in the recipe"
            for name, value in wanted.model_dump(exclude=_FREE).items()
            if getattr(self, name) != value
        ]

    @property
    def told(self) -> bool:
        """Whether the network has slot inputs."""
        return self.slot > 0

    @property
    def bridged(self) -> bool:
        """Whether a linear map stands between the recurrent layers and a tied output layer."""
        return self.tied and self.hidden != self.embedding

    @property
    def size(self) -> int:
        """How many weights there are."""
        return sum(math.prod(shape) for shape in self.shapes().values())

    def shapes(self) -> dict[str, Shape]:
        """The shape of each array of weights, by the name that it has in a file."""
        width = self.embedding if self.tied else self.hidden
        found: dict[str, Shape] = {"embedding.weight": (self.symbols, self.embedding)}
        if self.told:
            kinds = {"place": PLACES, "tone": TONES, "outside": SIDES}
            found |= {f"slots.{name}.weight": (count, self.slot) for name, count in kinds.items()}
            found |= {f"slots.narrow.{number}.weight": (self.echo, self.embedding) for number in range(len(ECHOES))}
        below, gates = self.embedding + self.slot + len(ECHOES) * self.echo, GATES[self.cell] * self.hidden
        for layer in range(self.layers):
            found |= {
                f"recurrent.weight_ih_l{layer}": (gates, self.hidden if layer else below),
                f"recurrent.weight_hh_l{layer}": (gates, self.hidden),
                f"recurrent.bias_ih_l{layer}": (gates,),
                f"recurrent.bias_hh_l{layer}": (gates,),
            }
        if self.bridged:
            found |= {"bridge.weight": (width, self.hidden), "bridge.bias": (width,)}
        if not self.tied:
            found["output.weight"] = (self.symbols, width)
        return found | {"output.bias": (self.symbols,)}
