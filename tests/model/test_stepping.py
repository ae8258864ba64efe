"""Reading symbol by symbol is reading at once, but for the rounding of the products."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.network import PoemNetwork
from model.recipes import Cell
from model.sampling import Floats, Symbols
from model.slots import Told
from model.stepping import NumpyStepper, Stepper
from model.threads import Shares
from model.torch_stepping import TorchStepper, make_stepper, network_of, weights_of
from model.vocabulary import PAD
from tests.model.learning import network

CELLS: list[Cell] = ["rnn", "gru", "lstm"]
# Of the largest logit: whole numbers of nine bits stand for numbers of 24.
ROUNDING = 5e-3
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


def numpy_stepper(reader: PoemNetwork) -> NumpyStepper:
    return NumpyStepper(weights_of(reader))


def whole(reader: PoemNetwork, ids: Symbols) -> Floats:
    with torch.no_grad():
        logits: Floats = reader(torch.from_numpy(ids))[0].numpy()
    return logits


@given(st.sampled_from(CELLS), SHAPES, st.sampled_from([1, 4, 33]), st.integers(1, 9), st.integers(0, 99))
@settings(deadline=None, max_examples=60)
def test_steps_give_what_the_network_gives(cell: Cell, shape: dict[str, int], rows: int, time: int, seed: int) -> None:
    reader = network(cell, seed=seed, **shape)
    ids = np.random.default_rng(seed).integers(0, 20, (rows, time))
    expected = whole(reader, ids)
    largest = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(read(numpy_stepper(reader), ids), expected, atol=ROUNDING * largest)
    np.testing.assert_allclose(read(TorchStepper(reader), ids), expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_large_weights_overflow_nothing(cell: Cell) -> None:
    reader = network(cell, layers=2)
    with torch.no_grad():
        for parameter in reader.recurrent.parameters():
            parameter.mul_(1e4)
    ids = np.random.default_rng(0).integers(0, 20, (4, 6))
    with np.errstate(over="raise", invalid="raise"):
        found = read(numpy_stepper(reader), ids)
    # What the first symbol leads to: later on the slightest rounding of such weights decides all.
    np.testing.assert_allclose(found[:, 0], whole(reader, ids)[:, 0], atol=0.05)
    assert np.isfinite(found).all()


@given(st.sampled_from(CELLS), SHAPES, st.integers(0, 99))
@settings(deadline=None, max_examples=25)
def test_a_row_has_the_same_bits_beside_any_others(cell: Cell, shape: dict[str, int], seed: int) -> None:
    stepper = numpy_stepper(network(cell, symbols=300, seed=seed, **shape))
    random = np.random.default_rng(seed)
    ids = random.integers(0, 300, (64, 5))
    together = read(stepper, ids)
    order = random.permutation(64)
    assert np.array_equal(read(stepper, ids[order]), together[order])
    for rows in (1, 2, 5, 32):
        assert np.array_equal(read(stepper, ids[:rows]), together[:rows])


@pytest.mark.parametrize(("cell", "tied"), [("rnn", False), ("gru", True), ("lstm", False)])
def test_so_it_is_at_the_usual_size(cell: Cell, *, tied: bool) -> None:
    """Other sizes take other ways through the machine's arithmetic."""
    stepper = numpy_stepper(network(cell, symbols=5802, embedding=100, hidden=128, layers=2, tied=tied))
    random = np.random.default_rng(0)
    ids = random.integers(0, 5802, (128, 3))
    together = read(stepper, ids)
    order = random.permutation(128)
    assert np.array_equal(read(stepper, ids[order]), together[order])
    for first in (0, 5, 64, 127):
        assert np.array_equal(read(stepper, ids[first : first + 1]), together[first : first + 1])


@pytest.mark.parametrize("told", [True, False])
def test_targets_are_as_likely_as_the_logits_say(*, told: bool) -> None:
    reader = network("lstm", **({"slot": 3, "echo": 2} if told else {}))
    random = np.random.default_rng(1)
    ids = random.integers(0, 20, (6, 9))
    targets = np.where(random.random((6, 9)) < 0.3, PAD, random.integers(1, 20, (6, 9)))
    slots = random.integers(0, 2, (6, 9, len(Told))) if told else None
    with torch.no_grad():
        logits, _ = reader(torch.from_numpy(ids), told=None if slots is None else torch.from_numpy(slots))
    expected = logits.log_softmax(-1).gather(2, torch.from_numpy(targets)[:, :, None])[:, :, 0].numpy()
    expected = np.where(targets == PAD, 0.0, expected)
    for stepper in (numpy_stepper(reader), TorchStepper(reader)):
        found = stepper.log_probabilities(ids, targets, slots)
        np.testing.assert_allclose(found, expected, atol=ROUNDING)
        assert not found[targets == PAD].any()


@given(st.integers(1, 40), st.integers(1, 12), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_a_text_is_as_likely_beside_others_as_alone(rows: int, time: int, seed: int) -> None:
    """Whatever they begin with in common, however many are read at once, and in however many threads."""
    stepper = numpy_stepper(network("lstm", layers=2, slot=3, echo=2))
    random = np.random.default_rng(seed)
    ids = random.integers(0, 3, (rows, time))
    targets = np.where(random.random((rows, time)) < 0.4, PAD, random.integers(1, 20, (rows, time)))
    told = random.integers(0, 2, (rows, time, len(Told)))
    together = stepper.log_probabilities(ids, targets, told)
    for row in range(rows):
        alone = stepper.log_probabilities(ids[row : row + 1], targets[row : row + 1], told[row : row + 1])
        assert np.array_equal(together[row], alone[0])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("model.likelihood._AT_ONCE", 5)
        patch.setattr("model.likelihood._FORETOLD_AT_ONCE", 3)
        patch.setattr(NumpyStepper, "shares", Shares(fewest=2, most=7))
        assert np.array_equal(stepper.log_probabilities(ids, targets, told), together)


def test_symbols_are_tabled_whenever_they_come(monkeypatch: pytest.MonkeyPatch) -> None:
    reader = network("gru", symbols=60)
    ids = np.random.default_rng(0).integers(0, 60, (12, 8))
    expected = read(numpy_stepper(reader), ids)
    monkeypatch.setattr("model.equations._FREQUENT", 25)
    stepper = numpy_stepper(reader)
    read(stepper, ids[:3])
    assert np.array_equal(read(stepper, ids), expected)
    assert np.array_equal(read(stepper, ids), expected)


def test_a_long_poem_is_judged_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    stepper = TorchStepper(network("lstm", layers=2))
    ids = np.random.default_rng(0).integers(1, 20, (3, 12))
    at_once = stepper.log_probabilities(ids[:, :-1], ids[:, 1:])
    monkeypatch.setattr("model.torch_stepping.TIME", 4)
    np.testing.assert_allclose(stepper.log_probabilities(ids[:, :-1], ids[:, 1:]), at_once, atol=1e-5)


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


@pytest.mark.parametrize("tied", [True, False])
def test_a_network_is_made_of_its_weights_again(*, tied: bool) -> None:
    reader = network("gru", layers=2, tied=tied, slot=3, echo=2)
    again = network_of(weights_of(reader))
    ids = np.random.default_rng(0).integers(0, 20, (2, 5))
    assert np.array_equal(whole(again, ids), whole(reader, ids))
    assert weights_of(reader).arrays.keys() == reader.configuration.shapes().keys()
