"""The network: its shapes, its state, its first weights."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from torch import Tensor

from model.configuration import NetworkConfiguration
from model.network import INITIALISATIONS, State
from model.recipes import Cell, Initialisation, Part, PoemRecipe, load_recipe
from model.vocabulary import PAD
from tests.model.learning import network

CELLS: list[Cell] = ["rnn", "gru", "lstm"]


def parts_of(state: State) -> list[Tensor]:
    return [state] if isinstance(state, Tensor) else list(state)


SHAPES = st.fixed_dictionaries({"layers": st.integers(1, 3), "tied": st.booleans()})


@given(st.sampled_from(CELLS), SHAPES, st.integers(1, 8), st.integers(0, 8), st.integers(0, 99))
@settings(deadline=None, max_examples=40)
def test_reading_in_two_parts_is_reading_at_once(
    cell: Cell, shape: dict[str, int], time: int, cut: int, seed: int
) -> None:
    reader = network(cell, **shape, seed=seed)
    ids = torch.randint(20, (3, time + cut))
    whole, end = reader(ids)
    first, state = reader(ids[:, :time])
    assert whole.shape == (3, time + cut, 20)
    torch.testing.assert_close(first, whole[:, :time], atol=1e-5, rtol=1e-5)
    if cut:
        second, state = reader(ids[:, time:], state)
        torch.testing.assert_close(second, whole[:, time:], atol=1e-5, rtol=1e-5)
    for mine, other in zip(parts_of(state), parts_of(end), strict=True):
        assert mine.shape == (shape["layers"], 3, 10)
        torch.testing.assert_close(mine, other, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("cell", CELLS)
def test_no_state_is_a_state_of_zeros(cell: Cell) -> None:
    reader = network(cell, layers=2)
    zeros = torch.zeros(2, 1, 10)
    ids = torch.tensor([[2, 5, 6]])
    assert torch.equal(reader(ids)[0], reader(ids, (zeros, zeros) if cell == "lstm" else zeros)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_an_elman_cell_gru_and_lstm_differ(cell: Cell) -> None:
    gates = {"rnn": 1, "gru": 3, "lstm": 4}[cell]
    assert network(cell).recurrent.weight_hh_l0.shape == (10 * gates, 10)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("shape", [{}, {"tied": True}, {"layers": 3}, {"slot": 5, "echo": 4}])
def test_a_configuration_knows_how_many_weights_there_are(cell: Cell, shape: dict[str, Any]) -> None:
    reader = network(cell, **shape)
    assert reader.configuration.size == sum(parameter.numel() for parameter in reader.parameters())


def test_tying_shares_one_matrix() -> None:
    plain, tied, square = network(), network(tied=True), network(tied=True, embedding=10)
    assert plain.output.weight is not plain.embedding.weight
    assert tied.output.weight is tied.embedding.weight
    assert sum(p.numel() for p in plain.bridge.parameters()) == 0
    assert [tuple(p.shape) for p in tied.bridge.parameters()] == [(6, 10), (6,)]
    assert sum(p.numel() for p in square.bridge.parameters()) == 0


@pytest.mark.parametrize("layers", [1, 2])
def test_dropout_acts_in_training_only(layers: int) -> None:
    reader = network(layers=layers, dropout=0.5)
    ids = torch.randint(4, 20, (2, 6))
    assert torch.equal(reader(ids)[0], reader(ids)[0])
    reader.train()
    assert not torch.equal(reader(ids)[0], reader(ids)[0])


def test_padding_has_no_embedding() -> None:
    reader = network()
    assert (reader.embedding.weight[PAD] == 0).all()
    for how in INITIALISATIONS:
        reader.initialise("embedding", how)
        assert (reader.embedding.weight[PAD] == 0).all()


PARTS: list[Part] = ["embedding", "recurrent", "output"]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("how", INITIALISATIONS)
def test_a_part_is_drawn_anew_and_nothing_else(part: Part, how: Initialisation) -> None:
    reader = network()
    before = {name: parameter.clone() for name, parameter in reader.named_parameters()}
    reader.initialise(part, how)
    for name, parameter in reader.named_parameters():
        changed = not torch.equal(parameter, before[name])
        assert changed == (how != "default" and name.startswith(part) and (parameter.dim() > 1 or part == "output"))
    assert all(torch.isfinite(parameter).all() for parameter in reader.parameters())


def test_initialisations_are_what_their_names_say() -> None:
    reader = network(symbols=400, hidden=300)
    weight = reader.output.weight
    deviations: dict[Initialisation, float] = {
        "xavier_uniform": (2 / 700) ** 0.5,
        "xavier_normal": (2 / 700) ** 0.5,
        "kaiming_normal": (2 / 300) ** 0.5,
        "kaiming_uniform": (2 / 300) ** 0.5,
        "normal": 0.02,
    }
    for how, deviation in deviations.items():
        reader.initialise("output", how)
        assert weight.std().item() == pytest.approx(deviation, rel=0.02)
        assert (reader.output.bias == 0).all()
    reader.initialise("output", "orthogonal")
    torch.testing.assert_close(weight.t() @ weight, torch.eye(300), atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", ["simple-rnn", "lstm", "lstm-rmsprop", "gru"])
def test_a_network_of_every_recipe(name: str) -> None:
    recipe = load_recipe(name)
    assert isinstance(recipe, PoemRecipe)
    shape = NetworkConfiguration.of(recipe, 50)
    assert shape.model_dump() == {"symbols": 50} | {
        key: value for key, value in recipe.model_dump().items() if key in NetworkConfiguration.model_fields
    }


@pytest.mark.parametrize(
    "wrong", [{"symbols": 4}, {"symbols": 10**6}, {"hidden": 0}, {"hidden": 10**5}, {"layers": 99}, {"more": 1}]
)
def test_configurations_have_bounds(wrong: dict[str, int]) -> None:
    values = network().configuration.model_dump() | wrong
    with pytest.raises(ValidationError):
        NetworkConfiguration.model_validate(values)
