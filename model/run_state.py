"""Where an unfinished training run stands, beside its tensors."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from pydantic import BaseModel
from torch import Tensor

from model.device import Precision


@dataclass
class Position:
    """Where a run stands."""

    epoch: int = 0
    batch: int = 0
    step: int = 0
    loss_sum: float = 0.0
    """Sum of the losses of this epoch's batches, as far as reported."""
    waiting: int = 0
    """Batches since the last report."""
    waiting_sum: float = 0.0
    """Sum of their losses."""
    best: float = math.inf
    """Lowest held-out loss so far."""
    seconds: float = 0.0
    """Time spent training, interruptions not counted."""


class RunState(BaseModel):
    """What a checkpoint says of its run beside the tensors."""

    position: Position
    precision: Precision
    device: str
    scaler: dict[str, Any]


def random_state(device: torch.device) -> dict[str, Tensor]:
    """The generators' states, by the device they are for."""
    states = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        states["cuda"] = torch.cuda.get_rng_state(device)
    return states


def set_random_state(states: Mapping[str, Tensor], device: torch.device) -> None:
    """Put the generators where `random_state` found them; those of another device are left alone."""
    torch.set_rng_state(states["cpu"])
    if device.type == "cuda" and "cuda" in states:
        torch.cuda.set_rng_state(states["cuda"], device)
