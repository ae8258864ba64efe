"""‖∂L_T/∂x_k‖ as measured is what the cells by hand say, and says nothing of what a network cannot know."""

from collections.abc import Callable

import numpy as np
import pytest
import torch

from model.backprop import CellWeights, Gradients, elman, gru, lstm
from model.backprop.weights import Array
from model.insight.gates import trace_of
from model.insight.influence import influence
from model.network import PoemNetwork
from model.recipes import Cell
from model.torch_stepping import weights_of
from model.vocabulary import BEGIN, Vocabulary
from tests.model.learning import CHARACTERS, network, quatrains

CELLS: list[Cell] = ["rnn", "gru", "lstm"]
BACKWARD: dict[str, Callable[..., Gradients]] = {"rnn": elman.backward, "gru": gru.backward, "lstm": lstm.backward}
VOCABULARY = Vocabulary("，。" + CHARACTERS)


def reader_of(cell: Cell, seed: int = 0, **shape: int | bool) -> PoemNetwork:
    return network(cell, len(VOCABULARY), seed=seed, **shape)


def by_hand(reader: PoemNetwork, poem: str) -> Array:
    """∂L_T/∂x_k by the textbook's back-propagation through time; its length for each character, the last first."""
    ids = [BEGIN, *VOCABULARY.encode(poem)]
    weights = CellWeights.from_torch(reader.recurrent)
    trace = trace_of(weights_of(reader), ids[:-2])
    matrix, offset = (parameter.detach().double().numpy() for parameter in reader.output.parameters())
    logits = matrix @ trace.h[-1][:, 0] + offset
    slope = np.exp(logits - logits.max())
    slope /= slope.sum()
    slope[ids[-2]] -= 1  # ∂L_T/∂logits = softmax − one-hot
    of_states = np.zeros_like(trace.h)
    of_states[-1, :, 0] = matrix.T @ slope
    found: Array = np.linalg.norm(BACKWARD[reader.configuration.cell](weights, trace, of_states).x[:, :, 0], axis=1)
    return found[:0:-1]


@pytest.mark.parametrize("cell", CELLS)
def test_it_is_what_the_cells_by_hand_say(cell: Cell) -> None:
    poems = [*quatrains(5, seed=2), *quatrains(5, seed=3)]
    reader = reader_of(cell, seed=4)
    reach = min(map(len, poems)) - 2
    found = influence(reader, VOCABULARY, poems, reach)
    assert found.shape == (10, reach)
    for row, poem in zip(found, poems, strict=True):
        np.testing.assert_allclose(row, by_hand(reader, poem)[:reach], rtol=1e-9)
    assert reader.output.weight.dtype is torch.float32  # the network itself is left as it was


def test_a_network_without_memory_knows_the_last_character_alone() -> None:
    reader = reader_of("rnn", layers=2)
    with torch.no_grad():
        for name, weights in reader.recurrent.named_parameters():
            if name.startswith("weight_hh"):
                weights.zero_()
    [row] = influence(reader, VOCABULARY, quatrains(1), 10)
    assert row[0] > 0
    assert not row[1:].any()


def test_a_network_that_halves_its_memory_has_half_the_influence_a_step_further() -> None:
    reader = reader_of("rnn", hidden=6, embedding=6)
    with torch.no_grad():
        values = {"weight_hh_l0": torch.eye(6) / 2, "weight_ih_l0": torch.eye(6)}
        for name, weights in reader.recurrent.named_parameters():
            weights.copy_(values.get(name, torch.zeros(6)))
        reader.embedding.weight.mul_(1e-5)  # where tanh is straight
    [row] = influence(reader, VOCABULARY, quatrains(1), 12)
    np.testing.assert_allclose(row[1:] / row[:-1], 0.5, rtol=1e-6)


def test_a_poem_that_is_too_short_is_refused() -> None:
    with pytest.raises(ValueError, match="fewer than 32"):
        influence(reader_of("gru"), VOCABULARY, ["月山风花春，江水云天日。"], 30)
