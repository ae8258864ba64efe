"""Optimizer and learning rate of a recipe, and their state as tensors."""

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from model.recipes import Recipe


def make_optimizer(network: nn.Module, recipe: Recipe) -> torch.optim.Optimizer:
    """The recipe's optimizer; weight decay falls on matrices only, not on biases.

    Fused: weights, gradients and both moments are read once a step, where they were read ten times.
    """
    matrices = [parameter for parameter in network.parameters() if parameter.dim() > 1]
    others = [parameter for parameter in network.parameters() if parameter.dim() <= 1]
    groups = [{"params": matrices, "weight_decay": recipe.weight_decay}, {"params": others, "weight_decay": 0.0}]
    match recipe.optimizer:
        case "adam":
            return torch.optim.Adam(groups, lr=recipe.learning_rate, fused=True)
        case "adamw":
            return torch.optim.AdamW(groups, lr=recipe.learning_rate, fused=True)
        case "rmsprop":
            return torch.optim.RMSprop(groups, lr=recipe.learning_rate)
        case "sgd":
            return torch.optim.SGD(groups, lr=recipe.learning_rate)


def learning_rate(recipe: Recipe, step: int, steps: int) -> float:
    """The learning rate of a step, counted from 0, in a run of so many: a rise, a plateau, a fall to zero."""
    place = (step + 0.5) / steps
    rise = place / recipe.warmup if recipe.warmup else 1.0
    fall = (1.0 - place) / recipe.decay if recipe.decay else 1.0
    return recipe.learning_rate * min(1.0, rise, fall)


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """What the optimizer remembers, by `parameter.quantity`."""
    return {
        f"{number}.{name}": torch.as_tensor(value)
        for number, memory in optimizer.state_dict()["state"].items()
        for name, value in memory.items()
        if value is not None
    }


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Give an optimizer back what `optimizer_tensors` took from one like it."""
    memories: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        number, _, name = key.partition(".")
        memories.setdefault(int(number), {})[name] = tensor
    optimizer.load_state_dict({"state": memories, "param_groups": optimizer.state_dict()["param_groups"]})
