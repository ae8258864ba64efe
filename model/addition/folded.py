"""The network that adds as it is used, in numpy. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from model.addition.cells import GATES, gated_step, state_size
from model.addition.numbers import Digits
from model.addition.operations import BASE, OPERATIONS, Operation
from model.recipes import AdderRecipe, Cell, OperationName

Array = NDArray[np.float64]


class AdderConfiguration(BaseModel):
    """What must be known to build an `AdderNetwork`; the bounds keep a hostile file from asking for all memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    operation: OperationName = "add"
    cell: Cell = "rnn"
    embedding: Annotated[int, Field(ge=1, le=1024)]
    hidden: Annotated[int, Field(ge=1, le=4096)]

    @classmethod
    def of(cls, recipe: AdderRecipe) -> Self:
        return cls(operation=recipe.operation, cell=recipe.cell, embedding=recipe.embedding, hidden=recipe.hidden)

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of weights, by the name that it has in a file."""
        operation, hidden = OPERATIONS[self.operation], self.hidden
        gates = GATES[self.cell] * hidden
        return {
            "embedding.weight": (BASE, self.embedding),
            "input.weight": (gates, operation.operands * self.embedding),
            "input.bias": (gates,),
            "recurrent.weight": (gates, hidden),
            "output.weight": (BASE, hidden),
            "output.bias": (BASE,),
            "probe.weight": (operation.carries - 1, hidden),
            "probe.bias": (operation.carries - 1,),
            "first": (state_size(self.cell, hidden),),
        }


@dataclass(frozen=True, slots=True)
class FoldedNetwork:
    """The same function in float64, with embedding and input layer folded into a table of all columns.

    One column costs a row of the table, one product and a tanh (more of a gated cell), always in the same order: the
    states do not depend on how many columns are read at once.

    A state is h, as wide as the network's hidden units; of an LSTM, c follows it.
    """

    operation: Operation
    cell: Cell
    table: Array
    """(10, …, 10, gates * hidden): W x + b for each column."""
    first: Array
    """(state,), the state before the first column."""
    recurrent: Array
    """(hidden, gates * hidden), U transposed."""
    output: Array
    """(hidden, 10), transposed."""
    output_bias: Array
    probe: Array
    """(hidden, carries - 1)"""
    probe_bias: Array

    @classmethod
    def of(cls, configuration: AdderConfiguration, arrays: Mapping[str, NDArray[np.floating]]) -> Self:
        """Fold the weights of an `AdderNetwork`, by the names of its parameters."""
        operation = OPERATIONS[configuration.operation]
        own = {name: array.astype(np.float64) for name, array in arrays.items()}
        vectors = own["embedding.weight"][operation.tuples()]
        drives = vectors.reshape(len(vectors), -1) @ own["input.weight"].T + own["input.bias"]
        return cls(
            operation=operation,
            cell=configuration.cell,
            table=drives.reshape(*[BASE] * operation.operands, -1),
            first=own["first"],
            recurrent=np.ascontiguousarray(own["recurrent.weight"].T),
            output=np.ascontiguousarray(own["output.weight"].T),
            output_bias=own["output.bias"],
            probe=np.ascontiguousarray(own["probe.weight"].T),
            probe_bias=own["probe.bias"],
        )

    @property
    def hidden(self) -> int:
        return len(self.recurrent)

    def begin(self, *sums: int) -> Array:
        """The state before the first column: (state,) for one sum, (sums, state) for so many."""
        return np.tile(self.first, (*sums, 1)) if sums else self.first.copy()

    def read(self, columns: Digits, state: Array) -> Array:
        """The states after each column.

        Args:
            columns: (columns, operands) or (columns, sums, operands) digits, least significant column first.
            state: (state,) or (sums, state), after the column before them.

        Returns:
            (columns, state) or (columns, sums, state); the last is what the next columns begin with.
        """
        drives: Array = self.table[tuple(np.moveaxis(columns, -1, 0))]
        if self.cell != "rnn":
            return self._read_gated(drives, state)
        for drive in drives:  # rows of the result itself: each is written over with the state that it leads to
            state = np.tanh(drive + state @ self.recurrent, out=drive)
        return drives

    def _read_gated(self, drives: Array, state: Array) -> Array:
        states = np.empty((*drives.shape[:-1], len(self.first)))
        for drive, after in zip(drives, states, strict=True):
            product = state[..., : self.hidden] @ self.recurrent
            np.concatenate(gated_step(self.cell, drive, product, state, self.hidden, np.tanh), axis=-1, out=after)
            state = after
        return states

    def handed(self, states: Array) -> Array:
        """All that the next column gets of states: U h, and of a gated cell what its gates let through as it is."""
        product: Array = states[..., : self.hidden] @ self.recurrent
        if self.cell == "rnn":
            return product
        return np.concatenate([product, states[..., -self.hidden :]], axis=-1)

    def logits(self, states: Array) -> Array:
        """(…, state) states to (…, 10) logits of the digits."""
        logits: Array = states[..., : self.hidden] @ self.output + self.output_bias
        return logits

    def carries(self, states: Array) -> Digits:
        """The carry that the probe sees in the states, (…, state) to (…)."""
        seen = states[..., : self.hidden] @ self.probe + self.probe_bias
        carries: Digits = (seen > 0).sum(axis=-1, dtype=np.uint8)
        return carries
