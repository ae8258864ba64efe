"""The running average of weights."""

import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from model.averaging import RunningAverage


@given(st.floats(0.01, 0.999), st.integers(1, 30))
def test_it_is_the_average_by_its_formula(decay: float, steps: int) -> None:
    layer = nn.Linear(1, 1, bias=False)
    average = RunningAverage(layer, decay)
    expected = layer.weight.item()
    for step in range(steps):
        with torch.no_grad():
            layer.weight.fill_(float(step))
        average.update(step)
        own = min(decay, (1 + step) / (10 + step))
        expected = own * expected + (1 - own) * step
    assert torch.allclose(average.tensors()["weight"], torch.tensor([[expected]]), atol=1e-4)


def test_it_stands_in_for_the_weights_and_goes_again() -> None:
    layer = nn.Linear(2, 2)
    average = RunningAverage(layer, 0.5)
    with torch.no_grad():
        layer.weight.fill_(8.0)
    average.update(1000)
    mean = average.tensors()["weight"].clone()
    with average.applied():
        assert torch.equal(layer.weight, mean)
    assert (layer.weight == 8.0).all()
    assert torch.equal(average.tensors()["weight"], mean)


def test_it_goes_on_from_what_was_kept() -> None:
    layer = nn.Linear(2, 2)
    first, second = RunningAverage(layer, 0.9), RunningAverage(layer, 0.9)
    with torch.no_grad():
        layer.weight.fill_(3.0)
    first.update(50)
    second.restore({name: tensor.clone() for name, tensor in first.tensors().items()})
    for average in (first, second):
        average.update(51)
    assert all(torch.equal(first.tensors()[name], tensor) for name, tensor in second.tensors().items())
