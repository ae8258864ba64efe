"""Adders of other cells, and the form that weights are held to."""

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file
from torch import nn

from model import checkpoint
from model.addition import Adder, gated_bounds
from model.addition.certificate import METADATA, certificate_of, verify
from model.addition.certify import certify
from model.addition.evaluation import judge
from model.addition.folded import AdderConfiguration
from model.addition.form import hold, shut_gates
from model.addition.gated_bounds import GatedCell, GatedWorstCase, Interval, Reach, reach_of
from model.addition.network import AdderNetwork, folded_of
from model.addition.operations import OPERATIONS
from model.addition.pairs import random_columns, repeated_columns
from model.addition.training import AdderTask
from model.errors import CertificateError, RecipeError
from model.header import Header
from model.recipes import AdderRecipe, Cell, load_recipe
from tests.conftest import write_adder

ADD = OPERATIONS["add"]
GATED: tuple[Cell, ...] = ("gru", "lstm")
SHAPES = st.tuples(st.integers(1, 5), st.integers(1, 7), st.integers(1, 9), st.integers(1, 4), st.integers(0, 2**31))
KINDS = {"gru": nn.GRU, "lstm": nn.LSTM}


def network_of(cell: Cell, embedding: int, hidden: int, seed: int) -> AdderNetwork:
    torch.manual_seed(seed)
    network = AdderNetwork(AdderConfiguration(cell=cell, embedding=embedding, hidden=hidden))
    nn.init.normal_(network.first)
    return network.double()


@pytest.mark.parametrize("cell", GATED)
@given(shape=SHAPES)
@settings(max_examples=8)
def test_gated_cells_are_those_of_torch(cell: Cell, shape: tuple[int, int, int, int, int]) -> None:
    embedding, hidden, length, sums, seed = shape
    network = network_of(cell, embedding, hidden, seed)
    columns = torch.from_numpy(random_columns(np.random.default_rng(seed), ADD, sums, length)).long()
    usual = KINDS[cell](2 * embedding, hidden).double()
    nothing = torch.zeros_like(usual.bias_hh_l0)
    weights = {"weight_ih_l0": network.input.weight, "bias_ih_l0": network.input.bias}
    usual.load_state_dict(weights | {"weight_hh_l0": network.recurrent.weight, "bias_hh_l0": nothing})
    h, *c = (part.expand(1, sums, -1).contiguous() for part in network.first.reshape(-1, hidden))
    with torch.no_grad():
        states, _ = usual(network.embedding(columns).flatten(-2), (h, *c) if c else h)
        torch.testing.assert_close(network.states(columns)[..., :hidden], states)
        torch.testing.assert_close(network(columns), network.output(states))


@pytest.mark.parametrize("cell", GATED)
@given(shape=SHAPES)
@settings(max_examples=8)
def test_folding_a_gated_cell_changes_nothing(cell: Cell, shape: tuple[int, int, int, int, int]) -> None:
    embedding, hidden, length, sums, seed = shape
    network = network_of(cell, embedding, hidden, seed)
    columns = random_columns(np.random.default_rng(seed), ADD, sums, length)
    folded = folded_of(network)
    states = folded.read(columns, folded.begin(sums))
    alone = folded.read(columns[:, 0], folded.begin())
    with torch.no_grad():
        wanted = network.states(torch.from_numpy(columns).long())
        np.testing.assert_allclose(states, wanted, atol=1e-12)
        np.testing.assert_allclose(alone, wanted[:, 0], atol=1e-12)
        seen = network.probe(wanted[..., :hidden])
        np.testing.assert_allclose(folded.logits(states), network.output(wanted[..., :hidden]), atol=1e-12)
        np.testing.assert_array_equal(folded.carries(states), seen[..., 0] > 0)


@pytest.mark.parametrize("cell", GATED)
@given(shape=SHAPES)
@settings(max_examples=8)
def test_bounds_of_a_step_hold_whatever_comes_in(cell: Cell, shape: tuple[int, int, int, int, int]) -> None:
    """Any states between two ends lead, by any column, to states between the ends that are worked out."""
    embedding, hidden, _, _, seed = shape
    folded = folded_of(network_of(cell, embedding, hidden, seed))
    bounded, random = GatedCell.of_folded(folded), np.random.default_rng(seed)
    low, high = np.sort(random.normal(size=(2, len(folded.first))), axis=0)
    states = Interval(torch.from_numpy(low[None]), torch.from_numpy(high[None]))
    bounds = bounded.step(bounded.handed(states))
    for weight in (0.0, 1.0, random.random(len(low))):
        state = low + weight * (high - low)
        reached = folded.read(ADD.tuples()[None].astype(np.uint8), np.tile(state, (100, 1)))[0]
        assert (bounds.low.numpy() <= reached + 1e-12).all()
        assert (reached <= bounds.high.numpy() + 1e-12).all()


@pytest.mark.parametrize("cell", GATED)
def test_a_gated_cell_learns_and_its_worst_case_is_lowered(cell: Cell) -> None:
    recipe = AdderRecipe(
        cell=cell, embedding=4, hidden=6, learning_rate=1e-2, batch=20, steps=20, below=555, ordinary=10
    )
    task = AdderTask("gated", recipe, 0, torch.device("cpu"))
    worst_case = GatedWorstCase(task.operation, task.device)

    def settled() -> float:
        hull = worst_case.begin(task.network)
        for _ in range(2):
            hull = worst_case.bounds(task.network, hull, 1.0).hull
        return worst_case.bounds(task.network, hull, 1.0).loss.item()

    before, optimizer = settled(), torch.optim.Adam(task.network.parameters(), 1e-2)
    for batch in task.batches(0):
        optimizer.zero_grad()
        torch.autograd.backward(task.loss(batch, "float32")[0])
        optimizer.step()
    folded = folded_of(task.network)

    assert settled() < before
    assert task.evaluate()["worst_case"] == reach_of(folded).margin < 0
    assert Adder(folded).state_map(Adder(folded).add("12", "9")).total == 2


@pytest.mark.parametrize(
    ("cell", "keeping", "columns"),
    [("gru", -3.0, None), ("lstm", -3.0, None), ("gru", 9.0, None), ("lstm", 9.0, None), ("lstm", 40.0, 60)],
)
def test_bounds_settle_where_something_is_forgotten_and_where_h_is_bounded(
    cell: Cell, keeping: float, columns: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = network_of(cell, 2, 4, 1)
    with torch.no_grad():
        network.recurrent.weight.mul_(0.01)
        network.first.mul_(0.01)
        network.input.weight[4:8] = 0  # the second gate of both cells says what stays
        network.input.bias[4:8] = keeping
    worst_case = GatedWorstCase(ADD, torch.device("cpu"))
    monkeypatch.setattr(gated_bounds, "MOST_COLUMNS", 60)
    monkeypatch.setattr(worst_case, "_leads", lambda *_: torch.ones(worst_case._targets.numel(), 10))

    assert worst_case.reach(folded_of(network)) == Reach(1.0, columns)


def test_no_sum_within_reach_is_wrong() -> None:
    """What is said of one column more is what its bounds allow."""
    folded = folded_of(network_of("gru", 2, 4, 1))
    reach = reach_of(folded)

    assert reach.columns == 1
    assert judge(folded, repeated_columns(ADD, 12)).margin >= reach.margin - 5


def test_only_gated_cells_have_these_bounds() -> None:
    with pytest.raises(ValueError, match="Elman"):
        reach_of(folded_of(network_of("rnn", 2, 3, 0)))


def test_no_certificate_is_made_or_taken_for_a_gated_cell(tmp_path: Path) -> None:
    network = network_of("gru", 2, 3, 0).float()
    header = Header(
        kind="adder", configuration=network.configuration.model_dump(), recipe="", corpus="", seed=0, step=0
    )
    weights = tmp_path / "gru.safetensors"
    checkpoint.save(weights, checkpoint.parameters_of(network), header)
    with pytest.raises(CertificateError, match="Elman networks only"):
        certify(weights)

    write_adder(tmp_path / "elman.safetensors")
    certify(tmp_path / "elman.safetensors")
    with safe_open(certificate_of(tmp_path / "elman.safetensors"), framework="numpy") as file:
        claim = json.loads(file.metadata()[METADATA])
        boxes = {name: file.get_tensor(name) for name in ("low", "high")}
    claim["weights"] = hashlib.sha256(weights.read_bytes()).hexdigest()
    save_file(boxes, certificate_of(weights), {METADATA: json.dumps(claim)})
    with pytest.raises(CertificateError, match="about Elman networks"):
        verify(weights)


# The form.


def test_shared_weights_add_in_any_order_alike_and_stay_shared() -> None:
    torch.manual_seed(0)
    network = AdderNetwork(AdderConfiguration(operation="add-3", embedding=4, hidden=6))
    hold(network, shared=True, carrying=2)
    optimizer = torch.optim.Adam(network.parameters(), 1e-2)
    columns = torch.from_numpy(random_columns(np.random.default_rng(0), network.operation, 5, 4)).long()
    for _ in range(3):
        optimizer.zero_grad()
        torch.autograd.backward(network(columns).square().mean())
        optimizer.step()

    torch.testing.assert_close(network(columns), network(columns.flip(-1)))
    first, *others = torch.chunk(network.input.weight, 3, dim=1)
    assert all(torch.equal(first, other) for other in others)
    assert not network.recurrent.weight[:, 2:].any()
    assert network.recurrent.weight[:, :2].all()


@pytest.mark.parametrize("cell", GATED)
def test_gates_begin_shut_where_the_recipe_says_so(cell: Cell) -> None:
    recipe = load_recipe(f"adder-{cell}")
    assert isinstance(recipe, AdderRecipe)
    network = AdderTask("gated", recipe, 0, torch.device("cpu")).network
    first = network.first[: recipe.hidden]
    keeping = (network.drives() + network.recurrent(first))[:, recipe.hidden : 2 * recipe.hidden].sigmoid()

    assert keeping.max() < 0.5
    assert keeping.mean() < 0.1
    assert network.configuration.cell == cell


@pytest.mark.parametrize("cell", GATED)
def test_only_the_gate_that_keeps_is_shut(cell: Cell) -> None:
    """Shut for good, it leaves nothing of the state before but what the recurrent weights let through."""
    network = network_of(cell, 2, 3, 0)
    bias = network.input.bias.detach().clone()
    shut_gates(network, -40.0)
    network.recurrent.weight.data.zero_()
    columns = torch.from_numpy(ADD.tuples()).reshape(1, 100, 2)
    states = [network.states(columns, torch.full((100, len(network.first)), state).double()) for state in (-1.0, 1.0)]

    torch.testing.assert_close(*states)
    changed = (network.input.bias != bias).nonzero().flatten()
    assert changed.tolist() == [3, 4, 5]


def test_a_unit_that_counts_columns_is_spread_ever_wider_and_one_that_forgets_is_not() -> None:
    network = network_of("lstm", 2, 3, 0)
    network.recurrent.weight.data.zero_()
    worst_case = GatedWorstCase(ADD, torch.device("cpu"))

    def spreads(keeping: float) -> list[float]:
        shut_gates(network, keeping)
        hull, found = worst_case.begin(network), []
        for _ in range(5):
            bounds = worst_case.bounds(network, hull, 1.0)
            hull = bounds.hull
            found.append(bounds.spread.item())
        return found

    counting, forgetting = spreads(40.0), spreads(-40.0)
    assert counting[-1] - counting[-2] == pytest.approx(counting[1] - counting[0], rel=0.1)
    assert counting[1] > counting[0] + 0.1
    assert forgetting == pytest.approx(forgetting[:1] * 5)
    assert forgetting[0] <= 2


@pytest.mark.parametrize("cell", GATED)
def test_bounds_of_shared_weights_need_each_order_once(cell: Cell) -> None:
    network = network_of(cell, 3, 4, 0)
    hold(network, shared=True, carrying=None)
    found = []
    for shared in (True, False):
        worst_case = GatedWorstCase(ADD, torch.device("cpu"), shared=shared)
        hull = worst_case.begin(network)
        for _ in range(3):
            hull = worst_case.bounds(network, hull, 1.0).hull
        found.append(hull)

    torch.testing.assert_close(*found)


def test_without_a_form_nothing_is_changed() -> None:
    torch.manual_seed(0)
    network = AdderNetwork(AdderConfiguration(embedding=4, hidden=6))
    before = {name: tensor.clone() for name, tensor in network.state_dict().items()}
    hold(network, shared=False, carrying=None)

    assert all(torch.equal(tensor, before[name]) for name, tensor in network.state_dict().items())


@pytest.mark.parametrize(
    "change",
    ["operation='subtract'", "carrying=65", "settling=4000", "cell='gru'", "keeping=-3.0"],
)
def test_forms_that_make_no_sense_are_refused(change: str) -> None:
    with pytest.raises(RecipeError):
        load_recipe("adder-3", [change])


@pytest.mark.parametrize("change", ["carrying=4", "decision=1.0"])
def test_a_gated_cell_has_no_units_that_hand_on_alone(change: str) -> None:
    with pytest.raises(RecipeError, match="gated cell"):
        load_recipe("adder-gru", [change])
