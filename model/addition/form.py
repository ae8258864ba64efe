"""What form an adder's weights are held to while they learn, so that they can be proven more easily."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from model.addition.network import AdderNetwork


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
