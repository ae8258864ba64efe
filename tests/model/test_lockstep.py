"""Works in step with each other are given what each would be given alone."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.lockstep import Reading, Steps, in_step
from model.slots import Told
from model.stepping import NumpyStepper
from model.torch_stepping import weights_of
from tests.model.learning import network

STEPPER = NumpyStepper(weights_of(network("lstm", layers=2, slot=3, echo=2)))


def work(rows: int, steps: int, seed: int, seen: list[int]) -> Steps[list[float]]:
    random = np.random.default_rng(seed)
    memory, found = STEPPER.initial(rows), []
    for _ in range(steps):
        told = random.integers(0, 2, (rows, len(Told)))
        features, memory = yield Reading(random.integers(0, 20, rows), memory, told)
        seen.append(len(features))
        found += [features.sum(), memory[1][1].sum()]
    return found


@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 6)), max_size=6))
def test_works_of_any_length_end_as_they_would_alone(works: list[tuple[int, int]]) -> None:
    seen: list[int] = []
    together = in_step(STEPPER, [work(*own, seed, seen) for seed, own in enumerate(works)])
    assert sorted(seen) == sorted(rows for rows, steps in works for _ in range(steps))
    assert together == [in_step(STEPPER, [work(*own, seed, [])])[0] for seed, own in enumerate(works)]


def test_what_is_in_step_is_read_at_once() -> None:
    asked: list[int] = []

    class Counting(NumpyStepper):
        def step(self, symbols, memory, told=None):  # type: ignore[no-untyped-def] # noqa: ANN001, ANN202
            asked.append(len(symbols))
            return super().step(symbols, memory, told)

    in_step(Counting(STEPPER.as_weights()), [work(2, 3, 0, []), work(4, 1, 1, []), work(1, 2, 2, [])])
    assert asked == [7, 3, 2]
