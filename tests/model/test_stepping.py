"""Reading symbol by symbol is reading at once."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.network import PoemNetwork
from model.recipes import Cell
from model.sampling import Floats, Symbols
from model.stepping import NumpyStepper, Stepper, TorchStepper, make_stepper
from tests.model.learning import network

CELLS: list[Cell] = ["rnn", "gru", "lstm"]
SHAPES = st.fixed_dictionaries(
    {
        "layers": st.integers(1, 3),
        "tied": st.booleans(),
        "embedding": st.sampled_from([1, 6, 10]),
        "hidden": st.sampled_from([1, 10, 33]),
    }
)


def read(stepper: Stepper, ids: Symbols) -> Floats:
    """(rows, time) symbols to (rows, time, symbols) logits."""
    memory, head = stepper.initial(len(ids)), stepper.head()
    logits = []
    for symbols in ids.T:
        features, memory = stepper.step(np.ascontiguousarray(symbols), memory)
        logits.append(head(features))
    return np.stack(logits, axis=1)


def whole(reader: PoemNetwork, ids: Symbols) -> Floats:
    with torch.no_grad():
        logits: Floats = reader(torch.from_numpy(ids))[0].numpy()
    return logits


@given(st.sampled_from(CELLS), SHAPES, st.sampled_from([4, 8, 32]), st.integers(1, 9), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_steps_give_what_the_network_gives(cell: Cell, shape: dict[str, int], rows: int, time: int, seed: int) -> None:
    reader = network(cell, seed=seed, **shape)
    ids = np.random.default_rng(seed).integers(0, 20, (rows, time))
    np.testing.assert_allclose(read(NumpyStepper(reader), ids), whole(reader, ids), atol=1e-5, rtol=1e-4)
    np.testing.assert_allclose(read(TorchStepper(reader), ids), whole(reader, ids), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_large_weights_overflow_nothing(cell: Cell) -> None:
    reader = network(cell, layers=2)
    with torch.no_grad():
        for parameter in reader.recurrent.parameters():
            parameter.mul_(1e4)
    ids = np.random.default_rng(0).integers(0, 20, (4, 6))
    np.testing.assert_allclose(read(NumpyStepper(reader), ids), whole(reader, ids), atol=1e-4)


@given(st.sampled_from(CELLS), SHAPES, st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_a_row_has_the_same_bits_beside_any_others(cell: Cell, shape: dict[str, int], seed: int) -> None:
    stepper = NumpyStepper(network(cell, symbols=300, seed=seed, **shape))
    random = np.random.default_rng(seed)
    ids = random.integers(0, 300, (64, 5))
    together = read(stepper, ids)
    order = random.permutation(64)
    assert np.array_equal(read(stepper, ids[order]), together[order])
    for rows in (4, 12, 32):
        assert np.array_equal(read(stepper, ids[:rows]), together[:rows])


@pytest.mark.parametrize(("cell", "tied"), [("rnn", False), ("gru", True), ("lstm", False)])
def test_so_it_is_at_the_usual_size(cell: Cell, *, tied: bool) -> None:
    """Other sizes take other ways through the machine's arithmetic."""
    stepper = NumpyStepper(network(cell, symbols=5802, embedding=100, hidden=128, layers=2, tied=tied))
    random = np.random.default_rng(0)
    ids = random.integers(0, 5802, (128, 3))
    together = read(stepper, ids)
    order = random.permutation(128)
    assert np.array_equal(read(stepper, ids[order]), together[order])
    for first in (0, 4, 64, 124):
        assert np.array_equal(read(stepper, ids[first : first + 4]), together[first : first + 4])


def test_a_wide_output_is_multiplied_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("model.stepping._QUICK_PRODUCT", 1500)
    reader = network("gru", symbols=100)
    ids = np.random.default_rng(0).integers(0, 100, (8, 4))
    np.testing.assert_allclose(read(NumpyStepper(reader), ids), whole(reader, ids), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_a_stepper_keeps_the_weights_it_was_made_of(cell: Cell) -> None:
    reader = network(cell, layers=2, tied=True)
    stepper = make_stepper(reader)
    ids = np.random.default_rng(0).integers(0, 20, (4, 3))
    before = read(stepper, ids)
    with torch.no_grad():
        for parameter in reader.parameters():
            parameter.add_(1.0)
    assert np.array_equal(read(stepper, ids), before)


def test_a_processor_steps_in_numpy() -> None:
    assert isinstance(make_stepper(network()), NumpyStepper)
    with torch.device("meta"):
        assert isinstance(make_stepper(network()), TorchStepper)
