"""The candidates of one search, as a table of rows in step with each other."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from model.constraints import Flags
from model.sampling import Floats, Symbols
from model.stepping import Stepper


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """Candidates on their way, a row each."""

    memory: Any
    previous: Symbols
    """(rows,) the last symbol, which is yet to be read."""
    symbols: Symbols
    """(rows, characters); padding where nothing is written yet."""
    scores: Floats
    """(rows, characters) log-probability of each among all that could have the tone that the network was told."""
    cuts: Floats
    """(rows, characters) log of the share of probability that the rules left."""
    group: Symbols
    """(rows,) the rhyme group; `OPEN` before the first rhyme."""
    goal: Symbols
    """(rows,) in which character the sentence is to end; `OPEN` where that is left to the network."""
    weights: Floats
    """(rows,) log-weights since heavy candidates last took the places of light ones."""
    copied: Flags
    """(rows,) whether a line is another's, in spite of all tries."""

    def take(self, stepper: Stepper, rows: Symbols) -> Self:
        """These rows, each as often as it is named."""
        own = {field.name: getattr(self, field.name) for field in fields(self)}
        memory = stepper.take(own.pop("memory"), rows)
        return type(self)(memory, **{name: array[rows] for name, array in own.items()})

    @classmethod
    def join(cls, stepper: Stepper, parts: Sequence[Self]) -> Self:
        """The rows of all, one behind the other."""
        own = {field.name: [getattr(part, field.name) for part in parts] for field in fields(cls)}
        memory = stepper.join(own.pop("memory"))
        return cls(memory, **{name: np.concatenate(arrays) for name, arrays in own.items()})
