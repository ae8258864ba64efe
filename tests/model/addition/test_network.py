import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model.addition.folded import AdderConfiguration
from model.addition.network import AdderNetwork, folded_of
from model.addition.operations import OPERATIONS
from model.addition.pairs import random_columns

ADD = OPERATIONS["add"]

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 9), st.integers(1, 12), st.integers(1, 4), st.integers(0, 2**31))


def network_of(embedding: int, hidden: int, seed: int) -> AdderNetwork:
    torch.manual_seed(seed)
    network = AdderNetwork(AdderConfiguration(embedding=embedding, hidden=hidden))
    nn.init.normal_(network.first)
    return network


@given(SHAPES)
@settings(deadline=None)
def test_the_network_is_embedding_joined_elman_and_linear(shape: tuple[int, int, int, int, int]) -> None:
    embedding, hidden, length, sums, seed = shape
    network = network_of(embedding, hidden, seed)
    columns = torch.from_numpy(random_columns(np.random.default_rng(seed), ADD, sums, length)).long()
    elman = nn.RNN(2 * embedding, hidden)
    elman.load_state_dict(
        {
            "weight_ih_l0": network.input.weight,
            "bias_ih_l0": network.input.bias,
            "weight_hh_l0": network.recurrent.weight,
            "bias_hh_l0": torch.zeros(hidden),
        }
    )
    with torch.no_grad():
        states, _ = elman(network.embedding(columns).flatten(-2), network.first.expand(1, sums, -1).contiguous())
        torch.testing.assert_close(network.states(columns), states, rtol=1e-5, atol=1e-6)
        torch.testing.assert_close(network(columns), network.output(states), rtol=1e-5, atol=1e-6)


@given(SHAPES)
@settings(deadline=None)
def test_folding_changes_nothing(shape: tuple[int, int, int, int, int]) -> None:
    embedding, hidden, length, sums, seed = shape
    network = network_of(embedding, hidden, seed).double()
    columns = random_columns(np.random.default_rng(seed), ADD, sums, length)
    folded = folded_of(network)
    states = folded.read(columns, folded.begin(sums))
    with torch.no_grad():
        wanted = network.states(torch.from_numpy(columns).long())
        np.testing.assert_allclose(states, wanted, atol=1e-12)
        np.testing.assert_allclose(folded.logits(states), network.output(wanted), atol=1e-12)
        np.testing.assert_array_equal(folded.carries(states), network.probe(wanted)[..., 0] > 0)


@given(st.integers(1, 60), st.integers(0, 60), st.integers(0, 2**31))
@settings(deadline=None)
def test_reading_in_pieces_is_bit_for_bit_reading_at_once(length: int, cut: int, seed: int) -> None:
    folded = folded_of(network_of(4, 16, seed))
    columns = random_columns(np.random.default_rng(seed), ADD, 1, length)[:, 0]
    whole = folded.read(columns, folded.begin())
    cut = min(cut, length)
    first = folded.read(columns[:cut], folded.begin())
    second = folded.read(columns[cut:], first[-1] if cut else folded.begin())
    np.testing.assert_array_equal(np.concatenate([first, second]), whole)


def test_reading_leaves_the_network_and_the_state_as_they_were() -> None:
    folded = folded_of(network_of(4, 16, 0))
    table, state = folded.table.copy(), folded.begin()
    columns = random_columns(np.random.default_rng(0), ADD, 1, 9)[:, 0]
    once = folded.read(columns, state)
    np.testing.assert_array_equal(state, folded.begin())
    np.testing.assert_array_equal(folded.table, table)
    np.testing.assert_array_equal(folded.read(columns, state), once)


def test_folding_touches_neither_the_network_nor_the_random_state() -> None:
    network = network_of(2, 3, 0)
    before = torch.get_rng_state()
    folded_of(network)
    assert torch.equal(torch.get_rng_state(), before)
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}


def test_a_state_may_be_given_to_the_network() -> None:
    network = network_of(3, 5, 0)
    columns = torch.randint(0, 10, (6, 4, 2))
    with torch.no_grad():
        whole = network.states(columns)
        torch.testing.assert_close(network.states(columns[2:], whole[1]), whole[2:])


@pytest.mark.parametrize("size", [0, 10**6])
def test_sizes_are_bounded(size: int) -> None:
    with pytest.raises(ValueError, match="hidden"):
        AdderConfiguration(embedding=32, hidden=size)
