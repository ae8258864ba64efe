"""Works that read symbols by symbols, in step with each other: what all of them read next is read at once.

A step reads all weights, however few rows take it. A work is a generator: it gives what it wants to have read or drawn,
and is given what comes of that.
"""

from collections.abc import Generator, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

import numpy as np

from model.drawing import Drawing, Drawn, draw_together
from model.sampling import Symbols
from model.stepping import Stepper

Result = TypeVar("Result")


class Reading(NamedTuple):
    """What `Stepper.step` is to be asked; it answers with features and memory."""

    symbols: Symbols
    memory: Any
    told: Symbols | None
    """Of all works that are in step, or of none."""


Steps = Generator[Reading | Drawing, Any, Result]
"""Is given what the network answers to a `Reading`, and a `Drawn` for a `Drawing`."""


def in_step(stepper: Stepper, works: Sequence[Steps[Result]]) -> list[Result]:
    """Bring all works to their end, and give their results."""
    asked: dict[int, Reading | Drawing] = {}
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
        # Whoever reads next waits for those who still draw: so all stay in step.
        drawings = {number: own for number, own in asked.items() if isinstance(own, Drawing)}
        readings = {number: own for number, own in asked.items() if isinstance(own, Reading)}
        answers: Mapping[int, Any] = _draw(drawings) if drawings else _read(stepper, readings)
        for number, answer in answers.items():
            go_on(number, answer)
    return [results[number] for number in range(len(works))]


def _draw(drawings: Mapping[int, Drawing]) -> dict[int, Drawn]:
    alike: dict[tuple[int, bool], list[int]] = {}
    for number, drawing in drawings.items():
        alike.setdefault((id(drawing.outlet), drawing.ruled is None), []).append(number)
    return {
        number: drawn
        for group in alike.values()
        for number, drawn in zip(group, draw_together([drawings[number] for number in group]), strict=True)
    }


def _read(stepper: Stepper, readings: Mapping[int, Reading]) -> dict[int, tuple[Any, Any]]:
    if len(readings) == 1:
        return {number: stepper.step(*reading) for number, reading in readings.items()}
    all_told = [reading.told for reading in readings.values() if reading.told is not None]
    features, memory = stepper.step(
        np.concatenate([reading.symbols for reading in readings.values()]),
        stepper.join([reading.memory for reading in readings.values()]),
        np.concatenate(all_told) if all_told else None,
    )
    answers, first = {}, 0
    for number, reading in readings.items():
        rows = np.arange(first, first + len(reading.symbols))
        answers[number] = features[rows], stepper.take(memory, rows)
        first += len(rows)
    return answers
