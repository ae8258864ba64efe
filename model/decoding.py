"""Writing many poems at once, character by character, the memory carried along.

A block is a table of rows in step with each other::

    step     0   1   2   3   …            given    月
    row 0    月  落  乌  啼  …            form     七绝
    row 1    山  光  悦  鸟  …            form     none
    row 2    .   .   .   .                padding

Every step reads one symbol a row and draws the next: linear in the length, what was written is never read again. What
is known beforehand (the slots of a form, the given characters) is laid out before the first step.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from model.constraints import LONGEST_FREE, Constraints, Slot, form_slots
from model.requests import PoemRequest
from model.sampling import TRIES, Options, draw, uniforms
from model.stepping import Stepper
from model.vocabulary import BEGIN, END

LONGEST = LONGEST_FREE + 2

_OPEN = -1
"""In place of a slot or symbol: not known beforehand."""
_STEPS_BETWEEN_LOOKS = 8


@dataclass(slots=True, eq=False)
class Draft:
    """One candidate of one request on its way."""

    request: PoemRequest
    seed: int
    candidate: int
    given: Sequence[int]
    """Symbols to begin with; the marks of a form come between them."""
    written: list[int] = field(default_factory=list)
    """All symbols, the end included."""
    score: float = 0.0
    """Mean log-probability of what was drawn, as the network believes it without masks and temperature."""

    @property
    def steps(self) -> int:
        """How many symbols there will be at the most."""
        return len(form_slots(self.request.form)) if self.request.form else LONGEST

    def slots(self, steps: int) -> list[int]:
        """The slot of each step, as far as it is known beforehand."""
        if self.request.form is None:
            return [_OPEN] * steps
        known = form_slots(self.request.form)
        return [*known, *[int(Slot.END)] * (steps - len(known))]

    def forced(self) -> list[int]:
        """The symbol of each step where it is given, up to the last one that is."""
        if self.request.form is None:
            return list(self.given)
        places = [place for place, slot in enumerate(form_slots(self.request.form)) if slot is Slot.CHARACTER]
        symbols = dict(zip(places, self.given, strict=False))
        return [symbols.get(place, _OPEN) for place in range(max(symbols, default=-1) + 1)]


def write(stepper: Stepper, constraints: Constraints, drafts: Sequence[Draft]) -> None:
    """Bring all drafts to their end."""
    first = 0
    with torch.inference_mode():
        while first < len(drafts):
            left = len(drafts) - first
            rows = next(rows for rows in stepper.widths if 2 * left > rows or rows == stepper.widths[-1])
            _write_block(stepper, constraints, drafts[first : first + rows], rows)
            first += rows


def _write_block(stepper: Stepper, constraints: Constraints, drafts: Sequence[Draft], size: int) -> None:
    plan = _Plan.of(drafts, size, constraints)
    scores = torch.zeros(size, device=stepper.device)
    ids = torch.full((size,), BEGIN, device=stepper.device)
    memories = stepper.initial(size)
    written = []
    for step, numbers in enumerate(plan.numbers):
        logits, memories = stepper.step(ids, memories)
        masks = constraints.masks[plan.slots_at(step, ids, constraints)]
        drawn = draw(logits, masks, numbers, plan.options)
        forced = plan.forced[step] if step < len(plan.forced) else None
        if plan.scored:
            counted = (ids != END) if forced is None else (ids != END) & (forced == _OPEN)
            scores += counted * logits.log_softmax(-1).gather(1, drawn[:, None])[:, 0]
        ids = drawn if forced is None else torch.where(forced == _OPEN, drawn, forced)
        written.append(ids)
        if plan.free and step % _STEPS_BETWEEN_LOOKS == 0 and bool((ids == END).all()):
            break
    for draft, symbols, score in zip(drafts, torch.stack(written, dim=1).tolist(), scores.tolist(), strict=False):
        draft.written = symbols[: symbols.index(END) + 1]
        draft.score = score / max(len(draft.written) - len(draft.given), 1)


@dataclass(frozen=True, slots=True)
class _Plan:
    """What is known of a block before its first step."""

    slots: Tensor
    """(steps, rows)"""
    forced: Tensor
    """(steps, rows), as far as a symbol is given in any row."""
    numbers: Tensor
    """(steps, rows, tries)"""
    options: Options
    free: bool
    """Whether a row has no given form."""
    scored: bool

    @classmethod
    def of(cls, drafts: Sequence[Draft], size: int, constraints: Constraints) -> "_Plan":
        device, symbols = constraints.masks.device, constraints.masks.shape[1]
        steps = max(draft.steps for draft in drafts)
        forced = [draft.forced() for draft in drafts]
        forced_steps = max(map(len, forced))
        padding = size - len(drafts)
        requests = [draft.request for draft in drafts]
        slots = [draft.slots(steps) for draft in drafts] + [[int(Slot.END)] * steps] * padding
        numbers = [uniforms(draft.seed, draft.candidate, steps) for draft in drafts]
        numbers += [torch.zeros(steps, TRIES)] * padding
        return cls(
            slots=torch.tensor(slots, device=device).t().contiguous(),
            forced=torch.tensor(
                [row + [_OPEN] * (forced_steps - len(row)) for row in forced] + [[_OPEN] * forced_steps] * padding,
                device=device,
                dtype=torch.int64,
            ).t(),
            numbers=torch.stack(numbers, dim=1).to(device),
            options=Options.of(requests, size, symbols, device),
            free=any(request.form is None for request in requests),
            scored=any(request.candidates > 1 for request in requests),
        )

    def slots_at(self, step: int, last: Tensor, constraints: Constraints) -> Tensor:
        """The slot of each row, (rows,), by the form or by the symbol before."""
        if not self.free:
            return self.slots[step]
        open_slots = (constraints.closing if step >= LONGEST_FREE else constraints.after)[last]
        return torch.where(self.slots[step] == _OPEN, open_slots, self.slots[step])
