"""The LSTM cell with a forget gate, as PyTorch has it (Hochreiter & Schmidhuber 1997; Gers et al. 2000).

    (a_i, a_f, a_g, a_o) = W x_k + b + U h_{k-1} + c          one above the other, in this order
    i = σ(a_i)   f = σ(a_f)   g = tanh(a_g)   o = σ(a_o)
    C_k = f ⊙ C_{k-1} + i ⊙ g                                 the cell state; textbooks call g also c̃
    h_k = o ⊙ tanh(C_k)

Going back, with h̄ = ∂L/∂h_k and C̄ = ∂L/∂C_k (what later steps say, and what the own loss says):

    C̄ ← C̄ + h̄ ⊙ o ⊙ (1 - tanh²(C_k))
    δ_i = C̄ ⊙ g ⊙ i(1 - i)        δ_f = C̄ ⊙ C_{k-1} ⊙ f(1 - f)
    δ_g = C̄ ⊙ i ⊙ (1 - g²)        δ_o = h̄ ⊙ tanh(C_k) ⊙ o(1 - o)
    h̄_{k-1} = ∂L_{k-1}/∂h_{k-1} + Uᵀ δ        C̄_{k-1} = C̄ ⊙ f

The last formula is why an LSTM remembers: along the cell state an error is multiplied by f alone, not by U.
"""

from dataclasses import dataclass

import numpy as np

from model.backprop.weights import Array, CellWeights, Gradients, before, collected, sigmoid


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a forward pass leaves behind; gates and states are (time, hidden, batch)."""

    x: Array
    """(time, inputs, batch)"""
    h0: Array
    """(hidden, batch), as the next"""
    c0: Array
    i: Array
    f: Array
    g: Array
    o: Array
    cell: Array
    """C_1 … C_T."""
    h: Array


def forward(weights: CellWeights, x: Array, h0: Array, c0: Array) -> Trace:
    """Read a sequence (time, inputs, batch) from the states h_0 and C_0, (hidden, batch) each."""
    h, cell = h0, c0
    steps = []
    for step in x:
        activations = weights.W @ step + weights.U @ h + (weights.b + weights.c)[:, None]
        for_i, for_f, for_g, for_o = np.split(activations, 4)
        i, f, g, o = sigmoid(for_i), sigmoid(for_f), np.tanh(for_g), sigmoid(for_o)
        cell = f * cell + i * g
        h = o * np.tanh(cell)
        steps.append((i, f, g, o, cell, h))
    return Trace(x, h0, c0, *(np.stack(part) for part in zip(*steps, strict=True)))


def backward(weights: CellWeights, trace: Trace, dh: Array) -> Gradients:
    """The derivatives of L = Σ_t L_t(h_t), from ∂L_t/∂h_t, (time, hidden, batch)."""
    heard, cell_heard = np.zeros_like(trace.h0), np.zeros_like(trace.c0)
    deltas = np.empty((len(dh), len(weights.W), dh.shape[2]))
    cells_before = before(trace.c0, trace.cell)
    for k in reversed(range(len(dh))):
        i, f, g, o = trace.i[k], trace.f[k], trace.g[k], trace.o[k]
        bounded = np.tanh(trace.cell[k])
        heard = heard + dh[k]
        cell_heard = cell_heard + heard * o * (1 - bounded**2)
        deltas[k] = np.concatenate(
            [
                cell_heard * g * i * (1 - i),
                cell_heard * cells_before[k] * f * (1 - f),
                cell_heard * i * (1 - g**2),
                heard * bounded * o * (1 - o),
            ]
        )
        heard = weights.U.T @ deltas[k]
        cell_heard = cell_heard * f
    return collected(weights, trace.x, before(trace.h0, trace.h), deltas, h0=heard, c0=cell_heard)
