"""The worst that any history can do to the network, as a loss: what makes a proof of exactness possible."""

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from model.addition.network import AdderNetwork
from model.addition.operations import BASE, Operation

STEPS_BACK = 2
"""How often the bounds are worked out anew at each training step, from those of the step before."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What can be said of all sums of all lengths."""

    loss: Tensor
    """Cross-entropy of the digits when every wrong one is favoured as much as the boxes allow, nats a case."""
    hull: Tensor
    """For the next step, without its history."""
    spread: Tensor
    """How widely that is spread which is handed on after the same carry: of an Elman network in distances from carry to
    carry, of a gated cell the mean width of what its gates let through."""
    doubt: Tensor
    """How far the units that reach the next column are from saying yes or no: the mean of 1 - h²."""


class WorstCase:
    """Bounds on all states, and on the digits that they lead to.

    All that a column gets from those before it is h U. A hull is an interval for each unit of h U after each carry,
    (2, carries, hidden): the lower ends, then the upper ones. From it follow a box of states for every case (all
    columns with each carry, and as first columns), and from the boxes the next hull. Interval arithmetic: Gowal et al.
    2018.
    """

    def __init__(
        self, operation: Operation, device: torch.device, *, shared: bool = False, carrying: int | None = None
    ) -> None:
        """Of numbers that share their weights (`form.hold`) each order counts once; only `carrying` units reach on."""
        tuples = operation.tuples()
        self._columns = np.flatnonzero((np.diff(tuples, axis=1) >= 0).all(axis=1)) if shared else np.arange(len(tuples))
        outcomes = [operation.column(tuples[self._columns], carry) for carry in (*range(operation.carries), 0)]
        digits, carries = (np.concatenate(parts) for parts in zip(*outcomes, strict=True))
        self._reaching = slice(carrying)
        self._handing_on = [torch.from_numpy(np.flatnonzero(carries == k)).to(device) for k in range(operation.carries)]
        # All ten digits come equally often: a few cases of those that are written by fewer count twice.
        writing = [np.flatnonzero(digits == digit) for digit in range(BASE)]
        longest = max(map(len, writing))
        self._writing = torch.from_numpy(np.stack([np.resize(cases, longest) for cases in writing])).to(device)
        self._targets = torch.arange(BASE, device=device).repeat_interleave(longest)

    def begin(self, network: AdderNetwork) -> Tensor:
        """The hull to begin with, as if every column were the first: it need not hold yet, the steps make it true."""
        with torch.no_grad():
            recurrence = network.recurrent.weight.t()
            points = torch.tanh(self._drives(network) + network.first @ recurrence)
            centre = points.repeat(len(self._handing_on) + 1, 1) @ recurrence
            return self._hull(centre, torch.zeros_like(centre))

    def bounds(self, network: AdderNetwork, hull: Tensor, share: float) -> Bounds:
        """Bounds of the network as it is.

        Args:
            network: which network.
            hull: of the step before.
            share: how much of each box counts, from its centre: 0 is a point, 1 all of it.
        """
        reaching = self._reaching
        recurrence = network.recurrent.weight.t()[reaching]
        drives, beginning = self._drives(network), network.first[reaching] @ recurrence
        centre, radius = _boxes(drives[:, reaching], beginning[reaching], hull[..., reaching], share)
        for again in range(STEPS_BACK):
            # Before the last time, what reaches on from one step to the next is all that is asked for.
            onto = recurrence if again == STEPS_BACK - 1 else recurrence[:, reaching]
            hull = self._hull(centre @ onto, radius @ onto.abs())
            if again < STEPS_BACK - 1:
                centre, radius = _boxes(drives[:, reaching], beginning[reaching], hull, share)
        doubt = (1 - centre.square()).mean()
        centre, radius = _boxes(drives, beginning, hull, share)
        leads = self._leads(network.output, centre, radius)
        middles, widths = hull.mean(0), hull[1] - hull[0]
        return Bounds(
            loss=nn.functional.cross_entropy(-leads, self._targets),
            hull=hull.detach(),
            spread=widths.amax(-1).mean() / middles.diff(dim=0).abs().amax(-1).mean(),
            doubt=doubt,
        )

    def _drives(self, network: AdderNetwork) -> Tensor:
        return network.drives()[self._columns]

    def _hull(self, centre: Tensor, radius: Tensor) -> Tensor:
        low, high = centre - radius, centre + radius
        return torch.stack(
            [
                torch.stack([low[cases].amin(0) for cases in self._handing_on]),
                torch.stack([high[cases].amax(0) for cases in self._handing_on]),
            ]
        )

    def _leads(self, output: nn.Linear, centre: Tensor, radius: Tensor) -> Tensor:
        """How far the right digit leads each other one at least, (cases, 10), in the order of the right digits."""
        ahead = output.weight[:, None] - output.weight  # (right digit, other digit, hidden)
        leads = torch.bmm(centre[self._writing], ahead.mT) - torch.bmm(radius[self._writing], ahead.abs().mT)
        return (leads + (output.bias[:, None] - output.bias)[:, None]).flatten(0, 1)


def _boxes(drives: Tensor, beginning: Tensor, hull: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """Centre and radius of the states of every case, both (cases, hidden); after a first column the state is known."""
    low, high = torch.tanh(drives + hull[:, :, None]).flatten(1, 2)
    points = torch.tanh(drives + beginning)
    centre = torch.cat([(low + high) / 2, points])
    return centre, torch.cat([(high - low) * (share / 2), torch.zeros_like(points)])
