"""Works that read symbols by symbols, in step with each other: what all of them read next is read at once.

A step reads all weights, however few rows take it. A work is a generator: it gives what it wants to have read, and is
given what the network says to that.
"""

from collections.abc import Generator, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from model.sampling import Symbols
from model.stepping import Stepper

Result = TypeVar("Result")


class Reading(NamedTuple):
    """What `Stepper.step` is to be asked."""

    symbols: Symbols
    memory: Any
    told: Symbols | None
    """Of all works that are in step, or of none."""


Steps = Generator[Reading, tuple[Any, Any], Result]


def in_step(stepper: Stepper, works: Sequence[Steps[Result]]) -> list[Result]:
    """Bring all works to their end, and give their results."""
    asked: dict[int, Reading] = {}
    results: dict[int, Result] = {}

    def go_on(number: int, answer: Any) -> None:
        try:
            asked[number] = works[number].send(answer)
        except StopIteration as end:
            asked.pop(number, None)
            results[number] = end.value

    for number in range(len(works)):
        go_on(number, None)
    while asked:
        features, memory = stepper.step(*_joined(stepper, list(asked.values())))
        first = 0
        for number, reading in list(asked.items()):
            rows = np.arange(first, first + len(reading.symbols))
            first += len(rows)
            alone = len(rows) == len(features)
            go_on(number, (features, memory) if alone else (features[rows], stepper.take(memory, rows)))
    return [results[number] for number in range(len(works))]


def _joined(stepper: Stepper, readings: Sequence[Reading]) -> Reading:
    if len(readings) == 1:
        return readings[0]
    memory = stepper.join([reading.memory for reading in readings])
    told = [reading.told for reading in readings if reading.told is not None]
    return Reading(
        np.concatenate([reading.symbols for reading in readings]), memory, np.concatenate(told) if told else None
    )
