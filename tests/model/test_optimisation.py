"""Optimizers and learning rates."""

from typing import get_args

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.optimisation import learning_rate, make_optimizer, optimizer_tensors, restore_optimizer
from model.recipes import Optimizer, PoemRecipe
from tests.model.learning import TINY, same


def recipe(**changes: object) -> PoemRecipe:
    return PoemRecipe.model_validate(TINY.model_dump() | changes)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("adam", torch.optim.Adam),
        ("adamw", torch.optim.AdamW),
        ("rmsprop", torch.optim.RMSprop),
        ("sgd", torch.optim.SGD),
    ],
)
def test_weights_decay_and_biases_do_not(name: str, kind: type[torch.optim.Optimizer]) -> None:
    layer = nn.Linear(3, 2)
    optimizer = make_optimizer(layer, recipe(optimizer=name, weight_decay=0.5, learning_rate=0.25))
    assert type(optimizer) is kind
    groups = {group["weight_decay"]: group["params"] for group in optimizer.param_groups}
    assert groups[0.5][0] is layer.weight
    assert groups[0.0][0] is layer.bias
    assert {group["lr"] for group in optimizer.param_groups} == {0.25}


@pytest.mark.parametrize("name", get_args(Optimizer))
@pytest.mark.parametrize("steps", [0, 3])
def test_an_optimizer_goes_on_where_another_stopped(name: str, steps: int) -> None:
    torch.manual_seed(0)
    layers = [nn.Linear(3, 2), nn.Linear(3, 2)]
    first, second = (make_optimizer(layer, recipe(optimizer=name)) for layer in layers)

    def step(layer: nn.Linear, optimizer: torch.optim.Optimizer, number: int) -> None:
        torch.manual_seed(number)
        optimizer.zero_grad()
        torch.autograd.backward(layer(torch.randn(4, 3)).square().sum())
        optimizer.step()

    for number in range(steps):
        step(layers[0], first, number)
    layers[1].load_state_dict(layers[0].state_dict())
    restore_optimizer(second, {key: tensor.clone() for key, tensor in optimizer_tensors(first).items()})
    assert same(optimizer_tensors(first), optimizer_tensors(second))
    for number in range(10, 13):
        for layer, optimizer in zip(layers, (first, second), strict=True):
            step(layer, optimizer, number)
    assert torch.equal(layers[0].weight, layers[1].weight)
    assert torch.equal(layers[0].bias, layers[1].bias)


def test_the_learning_rate_rises_stays_and_falls() -> None:
    shape = recipe(warmup=0.2, decay=0.5, learning_rate=1.0)
    rates = [learning_rate(shape, step, 10) for step in range(10)]
    assert rates == pytest.approx([0.25, 0.75, 1, 1, 1, 0.9, 0.7, 0.5, 0.3, 0.1])
    assert {learning_rate(recipe(), step, 10) for step in range(10)} == {1e-2}


@given(st.floats(0, 0.9), st.floats(0, 1), st.integers(1, 1000), st.data())
def test_no_learning_rate_leaves_its_bounds(warmup: float, share: float, steps: int, data: st.DataObject) -> None:
    shape = recipe(warmup=warmup, decay=share * (1 - warmup), learning_rate=0.5)
    assert 0 < learning_rate(shape, data.draw(st.integers(0, steps - 1)), steps) <= 0.5
