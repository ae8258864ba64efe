"""The network that adds as it is used, in numpy. Needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

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

    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The shape of each array of weights, by the name that it has in a file."""
        operation, hidden = OPERATIONS[self.operation], self.hidden
        return {
            "embedding.weight": (BASE, self.embedding),
            "input.weight": (hidden, operation.operands * self.embedding),
            "input.bias": (hidden,),
            "recurrent.weight": (hidden, hidden),
            "output.weight": (BASE, hidden),
            "output.bias": (BASE,),
            "probe.weight": (operation.carries - 1, hidden),
            "probe.bias": (operation.carries - 1,),
            "first": (hidden,),
        }


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
    def of(cls, configuration: AdderConfiguration, arrays: Mapping[str, NDArray[np.floating]]) -> Self:
        """Fold the weights of an `AdderNetwork`, by the names of its parameters."""
        operation = OPERATIONS[configuration.operation]
        own = {name: array.astype(np.float64) for name, array in arrays.items()}
        vectors = own["embedding.weight"][operation.tuples()]
        drives = vectors.reshape(len(vectors), -1) @ own["input.weight"].T + own["input.bias"]
        return cls(
            operation=operation,
            table=drives.reshape(*[BASE] * operation.operands, -1),
            first=own["first"],
            recurrent=np.ascontiguousarray(own["recurrent.weight"].T),
            output=np.ascontiguousarray(own["output.weight"].T),
            output_bias=own["output.bias"],
            probe=np.ascontiguousarray(own["probe.weight"].T),
            probe_bias=own["probe.bias"],
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
