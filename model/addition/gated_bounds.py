"""Bounds of what a GRU or LSTM that adds can do, by interval arithmetic: as a loss, and as a figure.

The argument is that of `certificate.py`, with gates: a box for every column with every carry, each containing all that
can follow. Nothing is rounded outward here, and nothing certified; the figure says how near to a proof a network comes.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
import torch
from torch import Tensor, nn

from model.addition.folded import FoldedNetwork
from model.addition.network import AdderNetwork
from model.addition.operations import BASE
from model.addition.worst_case import STEPS_BACK, Bounds, WorstCase
from model.recipes import Cell

_SETTLED: Final = 1e-9
_PATIENCE: Final = 50
_FARTHEST: Final[dict[Cell, float]] = {"gru": 1.0, "lstm": 1e12}
"""What is kept does not go beyond: h of a GRU, and c of an LSTM whose forget gate is at least 1e-12 below 1."""
MOST_COLUMNS: Final = 500
"""Bounds that have not settled by then grow so slowly that more rounds tell nothing."""


@dataclass(frozen=True, slots=True)
class Reach:
    """How far bounds lead that start from the first column."""

    margin: float
    """The least lead of a right digit in the last round: at most 0 where a wrong one could win there."""
    columns: int | None
    """In sums of up to so many columns every digit is right; None: in all."""


@dataclass(frozen=True, slots=True)
class Interval:
    """Ends of intervals, two tensors of one shape."""

    low: Tensor
    high: Tensor

    def part(self, number: int, size: int) -> "Interval":
        """One of several vectors that stand behind each other; -1 is the last."""
        begin = number * size if number >= 0 else self.low.shape[-1] - size
        return Interval(self.low[..., begin : begin + size], self.high[..., begin : begin + size])

    def plus(self, other: "Interval | Tensor") -> "Interval":
        other = other if isinstance(other, Interval) else Interval(other, other)
        return Interval(self.low + other.low, self.high + other.high)

    def times(self, other: "Interval") -> "Interval":
        ends = torch.stack([a * b for a in (self.low, self.high) for b in (other.low, other.high)])
        return Interval(ends.amin(0), ends.amax(0))

    def tanh(self) -> "Interval":
        return Interval(self.low.tanh(), self.high.tanh())

    def sigmoid(self) -> "Interval":
        return Interval(self.low.sigmoid(), self.high.sigmoid())

    def through(self, matrix: Tensor) -> "Interval":
        """Of the product with a matrix."""
        centre, radius = (self.low + self.high) / 2 @ matrix, (self.high - self.low) / 2 @ matrix.abs()
        return Interval(centre - radius, centre + radius)

    def beside(self, other: "Interval") -> "Interval":
        return Interval(torch.cat([self.low, other.low], -1), torch.cat([self.high, other.high], -1))

    def shrunk(self, share: float) -> "Interval":
        """So much of each, from its centre."""
        centre, radius = (self.low + self.high) / 2, (self.high - self.low) * (share / 2)
        return Interval(centre - radius, centre + radius)


@dataclass(frozen=True, slots=True)
class GatedCell:
    """A gated cell, whatever its weights are kept in."""

    cell: Cell
    hidden: int
    drives: Tensor
    """(columns, gates * hidden): W x + b."""
    first: Tensor
    recurrence: Tensor
    """(hidden, gates * hidden), U transposed."""

    @classmethod
    def of(cls, network: AdderNetwork, drives: Tensor) -> "GatedCell":
        configuration, recurrence = network.configuration, network.recurrent.weight.t()
        return cls(configuration.cell, configuration.hidden, drives, network.first, recurrence)

    @classmethod
    def of_folded(cls, network: FoldedNetwork) -> "GatedCell":
        drives = torch.from_numpy(network.table.reshape(BASE**network.operation.operands, -1))
        first, recurrence = torch.from_numpy(network.first), torch.from_numpy(network.recurrent)
        return cls(network.cell, network.hidden, drives, first, recurrence)

    def beginning(self) -> Interval:
        """The states after first columns, which are known."""
        return self.step(self.handed(Interval(self.first, self.first)))

    def handed(self, states: Interval) -> Interval:
        """All that the next column gets of states: U h, and what the gates let through as it is."""
        return states.part(0, self.hidden).through(self.recurrence).beside(states.part(-1, self.hidden))

    def step(self, handed: Interval) -> Interval:
        """The states after all columns, (…, columns, state); what is handed to them is (…, 1, (gates + 1) * hidden)."""
        hidden, drive = self.hidden, self.drives
        kept = handed.part(-1, hidden)
        total = [
            handed.part(gate, hidden).plus(drive[:, gate * hidden : (gate + 1) * hidden])
            for gate in range(drive.shape[-1] // hidden)
        ]
        if self.cell == "gru":
            reset, update = total[0].sigmoid(), total[1].sigmoid()
            new = reset.times(handed.part(2, hidden)).plus(drive[:, 2 * hidden :]).tanh()
            # Between n and h, nearer to h the larger the gate is: the ends are where all three are at theirs.
            highs = [new.high + gate * (kept.high - new.high) for gate in (update.low, update.high)]
            lows = [new.low + gate * (kept.low - new.low) for gate in (update.low, update.high)]
            return Interval(torch.minimum(*lows), torch.maximum(*highs))
        enter, keep, show = (total[gate].sigmoid() for gate in (0, 1, 3))
        content = keep.times(kept).plus(enter.times(total[2].tanh()))
        return show.times(content.tanh()).beside(content)


class GatedWorstCase(WorstCase):
    """The worst case of a gated cell. Its hull is of all that is handed on, not of U h alone.

    Spread is how widely the gates keep; a unit of an LSTM that counts columns grows for ever, and no digit tells of it
    before the count outweighs the carry.
    """

    def begin(self, network: AdderNetwork) -> Tensor:
        with torch.no_grad():
            cell = GatedCell.of(network, self._drives(network))
            first = cell.beginning()
            every = len(self._handing_on) + 1
            return self._hull_of(cell.handed(Interval(first.low.repeat(every, 1), first.high.repeat(every, 1))))

    def bounds(self, network: AdderNetwork, hull: Tensor, share: float) -> Bounds:
        cell = GatedCell.of(network, self._drives(network))
        boxes = _boxes(cell, hull).shrunk(share)
        for _ in range(STEPS_BACK):
            hull = self._hull_of(cell.handed(boxes))
            boxes = _boxes(cell, hull).shrunk(share)
        leads = self._leads(network.output, *self._shown(cell, boxes))
        loss = nn.functional.cross_entropy(-leads, self._targets)
        spread = (hull[1] - hull[0])[:, -cell.hidden :].mean()
        return Bounds(loss=loss, hull=hull.detach(), spread=spread, doubt=torch.zeros_like(loss))

    def reach(self, network: FoldedNetwork) -> "Reach":
        """How far the bounds lead: each round they hold what one column more can lead to, from the first column on."""
        cell = GatedCell.of_folded(network)
        output = nn.Linear(network.hidden, BASE, dtype=torch.float64)
        with torch.no_grad():
            output.weight.copy_(torch.from_numpy(network.output.T))
            output.bias.copy_(torch.from_numpy(network.output_bias))
            handed = cell.handed(cell.beginning())
            last = len(self._handing_on) * len(cell.drives)  # after which the first columns come
            hull = self._hull_of(handed, [cases[cases >= last] - last for cases in self._handing_on])
            for columns in range(2, MOST_COLUMNS + 1):
                margin, wider = self._round(cell, output, hull)
                if margin <= 0:
                    return Reach(margin, columns - 1)
                growth = torch.stack([hull[0] - wider[0], wider[1] - hull[1]])
                if growth.max() <= _SETTLED:
                    return Reach(margin, None)
                hull = torch.stack([torch.minimum(hull[0], wider[0]), torch.maximum(hull[1], wider[1])])
                if columns % _PATIENCE == 0:
                    # What a gate keeps for ever creeps on for thousands of rounds, to the side to which it is driven.
                    kept, creeping = hull[..., -cell.hidden :], growth[..., -cell.hidden :] > _SETTLED
                    kept[0, creeping[0]], kept[1, creeping[1]] = -_FARTHEST[cell.cell], _FARTHEST[cell.cell]
        return Reach(margin, MOST_COLUMNS)

    def _round(self, cell: GatedCell, output: nn.Linear, hull: Tensor) -> tuple[float, Tensor]:
        """The least lead of a right digit where a hull holds, and the hull of what follows from it."""
        boxes = _boxes(cell, hull)
        leads = self._leads(output, *self._shown(cell, boxes)).masked_fill(self._right(), np.inf)
        return leads.min().item(), self._hull_of(cell.handed(boxes))

    def _right(self) -> Tensor:
        """Where a digit is compared with itself."""
        return nn.functional.one_hot(self._targets, BASE).bool()

    def _hull_of(self, handed: Interval, cases: "list[Tensor] | None" = None) -> Tensor:
        chosen = self._handing_on if cases is None else cases
        return torch.stack(
            [
                torch.stack([handed.low[part].amin(0) for part in chosen]),
                torch.stack([handed.high[part].amax(0) for part in chosen]),
            ]
        )

    def _shown(self, cell: GatedCell, boxes: Interval) -> tuple[Tensor, Tensor]:
        """Centre and radius of h."""
        shown = boxes.part(0, cell.hidden)
        return (shown.low + shown.high) / 2, (shown.high - shown.low) / 2


def reach_of(network: FoldedNetwork) -> Reach:
    """How far bounds of a gated cell's states lead.

    Raises:
        ValueError: for an Elman network; `certify.worst_margin` bounds that more tightly.
    """
    if network.cell == "rnn":
        raise ValueError("this is an Elman network: certify.worst_margin bounds it")
    return GatedWorstCase(network.operation, torch.device("cpu")).reach(network)


def _boxes(cell: GatedCell, hull: Tensor) -> Interval:
    """The states of every case: all columns with each carry, then first columns."""
    after, first = cell.step(Interval(hull[0][:, None], hull[1][:, None])), cell.beginning()
    low, high = after.low.flatten(0, 1), after.high.flatten(0, 1)
    return Interval(torch.cat([low, first.low]), torch.cat([high, first.high]))
