"""The worst that any history can do to the network, as a loss: what makes a proof of exactness possible."""

import numpy as np
import torch
from torch import Tensor, nn

from model.addition.network import AdderNetwork
from model.addition.operations import BASE, Operation

STEPS_BACK = 2
"""How often the bounds are worked out anew at each training step, from those of the step before."""


class WorstCase:
    """Bounds on all states, and on the digits that they lead to.

    All that a column gets from those before it is h U. A hull is an interval for each unit of h U after each carry,
    (2, carries, hidden): the lower ends, then the upper ones. From it follow a box of states for every case of
    `Operation.cases`, and from the boxes the next hull. Interval arithmetic: Gowal et al. 2018.
    """

    def __init__(self, operation: Operation, device: torch.device) -> None:
        digits, carries = operation.cases()
        self._handing_on = [torch.from_numpy(np.flatnonzero(carries == k)).to(device) for k in range(operation.carries)]
        # Among the cases that differ in one digit only, each digit is written once: all ten come equally often.
        self._writing = torch.from_numpy(np.argsort(digits, kind="stable").reshape(BASE, -1)).to(device)
        self._targets = torch.arange(BASE, device=device).repeat_interleave(self._writing.shape[1])

    def begin(self, network: AdderNetwork) -> Tensor:
        """The hull to begin with, as if every column were the first: it need not hold yet, the steps make it true."""
        with torch.no_grad():
            recurrence = network.recurrent.weight.t()
            points = torch.tanh(network.drives() + network.first @ recurrence)
            centre = points.repeat(len(self._handing_on) + 1, 1) @ recurrence
            return self._hull(centre, torch.zeros_like(centre))

    def loss(self, network: AdderNetwork, hull: Tensor, share: float) -> tuple[Tensor, Tensor]:
        """Cross-entropy of the digits when every wrong one is favoured as much as the boxes allow.

        Args:
            network: which network.
            hull: of the step before.
            share: how much of each box counts, from its centre: 0 is a point, 1 all of it.

        Returns:
            The loss, nats a case, and the hull for the next step, without its history.
        """
        recurrence = network.recurrent.weight.t()
        drives, beginning = network.drives(), network.first @ recurrence
        centre, radius = _boxes(drives, beginning, hull, share)
        for _ in range(STEPS_BACK):
            hull = self._hull(centre @ recurrence, radius @ recurrence.abs())
            centre, radius = _boxes(drives, beginning, hull, share)
        leads = self._leads(network.output, centre, radius)
        return nn.functional.cross_entropy(-leads, self._targets), hull.detach()

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
