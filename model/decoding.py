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
from dataclasses import dataclass, field
from functools import cache
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.forms import Form
from model.frame import OPEN
from model.given import Given
from model.likelihood import log_sum
from model.punctuation import LONGEST_FREE, Punctuation, Slot, form_slots
from model.requests import PoemRequest
from model.sampling import TRIES, Floats, Options, Symbols, draw, uniforms
from model.stepping import Head, Stepper
from model.vocabulary import BEGIN, END

LONGEST = LONGEST_FREE + 3


@dataclass(slots=True, eq=False)
class Draft:
    """One candidate of one request on its way."""

    request: PoemRequest
    seed: int
    candidate: int
    given: Given
    """Its start, heads and held lines; the marks of a form come between them."""
    written: list[int] = field(default_factory=list)
    """All symbols, the end included."""
    score: float = 0.0
    """Mean log-probability of all symbols but the given ones, without masks and temperature."""

    def slots(self) -> Symbols:
        """The slot of each step, as far as it is known beforehand, (steps,)."""
        return _slots_of(self.request.form)

    def known(self) -> Symbols:
        """The given symbol of each step, (steps,); `OPEN` where none stands."""
        slots = self.slots()
        known = np.full(len(slots), OPEN)
        if self.given.typed:
            steps = np.flatnonzero((slots == OPEN) | (slots == Slot.CHARACTER))
            known[steps[[place for place, _ in self.given.typed]]] = self.given.symbols
        return known


@cache
def _slots_of(form: Form | None) -> Symbols:
    return np.array(form_slots(form) if form else [OPEN] * LONGEST)


def write(stepper: Stepper, head: Head, punctuation: Punctuation, drafts: Sequence[Draft]) -> None:
    """Bring all drafts to their end, in several threads where there are many."""
    stepper.shares.do(lambda share: _write_together(stepper, head, punctuation, drafts[share]), len(drafts))


def _write_together(stepper: Stepper, head: Head, punctuation: Punctuation, drafts: Sequence[Draft]) -> None:
    rows = len(drafts)
    plan = _Plan.of(drafts, rows, punctuation)
    scores = np.zeros(rows)
    symbols = np.full(rows, BEGIN, dtype=np.int64)
    memory = stepper.initial(rows)
    written = []
    for step, known in enumerate(plan.known):
        before, symbols = symbols, known
        if step <= plan.last_foretold:
            features, memory = stepper.step(before, memory)
        if plan.foretold[step]:
            logits = head(features)
        if not plan.all_known[step]:
            slots = plan.slots_at(step, before, punctuation)
            # Rows of one form are all at the same slot, most of the time: then one mask is enough.
            masks = punctuation.masks[slots[:1] if (slots == slots[0]).all() else slots]
            drawn = draw(logits, masks, plan.numbers[step], plan.options)
            symbols = np.where(known == OPEN, drawn, known)
        if plan.scored:
            scores += _log_probabilities(logits, symbols) * ((before != END) & ~plan.given[step])
        written.append(symbols)
        if plan.free and (symbols == END).all():
            break
    for draft, row, score in zip(drafts, np.stack(written, axis=1).tolist(), scores.tolist(), strict=True):
        draft.written = row[: row.index(END) + 1]
        draft.score = score / (len(draft.written) - len(draft.given.symbols))


def _log_probabilities(logits: Floats, symbols: Symbols) -> Floats:
    """Log softmax at the symbols, (rows,)."""
    found: Floats = logits[np.arange(len(symbols)), symbols] - log_sum(logits)
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
    foretold: list[bool]
    """Whether anything is to be drawn or scored at a step; else nobody needs to know what the network expects there."""
    last_foretold: int
    """Behind this step nothing is, and nothing need be read."""
    numbers: Floats
    """(steps, rows, tries)"""
    options: Options
    free: bool
    """Whether a row has no given form."""
    scored: bool

    @classmethod
    def of(cls, drafts: Sequence[Draft], rows: int, punctuation: Punctuation) -> Self:
        requests = [draft.request for draft in drafts]
        steps = max(len(draft.slots()) for draft in drafts)
        slots = np.full((steps, rows), Slot.END, dtype=np.int64)
        written = np.full((steps, rows), OPEN)
        numbers = np.zeros((rows, steps, TRIES), dtype=np.float32)
        numbers[: len(drafts)] = uniforms([(draft.seed, draft.candidate) for draft in drafts], steps)
        for row, draft in enumerate(drafts):
            own = draft.slots()
            slots[: len(own), row] = own
            written[: len(own), row] = draft.known()
        given = written != OPEN
        known = np.where(given, written, np.where(slots == OPEN, OPEN, punctuation.only[slots]))
        scored = any(request.candidates > 1 for request in requests)
        all_known = (known != OPEN).all(axis=1)
        foretold = ~all_known | scored
        return cls(
            slots=slots,
            given=given,
            known=known,
            all_known=all_known.tolist(),
            foretold=foretold.tolist(),
            last_foretold=int(np.flatnonzero(foretold).max(initial=-1)),
            numbers=numbers.swapaxes(0, 1),
            options=Options.of(requests, rows, punctuation.masks.shape[1]),
            free=any(request.form is None for request in requests),
            scored=scored,
        )

    def slots_at(self, step: int, last: Symbols, punctuation: Punctuation) -> Symbols:
        """The slot of each row, (rows,), by the form or by the symbol before."""
        if not self.free:
            known: Symbols = self.slots[step]
            return known
        open_slots = (punctuation.closing if step >= LONGEST_FREE else punctuation.after)[last]
        slots: Symbols = np.where(self.slots[step] == OPEN, open_slots, self.slots[step])
        return slots
