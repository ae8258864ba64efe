"""What is noted while a network reads is what PyTorch computes, and throws away."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from model.backprop.weights import Array
from model.insight.gates import read, trace_of
from model.insight.reading import GATES
from model.network import PoemNetwork
from model.recipes import Cell
from model.torch_stepping import weights_of
from model.vocabulary import BEGIN
from tests.model.learning import network, poet

CELLS: list[Cell] = ["rnn", "gru", "lstm"]
shapes = st.fixed_dictionaries(
    {"layers": st.integers(1, 3), "hidden": st.integers(1, 8), "embedding": st.integers(1, 8)}
)


def by_torch(reader: PoemNetwork, ids: list[int]) -> dict[str, Array]:
    """States and gates of the last layer, (units, time), step by step, out of PyTorch's weights and functions."""
    reader = reader.double()
    inputs: Tensor = reader.embedding(torch.tensor([ids]))
    *lower, last = range(reader.configuration.layers)
    for layer in lower:
        inputs = _states(reader, layer, inputs)["h"]
    return {name: found[0].T.detach().numpy() for name, found in _states(reader, last, inputs).items()}


def _states(reader: PoemNetwork, layer: int, inputs: Tensor) -> dict[str, Tensor]:
    weights = [
        getattr(reader.recurrent, f"{name}_l{layer}") for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    ]
    w, u, b, c = weights
    hidden = u.shape[1]
    h = cell = torch.zeros(len(inputs), hidden, dtype=torch.float64)
    steps: list[dict[str, Tensor]] = []
    for x in inputs.unbind(1):
        of_x, of_h = torch.nn.functional.linear(x, w, b), torch.nn.functional.linear(h, u, c)
        if reader.configuration.cell == "rnn":
            h = (of_x + of_h).tanh()
            steps.append({"h": h})
        elif reader.configuration.cell == "gru":
            r, z = (of_x + of_h)[:, : 2 * hidden].sigmoid().chunk(2, 1)
            n = (of_x[:, 2 * hidden :] + r * of_h[:, 2 * hidden :]).tanh()
            h = (1 - z) * n + z * h
            steps.append({"h": h, "r": r, "z": z})
        else:
            i, f, g, o = (of_x + of_h).chunk(4, 1)
            cell = f.sigmoid() * cell + i.sigmoid() * g.tanh()
            h = o.sigmoid() * cell.tanh()
            steps.append({"h": h, "i": i.sigmoid(), "f": f.sigmoid(), "o": o.sigmoid()})
    return {name: torch.stack([step[name] for step in steps], dim=1) for name in steps[0]}


@given(st.sampled_from(CELLS), shapes, st.lists(st.integers(1, 19), min_size=1, max_size=9), st.integers(0, 99))
@settings(max_examples=40)
def test_states_and_gates_are_pytorchs(cell: Cell, shape: dict[str, int], ids: list[int], seed: int) -> None:
    reader = network(cell, **shape, seed=seed)
    trace = trace_of(weights_of(reader), ids)
    expected = by_torch(reader, ids)
    for name, found in expected.items():
        np.testing.assert_allclose(getattr(trace, name)[:, :, 0].T, found, atol=1e-12)
    states, _ = reader.double().recurrent(reader.embedding(torch.tensor([ids])))
    np.testing.assert_allclose(trace.h[:, :, 0], states[0].detach().numpy(), atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_a_poem_is_read_from_the_beginning_sign_on(cell: Cell) -> None:
    writer = poet(cell)
    text = "月山风花春，江水云天日。"
    reading = read(writer.stepper.as_weights(), writer.vocabulary, text)
    assert reading.cell == cell
    assert "".join(reading.characters) == text
    assert tuple(reading.gates) == GATES[cell]
    trace = trace_of(writer.stepper.as_weights(), [BEGIN, *writer.vocabulary.encode(text)])
    for gate, found in reading.gates.items():
        assert found.shape == (24, len(text))
        np.testing.assert_array_equal(found, getattr(trace, gate)[1:, :, 0].T)
        assert (-1 if gate == "h" else 0) <= found.min() < found.max() <= 1
        assert reading.means(gate) == pytest.approx(np.abs(found).mean(axis=0))


def test_what_cannot_be_read_is_refused() -> None:
    writer = poet("gru")
    with pytest.raises(ValueError, match="nothing to read"):
        read(writer.stepper.as_weights(), writer.vocabulary, "")
    with pytest.raises(ValueError, match="told where it is"):
        read(weights_of(network("lstm", slot=5, echo=4)), writer.vocabulary, "月")
