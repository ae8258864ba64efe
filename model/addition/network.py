"""The network that adds: as it is trained, and as it is used."""

import copy
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from model.addition.numbers import Digits
from model.recipes import AdderRecipe

BASE = 10
OPERANDS = 2

Array = NDArray[np.float64]


class AdderConfiguration(BaseModel):
    """What must be known to build an `AdderNetwork`; the bounds keep a hostile file from asking for all memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    embedding: Annotated[int, Field(ge=1, le=1024)]
    hidden: Annotated[int, Field(ge=1, le=4096)]

    @classmethod
    def of(cls, recipe: AdderRecipe) -> Self:
        return cls(embedding=recipe.embedding, hidden=recipe.hidden)


class AdderNetwork(nn.Module):
    """Reads two numbers column by column, least significant first, and says a digit of the sum at each.

    Both digits of a column pass through one embedding, the two vectors are joined to x, and the state becomes
    h' = tanh(W x + U h + b) (Elman 1990). What it must remember from one column to the next is the carry.

    The probe is a linear reader of the hidden state, fitted apart: it shows the carry and takes no part in the sum.
    """

    def __init__(self, configuration: AdderConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        self.embedding = nn.Embedding(BASE, configuration.embedding)
        self.input = nn.Linear(OPERANDS * configuration.embedding, configuration.hidden)
        self.recurrent = nn.Linear(configuration.hidden, configuration.hidden, bias=False)
        self.output = nn.Linear(configuration.hidden, BASE)
        self.probe = nn.Linear(configuration.hidden, 1)

    def drives(self) -> Tensor:
        """W x + b for each of the hundred pairs of digits, (100, hidden); the pair (a, b) stands at 10 a + b."""
        vectors = self.embedding.weight
        joined = torch.cat([vectors.repeat_interleave(BASE, dim=0), vectors.repeat(BASE, 1)], dim=1)
        drives: Tensor = self.input(joined)
        return drives

    def states(self, columns: Tensor, state: Tensor | None = None) -> Tensor:
        """The hidden state after each column.

        Args:
            columns: (columns, sums, 2) digits, least significant column first.
            state: (sums, hidden), after the column before them; zeros if left out.

        Returns:
            (columns, sums, hidden).
        """
        # A batch has thousands of columns, but only a hundred different ones: W meets each of them once.
        drives = nn.functional.embedding(columns[..., 0] * BASE + columns[..., 1], self.drives())
        recurrence = self.recurrent.weight.t()
        states = []
        for drive in drives.unbind():
            state = torch.tanh(drive if state is None else torch.addmm(drive, state, recurrence))
            states.append(state)
        return torch.stack(states)

    def forward(self, columns: Tensor) -> Tensor:
        """Logits of each column's digit, (columns, sums, 2) to (columns, sums, 10)."""
        logits: Tensor = self.output(self.states(columns))
        return logits


@dataclass(frozen=True, slots=True)
class FoldedNetwork:
    """The same function in float64, with embedding and input layer folded into a table of all pairs of digits.

    One column costs a row of the table, one product and a tanh, always in the same order: the states do not depend on
    how many columns are read at once.
    """

    table: Array
    """(10, 10, hidden): W x + b for each pair of digits."""
    recurrent: Array
    """(hidden, hidden), U transposed."""
    output: Array
    """(hidden, 10), transposed."""
    output_bias: Array
    probe: Array
    """(hidden,)"""
    probe_bias: float

    @classmethod
    def of(cls, network: AdderNetwork) -> Self:
        doubled = copy.deepcopy(network).to("cpu", torch.float64)
        return cls(
            table=_array(doubled.drives()).reshape(BASE, BASE, -1),
            recurrent=_array(doubled.recurrent.weight.t()),
            output=_array(doubled.output.weight.t()),
            output_bias=_array(doubled.output.bias),
            probe=_array(doubled.probe.weight[0]),
            probe_bias=doubled.probe.bias.item(),
        )

    def begin(self, *sums: int) -> Array:
        """The state before the first column, zeros: (hidden,) for one sum, (sums, hidden) for so many."""
        return np.zeros((*sums, len(self.recurrent)))

    def read(self, columns: Digits, state: Array) -> Array:
        """The states after each column.

        Args:
            columns: (columns, 2) or (columns, sums, 2) digits, least significant column first.
            state: (hidden,) or (sums, hidden), after the column before them.

        Returns:
            (columns, hidden) or (columns, sums, hidden); the last is what the next columns begin with.
        """
        states = self.table[columns[..., 0], columns[..., 1]]
        for drive in states:  # rows of the result itself: each is written over with the state that it leads to
            state = np.tanh(drive + state @ self.recurrent, out=drive)
        return states

    def logits(self, states: Array) -> Array:
        """(…, hidden) states to (…, 10) logits of the digits."""
        return states @ self.output + self.output_bias

    def carries(self, states: Array) -> NDArray[np.bool_]:
        """Whether the probe sees a carry in the states, (…, hidden) to (…)."""
        return states @ self.probe + self.probe_bias > 0


def _array(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().numpy())
