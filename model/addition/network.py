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
from model.addition.operations import BASE, OPERATIONS, Operation
from model.recipes import AdderRecipe, OperationName

Array = NDArray[np.float64]


class AdderConfiguration(BaseModel):
    """What must be known to build an `AdderNetwork`; the bounds keep a hostile file from asking for all memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: OperationName = "add"
    embedding: Annotated[int, Field(ge=1, le=1024)]
    hidden: Annotated[int, Field(ge=1, le=4096)]

    @classmethod
    def of(cls, recipe: AdderRecipe) -> Self:
        return cls(operation=recipe.operation, embedding=recipe.embedding, hidden=recipe.hidden)


class AdderNetwork(nn.Module):
    """Reads numbers column by column, least significant first, and says a digit of the result at each.

    The digits of a column pass through one embedding, their vectors are joined to x, and the state becomes
    h' = tanh(W x + U h + b) (Elman 1990), begun from a state that is learnt too. What it must remember from one column
    to the next is the carry.

    The probe reads the carry off the hidden state: one plane for each value above 0, fitted apart; it takes no part in
    the result.
    """

    def __init__(self, configuration: AdderConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        self.operation = OPERATIONS[configuration.operation]
        self.embedding = nn.Embedding(BASE, configuration.embedding)
        self.input = nn.Linear(self.operation.operands * configuration.embedding, configuration.hidden)
        self.recurrent = nn.Linear(configuration.hidden, configuration.hidden, bias=False)
        self.output = nn.Linear(configuration.hidden, BASE)
        self.probe = nn.Linear(configuration.hidden, self.operation.carries - 1)
        self.first = nn.Parameter(torch.zeros(configuration.hidden))

    def drives(self) -> Tensor:
        """W x + b for every column there can be, (10^operands, hidden), in the order of `Operation.tuples`."""
        tuples = torch.from_numpy(self.operation.tuples()).to(self.first.device)
        drives: Tensor = self.input(self.embedding(tuples).flatten(1))
        return drives

    def states(self, columns: Tensor, state: Tensor | None = None) -> Tensor:
        """The hidden state after each column.

        Args:
            columns: (columns, sums, operands) digits, least significant column first.
            state: (sums, hidden), after the column before them; the initial state if left out.

        Returns:
            (columns, sums, hidden).
        """
        # A batch has thousands of columns, but few different ones: W meets each of them once.
        powers = BASE ** torch.arange(self.operation.operands - 1, -1, -1, device=columns.device)
        drives = nn.functional.embedding((columns * powers).sum(-1), self.drives())
        recurrence = self.recurrent.weight.t()
        state = self.first.expand(columns.shape[1], -1) if state is None else state
        states = []
        for drive in drives.unbind():
            state = torch.tanh(torch.addmm(drive, state, recurrence))
            states.append(state)
        return torch.stack(states)

    def forward(self, columns: Tensor) -> Tensor:
        """Logits of each column's digit, (columns, sums, operands) to (columns, sums, 10)."""
        logits: Tensor = self.output(self.states(columns))
        return logits


@dataclass(frozen=True, slots=True)
class FoldedNetwork:
    """The same function in float64, with embedding and input layer folded into a table of all columns.

    One column costs a row of the table, one product and a tanh, always in the same order: the states do not depend on
    how many columns are read at once.
    """

    operation: Operation
    table: Array
    """(10, …, 10, hidden): W x + b for each column."""
    first: Array
    """(hidden,), the state before the first column."""
    recurrent: Array
    """(hidden, hidden), U transposed."""
    output: Array
    """(hidden, 10), transposed."""
    output_bias: Array
    probe: Array
    """(hidden, carries - 1)"""
    probe_bias: Array

    @classmethod
    def of(cls, network: AdderNetwork) -> Self:
        doubled = copy.deepcopy(network).to("cpu", torch.float64)
        return cls(
            operation=network.operation,
            table=_array(doubled.drives()).reshape(*[BASE] * network.operation.operands, -1),
            first=_array(doubled.first),
            recurrent=_array(doubled.recurrent.weight.t()),
            output=_array(doubled.output.weight.t()),
            output_bias=_array(doubled.output.bias),
            probe=_array(doubled.probe.weight.t()),
            probe_bias=_array(doubled.probe.bias),
        )

    def begin(self, *sums: int) -> Array:
        """The state before the first column: (hidden,) for one sum, (sums, hidden) for so many."""
        return np.tile(self.first, (*sums, 1)) if sums else self.first.copy()

    def read(self, columns: Digits, state: Array) -> Array:
        """The states after each column.

        Args:
            columns: (columns, operands) or (columns, sums, operands) digits, least significant column first.
            state: (hidden,) or (sums, hidden), after the column before them.

        Returns:
            (columns, hidden) or (columns, sums, hidden); the last is what the next columns begin with.
        """
        states: Array = self.table[tuple(np.moveaxis(columns, -1, 0))]
        for drive in states:  # rows of the result itself: each is written over with the state that it leads to
            state = np.tanh(drive + state @ self.recurrent, out=drive)
        return states

    def logits(self, states: Array) -> Array:
        """(…, hidden) states to (…, 10) logits of the digits."""
        logits: Array = states @ self.output + self.output_bias
        return logits

    def carries(self, states: Array) -> Digits:
        """The carry that the probe sees in the states, (…, hidden) to (…)."""
        carries: Digits = (states @ self.probe + self.probe_bias > 0).sum(axis=-1, dtype=np.uint8)
        return carries


def _array(tensor: Tensor) -> Array:
    return np.ascontiguousarray(tensor.detach().numpy())
