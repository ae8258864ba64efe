"""Writing many poems at once, character by character, the memory carried along.

The drafts are a table of rows in step with each other::

    step     0   1   2   3   …            given    月
    row 0    月  落  乌  啼  …            form     七绝
    row 1    山  光  悦  鸟  …            form     none
    row 2    .   .   .   .                padding

Every step reads one symbol a row and draws the next: linear in the length, what was written is never read again. What
is known beforehand (the slots of a form, the given characters) is laid out before the first step.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from itertools import accumulate
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.constraints import LONGEST_FREE, Constraints, Slot, form_slots
from model.requests import PoemRequest
from model.sampling import TRIES, Floats, Options, Symbols, draw, uniforms
from model.stepping import Stepper
from model.vocabulary import BEGIN, END

LONGEST = LONGEST_FREE + 3

_OPEN = -1
"""In place of a slot or symbol: not known beforehand."""


@dataclass(frozen=True, slots=True)
class Start:
    """What a poem begins with."""

    typed: str = ""
    symbols: tuple[int, ...] = ()
    """The same for the network; the marks of a form come between them."""
    unknown: tuple[str, ...] = ()
    """The typed characters that it does not know."""


@dataclass(slots=True, eq=False)
class Draft:
    """One candidate of one request on its way."""

    request: PoemRequest
    seed: int
    candidate: int
    start: Start
    written: list[int] = field(default_factory=list)
    """All symbols, the end included."""
    score: float = 0.0
    """Mean log-probability of all but the start, as the network believes without masks and temperature."""

    def slots(self) -> Sequence[int]:
        """The slot of each step, as far as it is known beforehand."""
        return form_slots(self.request.form) if self.request.form else [_OPEN] * LONGEST

    def given(self) -> list[bool]:
        """At which steps a character of the start stands."""
        left = len(self.start.symbols)
        places = [slot in {_OPEN, Slot.CHARACTER} for slot in self.slots()]
        return [place and number <= left for place, number in zip(places, accumulate(places), strict=True)]


def write(stepper: Stepper, constraints: Constraints, drafts: Sequence[Draft]) -> None:
    """Bring all drafts to their end, in several threads where there are many."""
    size = max(stepper.fewest, min(stepper.most, -(-len(drafts) // stepper.threads)))
    parts = [drafts[first : first + size] for first in range(0, len(drafts), size)]
    if len(parts) == 1:
        _write_together(stepper, constraints, parts[0])
        return
    with ThreadPoolExecutor(stepper.threads, thread_name_prefix="decoding") as pool:
        for _ in pool.map(partial(_write_together, stepper, constraints), parts):
            pass


def _write_together(stepper: Stepper, constraints: Constraints, drafts: Sequence[Draft]) -> None:
    rows = -(-len(drafts) // stepper.block) * stepper.block
    plan = _Plan.of(drafts, rows, constraints)
    scores = np.zeros(rows)
    symbols = np.full(rows, BEGIN, dtype=np.int64)
    memory = stepper.initial(rows)
    written = []
    for step, known in enumerate(plan.known):
        logits, memory = stepper.step(symbols, memory)
        before, symbols = symbols, known
        if not plan.all_known[step]:
            masks = constraints.masks[plan.slots_at(step, before, constraints)]
            drawn = draw(logits, masks, plan.numbers[step], plan.options)
            symbols = np.where(known == _OPEN, drawn, known)
        if plan.scored:
            scores += _log_probabilities(logits, symbols) * ((before != END) & ~plan.given[step])
        written.append(symbols)
        if plan.free and (symbols == END).all():
            break
    for draft, row, score in zip(drafts, np.stack(written, axis=1).tolist(), scores.tolist(), strict=False):
        draft.written = row[: row.index(END) + 1]
        draft.score = score / (len(draft.written) - len(draft.start.symbols))


def _log_probabilities(logits: Floats, symbols: Symbols) -> Floats:
    """Log softmax at the symbols, (rows,)."""
    highest = logits.max(axis=1)
    total = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    found: Floats = logits[np.arange(len(symbols)), symbols] - total
    return found


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known before the first step."""

    slots: Symbols
    """(steps, rows)"""
    given: NDArray[np.bool_]
    """(steps, rows): where characters of a start stand."""
    known: Symbols
    """(steps, rows): symbols that are given or that a form prescribes."""
    all_known: list[bool]
    """Whether nothing is to be drawn at a step."""
    numbers: Floats
    """(steps, rows, tries)"""
    options: Options
    free: bool
    """Whether a row has no given form."""
    scored: bool

    @classmethod
    def of(cls, drafts: Sequence[Draft], rows: int, constraints: Constraints) -> Self:
        requests = [draft.request for draft in drafts]
        steps = max(len(draft.slots()) for draft in drafts)
        slots = np.full((steps, rows), Slot.END, dtype=np.int64)
        given = np.zeros((steps, rows), dtype=np.bool_)
        numbers = np.zeros((steps, rows, TRIES), dtype=np.float32)
        for row, draft in enumerate(drafts):
            own = draft.slots()
            slots[: len(own), row] = own
            given[: len(own), row] = draft.given()
            numbers[:, row] = uniforms(draft.seed, draft.candidate, steps)
        known = np.where(slots == _OPEN, _OPEN, constraints.only[slots])
        # Row by row, so that the characters of each start come in their order.
        known.T[given.T] = [symbol for draft in drafts for symbol in draft.start.symbols]
        return cls(
            slots=slots,
            given=given,
            known=known,
            all_known=(known != _OPEN).all(axis=1).tolist(),
            numbers=numbers,
            options=Options.of(requests, rows, constraints.masks.shape[1]),
            free=any(request.form is None for request in requests),
            scored=any(request.candidates > 1 for request in requests),
        )

    def slots_at(self, step: int, last: Symbols, constraints: Constraints) -> Symbols:
        """The slot of each row, (rows,), by the form or by the symbol before."""
        if not self.free:
            known: Symbols = self.slots[step]
            return known
        open_slots = (constraints.closing if step >= LONGEST_FREE else constraints.after)[last]
        slots: Symbols = np.where(self.slots[step] == _OPEN, open_slots, self.slots[step])
        return slots
