"""The GRU cell as PyTorch has it (Cho et al. 2014, with the reset behind the product).

    r = σ(W_r x_k + b_r + U_r h_{k-1} + c_r)                  reset
    z = σ(W_z x_k + b_z + U_z h_{k-1} + c_z)                  update
    m = U_n h_{k-1} + c_n
    n = tanh(W_n x_k + b_n + r ⊙ m)
    h_k = (1 - z) ⊙ n + z ⊙ h_{k-1}

Two things differ from Cho's paper and from most textbooks: there r stands inside of the product, U_n (r ⊙ h_{k-1}), and
z and 1 - z have changed places. Because of r the two biases of n are two: b_n stands outside of it, c_n inside.

Going back, with h̄ = ∂L/∂h_k:

    δ_n = h̄ ⊙ (1 - z) ⊙ (1 - n²)     δ_z = h̄ ⊙ (h_{k-1} - n) ⊙ z(1 - z)     δ_r = δ_n ⊙ m ⊙ r(1 - r)
    h̄_{k-1} = ∂L_{k-1}/∂h_{k-1} + h̄ ⊙ z + U_rᵀ δ_r + U_zᵀ δ_z + U_nᵀ (δ_n ⊙ r)
"""

from dataclasses import dataclass

import numpy as np

from model.backprop.weights import Array, CellWeights, Gradients, before, sigmoid


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a forward pass leaves behind; gates and states are (time, hidden, batch)."""

    x: Array
    """(time, inputs, batch)"""
    h0: Array
    """(hidden, batch)"""
    r: Array
    z: Array
    n: Array
    m: Array
    h: Array


def forward(weights: CellWeights, x: Array, h0: Array) -> Trace:
    """Read a sequence (time, inputs, batch) from the state h_0, (hidden, batch)."""
    h = h0
    steps = []
    for step in x:
        input_r, input_z, input_n = np.split(weights.W @ step + weights.b[:, None], 3)
        state_r, state_z, m = np.split(weights.U @ h + weights.c[:, None], 3)
        r, z = sigmoid(input_r + state_r), sigmoid(input_z + state_z)
        n = np.tanh(input_n + r * m)
        h = (1 - z) * n + z * h
        steps.append((r, z, n, m, h))
    return Trace(x, h0, *(np.stack(part) for part in zip(*steps, strict=True)))


def backward(weights: CellWeights, trace: Trace, dh: Array) -> Gradients:
    """The derivatives of L = Σ_t L_t(h_t), from ∂L_t/∂h_t, (time, hidden, batch)."""
    heard = np.zeros_like(trace.h0)
    previous = before(trace.h0, trace.h)
    of_inputs = np.empty((len(dh), len(weights.W), dh.shape[2]))
    of_states = np.empty_like(of_inputs)
    for k in reversed(range(len(dh))):
        r, z, n = trace.r[k], trace.z[k], trace.n[k]
        heard = heard + dh[k]
        delta_n = heard * (1 - z) * (1 - n**2)
        delta_z = heard * (previous[k] - n) * z * (1 - z)
        delta_r = delta_n * trace.m[k] * r * (1 - r)
        of_inputs[k] = np.concatenate([delta_r, delta_z, delta_n])
        of_states[k] = np.concatenate([delta_r, delta_z, delta_n * r])
        heard = heard * z + weights.U.T @ of_states[k]
    return Gradients(
        W=np.einsum("tgn,tin->gi", of_inputs, trace.x),
        U=np.einsum("tgn,thn->gh", of_states, previous),
        b=of_inputs.sum(axis=(0, 2)),
        c=of_states.sum(axis=(0, 2)),
        x=np.einsum("gi,tgn->tin", weights.W, of_inputs),
        h0=heard,
    )
