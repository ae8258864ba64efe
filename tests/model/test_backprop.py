"""The cells by hand: as PyTorch computes them, and as small steps of the weights move the loss."""

from collections.abc import Callable
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from model.backprop import CellWeights, Gradients, elman, gru, lstm
from model.backprop.weights import Array

CELLS: dict[str, type[nn.RNN | nn.GRU | nn.LSTM]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
CLOSE = 1e-7
STEP = 1e-5
shapes = st.fixed_dictionaries(
    {
        "cell": st.sampled_from(list(CELLS)),
        "time": st.integers(1, 7),
        "inputs": st.integers(1, 5),
        "hidden": st.integers(1, 5),
        "batch": st.integers(1, 4),
        "seed": st.integers(0, 2**32 - 1),
    }
)


@dataclass(frozen=True)
class Case:
    """A cell, a sequence, and a loss Σ_t ⟨v_t, h_t⟩ + ½⟨h_t, h_t⟩."""

    cell: str
    weights: CellWeights
    x: Array
    h0: Array
    c0: Array
    v: Array

    @classmethod
    def of(cls, *, cell: str, time: int, inputs: int, hidden: int, batch: int, seed: int) -> "Case":
        random = np.random.default_rng(seed)
        rows = hidden * {"rnn": 1, "gru": 3, "lstm": 4}[cell]
        shapes = ((rows, inputs), (rows, hidden), (rows,), (rows,))
        weights = CellWeights(*(random.normal(scale=0.7, size=shape) for shape in shapes))
        states = ((time, inputs, batch), (hidden, batch), (hidden, batch), (time, hidden, batch))
        return cls(cell, weights, *(random.normal(size=shape) for shape in states))

    def trace(self) -> Any:
        match self.cell:
            case "rnn":
                return elman.forward(self.weights, self.x, self.h0)
            case "gru":
                return gru.forward(self.weights, self.x, self.h0)
            case _:
                return lstm.forward(self.weights, self.x, self.h0, self.c0)

    def loss(self) -> float:
        h = self.trace().h
        return float((self.v * h + h**2 / 2).sum())

    def gradients(self) -> Gradients:
        trace = self.trace()
        backward: Callable[..., Gradients] = {"rnn": elman, "gru": gru, "lstm": lstm}[self.cell].backward
        return backward(self.weights, trace, self.v + trace.h)

    def by_autograd(self) -> tuple[Array, Gradients]:
        """States and derivatives as PyTorch has them."""
        layer = CELLS[self.cell](self.weights.W.shape[1], self.weights.hidden).double()
        self.weights.to_torch(layer)
        x = torch.from_numpy(self.x).permute(0, 2, 1).requires_grad_()
        h0, c0 = (torch.from_numpy(part.T[None].copy()).requires_grad_() for part in (self.h0, self.c0))
        h, _ = layer(x, (h0, c0) if self.cell == "lstm" else h0)
        loss = (torch.from_numpy(self.v).permute(0, 2, 1) * h + h**2 / 2).sum()
        loss.backward()

        def of(name: str) -> Array:
            found: Array = getattr(layer, f"{name}_l0").grad.numpy()
            return found

        assert x.grad is not None
        assert h0.grad is not None
        return h.detach().numpy().transpose(0, 2, 1), Gradients(
            W=of("weight_ih"),
            U=of("weight_hh"),
            b=of("bias_ih"),
            c=of("bias_hh"),
            x=x.grad.numpy().transpose(0, 2, 1),
            h0=h0.grad[0].numpy().T,
            c0=c0.grad[0].numpy().T if c0.grad is not None else None,
        )


def apart(one: Array, other: Array) -> float:
    """‖a−n‖ / (‖a‖+‖n‖); zero where both are."""
    length = float(np.linalg.norm(one) + np.linalg.norm(other))
    return float(np.linalg.norm(one - other)) / length if length else 0.0


def assert_close(one: Gradients, other: Gradients) -> None:
    for field in fields(Gradients):
        own, its = getattr(one, field.name), getattr(other, field.name)
        assert (own is None) == (its is None), field.name
        if own is not None:
            assert own.shape == its.shape
            assert apart(own, its) <= CLOSE, field.name


def nudged(case: Case, name: str, place: tuple[int, ...], by: float) -> Case:
    """The case with one number moved."""
    owner: Any = case.weights if name in ("W", "U", "b", "c") else case
    values = getattr(owner, name).copy()
    values[place] += by
    moved = replace(owner, **{name: values})
    return replace(case, weights=moved) if owner is case.weights else moved


@given(shapes)
@settings(max_examples=60)
def test_states_and_derivatives_are_pytorchs(shape: dict[str, Any]) -> None:
    case = Case.of(**shape)
    states, gradients = case.by_autograd()

    assert apart(case.trace().h, states) <= 1e-12
    assert_close(case.gradients(), gradients)


@given(shapes, st.data())
@settings(max_examples=40)
def test_a_small_step_moves_the_loss_by_the_derivative(shape: dict[str, Any], data: st.DataObject) -> None:
    case = Case.of(**shape)
    gradients = case.gradients()
    names = ["W", "U", "b", "c", "x", "h0"] + (["c0"] if case.cell == "lstm" else [])
    for name in names:
        own = getattr(gradients, name)
        numeric = np.empty_like(own)
        for place in np.ndindex(own.shape):
            up, down = (nudged(case, name, place, by).loss() for by in (STEP, -STEP))
            numeric[place] = (up - down) / (2 * STEP)
        # Differences are no better than the loss's own rounding, however small the derivatives are.
        rounding = 1e-15 * abs(case.loss()) / STEP * np.sqrt(own.size)
        assert np.linalg.norm(own - numeric) <= CLOSE * (np.linalg.norm(own) + np.linalg.norm(numeric)) + rounding, name


@given(shapes)
@settings(max_examples=40)
def test_the_double_sums_are_the_single_pass(shape: dict[str, Any]) -> None:
    case = Case.of(**{**shape, "cell": "rnn"})
    trace = case.trace()
    dh = case.v + trace.h
    each = elman.pairs(case.weights, trace, dh)

    assert not any(each[t, k].any() for t in range(len(dh)) for k in range(t + 1, len(dh)))
    assert_close(elman.summed(case.weights, trace, each), case.gradients())


@given(shapes)
@settings(max_examples=40)
def test_going_forward_gives_the_same_derivative_as_going_back(shape: dict[str, Any]) -> None:
    case = Case.of(**{**shape, "cell": "rnn"})
    trace = case.trace()
    totals = elman.total_derivatives(case.weights, trace)

    found = elman.gradient_by_totals(trace, totals, case.v + trace.h)
    assert apart(found, case.gradients().U) <= CLOSE


def test_the_total_derivative_is_how_far_a_weight_moves_the_sum() -> None:
    case = Case.of(cell="rnn", time=5, inputs=3, hidden=4, batch=2, seed=7)
    totals = elman.total_derivatives(case.weights, case.trace())

    def before_tanh(moved: Case) -> Array:
        found: Array = np.arctanh(moved.trace().h)
        return found

    for place in np.ndindex(4, 4):
        up, down = (before_tanh(nudged(case, "U", place, by)) for by in (STEP, -STEP))
        assert apart(totals[:, :, place[0], place[1]], (up - down) / (2 * STEP)) <= CLOSE


@pytest.mark.parametrize("cell", CELLS)
def test_weights_pass_to_pytorch_and_back_without_loss(cell: str) -> None:
    layers = CELLS[cell](3, 4, 2)
    for layer in (0, 1):
        weights = CellWeights.from_torch(layers, layer)
        other = CELLS[cell](3, 4, 2)
        weights.to_torch(other, layer)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            assert torch.equal(getattr(layers, f"{name}_l{layer}"), getattr(other, f"{name}_l{layer}"))
    with pytest.raises(ValueError, match="has shape"):
        CellWeights.from_torch(layers, 0).to_torch(CELLS[cell](2, 4), 0)


def test_an_error_vanishes_in_an_elman_cell_and_stays_in_an_lstm() -> None:
    """Small weights: U shrinks what goes back through it, an open forget gate does not."""
    steps, hidden = 30, 8
    random = np.random.default_rng(0)
    x, zero = random.normal(size=(steps, 3, 1)), np.zeros((hidden, 1))
    dh = np.zeros((steps, hidden, 1))
    dh[-1] = 1

    def weights(gates: int) -> CellWeights:
        shapes = ((gates * hidden, 3), (gates * hidden, hidden), (gates * hidden,), (gates * hidden,))
        return CellWeights(*(random.normal(scale=0.2, size=shape) for shape in shapes))

    simple, gated = weights(1), weights(4)
    gated.b[hidden : 2 * hidden] = 5  # the forget gate
    reach = {
        "rnn": elman.backward(simple, elman.forward(simple, x, zero), dh).x,
        "lstm": lstm.backward(gated, lstm.forward(gated, x, zero, zero), dh).x,
    }
    kept = {cell: np.linalg.norm(of_x[0]) / np.linalg.norm(of_x[-1]) for cell, of_x in reach.items()}
    assert kept["rnn"] < 1e-6
    assert kept["lstm"] > 0.05
