"""What form an adder's weights begin with and are held to while they learn, so that they can be bounded more easily."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from model.addition.network import AdderNetwork

_KEEPING = 1
"""Which of a gated cell's vectors says what stays: r z n of a GRU, i f g o of an LSTM."""


def shut_gates(network: AdderNetwork, bias: float) -> None:
    """Let the gates of a GRU or LSTM that say what stays begin with a bias.

    Drawn as usual they are half open, so that all that a state holds reaches the next column past every matrix: the
    digits too, and bounds of it are as wide as what digits differ by. Shut, they let through what they have learnt to.
    """
    hidden = network.configuration.hidden
    with torch.no_grad():
        network.input.bias[_KEEPING * hidden : (_KEEPING + 1) * hidden] = bias


def hold(network: AdderNetwork, *, shared: bool, carrying: int | None) -> None:
    """Bring weights into the form and let no step of an optimizer lead them out of it.

    Args:
        network: as it was drawn.
        shared: whether all numbers of a column have the same input weights. It adds any of them in any order alike,
            and sees a fifth of the columns that differ where it adds three.
        carrying: how many units' states reach the next column; the weights of the others are zero. What is handed on
            cannot hide in many small differences then. None: all of them.
    """
    if shared:
        _keep(network.input.weight, lambda weight: _mean_of_operands(weight, network.operation.operands))
    if carrying is not None:
        reaching = torch.zeros_like(network.recurrent.weight)
        reaching[:, :carrying] = 1
        _keep(network.recurrent.weight, lambda weight: weight * reaching)


def _keep(weight: Any, project: Callable[[Tensor], Tensor]) -> None:
    """Project the weight, and each gradient. Adam and its like treat equals alike, and leave zeros without a slope."""
    with torch.no_grad():
        weight.copy_(project(weight))
    weight.register_hook(project)


def _mean_of_operands(weight: Tensor, operands: int) -> Tensor:
    parts = weight.reshape(len(weight), operands, -1)
    return parts.mean(1, keepdim=True).expand_as(parts).reshape(len(weight), -1)
