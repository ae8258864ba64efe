"""How near a GRU or LSTM that adds comes to a proof: bounds of its states by interval arithmetic.

The argument is that of `certificate.py`, with gates: a box for every column with every carry, each containing all that
can follow. Nothing is rounded outward here and nothing certified; it says by how much a proof is missed.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from model.addition.folded import Array, FoldedNetwork
from model.addition.operations import BASE, Whole

_SETTLED: Final = 1e-9
_ROUNDS: Final = 500


@dataclass(frozen=True, slots=True)
class Interval:
    """Ends of intervals, two arrays of one shape."""

    low: Array
    high: Array

    def part(self, number: int, size: int) -> "Interval":
        """One of several vectors that stand behind each other."""
        cut = (..., slice(number * size, (number + 1) * size))
        return Interval(self.low[cut], self.high[cut])

    def __add__(self, other: "Interval") -> "Interval":
        return Interval(self.low + other.low, self.high + other.high)

    def __mul__(self, other: "Interval") -> "Interval":
        ends = [a * b for a in (self.low, self.high) for b in (other.low, other.high)]
        return Interval(np.minimum.reduce(ends), np.maximum.reduce(ends))

    def tanh(self) -> "Interval":
        return Interval(np.tanh(self.low), np.tanh(self.high))

    def sigmoid(self) -> "Interval":
        return Interval(*(0.5 * (1.0 + np.tanh(0.5 * end)) for end in (self.low, self.high)))

    def through(self, matrix: Array) -> "Interval":
        """Of the product with a matrix."""
        centre, radius = (self.low + self.high) / 2 @ matrix, (self.high - self.low) / 2 @ np.abs(matrix)
        return Interval(centre - radius, centre + radius)


def gated_margin(network: FoldedNetwork) -> float:
    """The least lead of a right digit over another in any sum of any length, as far as it can be bounded.

    Raises:
        ValueError: for an Elman network; `certify.worst_margin` bounds that more tightly.
    """
    if network.cell == "rnn":
        raise ValueError("this is an Elman network: certify.worst_margin bounds it")
    operation = network.operation
    digits, carries = operation.cases()
    drives = network.table.reshape(len(operation.tuples()), -1)
    exact = network.handed(network.first)
    first = _step(network, drives, Interval(exact, exact))
    handing_on = [np.flatnonzero(carries == carry) for carry in range(operation.carries)]
    begun, of_first = _handed(network, first), carries[-len(drives) :]
    hulls = [_hull(begun, np.flatnonzero(of_first == carry)) for carry in range(operation.carries)]
    for _ in range(_ROUNDS):
        boxes = _joined([*(_step(network, drives, hull) for hull in hulls), first])
        handed = _handed(network, boxes)
        wider = [_hull(handed, cases) for cases in handing_on]
        growth = max(
            max((old.low - new.low).max(), (new.high - old.high).max()) for old, new in zip(hulls, wider, strict=True)
        )
        hulls = [_around(old, new) for old, new in zip(hulls, wider, strict=True)]
        if growth <= _SETTLED:
            return _least_lead(network, boxes.part(0, network.hidden), digits)
    return -np.inf


def _step(network: FoldedNetwork, drives: Array, handed: Interval) -> Interval:
    """The states after all columns, where what is handed to them lies in one interval: h, and of an LSTM c."""
    hidden = network.hidden
    drive = Interval(drives, drives)
    gates = drives.shape[1]
    product = Interval(handed.low[:gates], handed.high[:gates])
    kept = Interval(handed.low[gates:], handed.high[gates:])
    if network.cell == "gru":
        reset, update = ((drive.part(gate, hidden) + product.part(gate, hidden)).sigmoid() for gate in (0, 1))
        new = (drive.part(2, hidden) + reset * product.part(2, hidden)).tanh()
        # Between n and h, nearer to h the larger the gate is: the ends are where all three are at theirs.
        highs = [new.high + gate * (kept.high - new.high) for gate in (update.low, update.high)]
        lows = [new.low + gate * (kept.low - new.low) for gate in (update.low, update.high)]
        return Interval(np.minimum(*lows), np.maximum(*highs))
    total = drive + product
    enter, keep, show = (total.part(gate, hidden).sigmoid() for gate in (0, 1, 3))
    content = keep * kept + enter * total.part(2, hidden).tanh()
    state = show * content.tanh()
    return _beside(state, content)


def _handed(network: FoldedNetwork, states: Interval) -> Interval:
    product = states.part(0, network.hidden).through(network.recurrent)
    kept = Interval(states.low[..., -network.hidden :], states.high[..., -network.hidden :])
    return _beside(product, kept)


def _beside(one: Interval, other: Interval) -> Interval:
    return Interval(np.concatenate([one.low, other.low], axis=-1), np.concatenate([one.high, other.high], axis=-1))


def _joined(parts: list[Interval]) -> Interval:
    return Interval(np.concatenate([part.low for part in parts]), np.concatenate([part.high for part in parts]))


def _hull(values: Interval, cases: Whole) -> Interval:
    return Interval(values.low[cases].min(axis=0), values.high[cases].max(axis=0))


def _around(one: Interval, other: Interval) -> Interval:
    return Interval(np.minimum(one.low, other.low), np.maximum(one.high, other.high))


def _least_lead(network: FoldedNetwork, states: Interval, digits: Whole) -> float:
    centre, radius = (states.low + states.high) / 2, (states.high - states.low) / 2
    least = np.inf
    for digit in range(BASE):
        ahead = network.output[:, [digit]] - np.delete(network.output, digit, axis=1)
        bias = network.output_bias[digit] - np.delete(network.output_bias, digit)
        chosen = digits == digit
        least = min(least, float((centre[chosen] @ ahead - radius[chosen] @ np.abs(ahead) + bias).min()))
    return least
