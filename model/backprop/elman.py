"""Elman's cell: z_k = U h_{k-1} + W x_k + b, h_k = tanh(z_k) (Elman 1990).

The loss is a sum L = Σ_t L_t, and L_t depends on h_t alone. With f'(z) = 1 - tanh²(z):

    δ_{t,t} = f'(z_t) ⊙ ∂L_t/∂h_t
    δ_{t,k} = f'(z_k) ⊙ Uᵀ δ_{t,k+1}                        what L_t hears of step k
    ∂L/∂W   = Σ_{t=1..T} Σ_{k=1..t} δ_{t,k} x_kᵀ
    ∂L/∂U   = Σ_t Σ_k δ_{t,k} h_{k-1}ᵀ
    ∂L/∂b   = Σ_t Σ_k δ_{t,k}
    ∂L/∂h_0 = Σ_t Uᵀ δ_{t,1}

`pairs` keeps the T(T+1)/2 errors apart. Since each is linear in what stands behind it, δ_k = Σ_{t≥k} δ_{t,k} obeys
δ_k = f'(z_k) ⊙ (∂L_k/∂h_k + Uᵀ δ_{k+1}): `backward` needs one pass. Source: Werbos 1990.
"""

from dataclasses import dataclass

import numpy as np

from model.backprop.weights import Array, CellWeights, Gradients, before, collected


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """What a forward pass leaves behind: all that the derivatives need."""

    x: Array
    """(time, inputs, batch)"""
    h0: Array
    """(hidden, batch)"""
    h: Array
    """(time, hidden, batch): h_1 … h_T."""

    @property
    def previous(self) -> Array:
        """h_0 … h_{T-1}."""
        return before(self.h0, self.h)

    @property
    def slope(self) -> Array:
        """f'(z_k) = 1 - h_k², (time, hidden, batch)."""
        found: Array = 1 - self.h**2
        return found


def forward(weights: CellWeights, x: Array, h0: Array) -> Trace:
    """Read a sequence.

    Args:
        weights: of the cell.
        x: (time, inputs, batch)
        h0: (hidden, batch), the state before it.
    """
    states = []
    state = h0
    for step in x:
        state = np.tanh(weights.U @ state + weights.W @ step + (weights.b + weights.c)[:, None])
        states.append(state)
    return Trace(x, h0, np.stack(states))


def backward(weights: CellWeights, trace: Trace, dh: Array) -> Gradients:
    """The derivatives of the loss, in one pass from the end to the beginning.

    Args:
        weights: of the cell.
        trace: of its forward pass.
        dh: ∂L_t/∂h_t, (time, hidden, batch).
    """
    deltas = np.empty_like(trace.h)
    heard = np.zeros_like(trace.h0)
    for k in reversed(range(len(deltas))):
        deltas[k] = trace.slope[k] * (dh[k] + heard)
        heard = weights.U.T @ deltas[k]
    return collected(weights, trace.x, trace.previous, deltas, h0=heard)


def pairs(weights: CellWeights, trace: Trace, dh: Array) -> Array:
    """δ_{t,k}, (time of the loss t, step k, hidden, batch); zero where k > t, since no loss hears of what comes later.

    Args and shapes are those of `backward`.
    """
    found = np.zeros((len(dh), *dh.shape))
    for t in range(len(dh)):
        found[t, t] = trace.slope[t] * dh[t]
        for k in reversed(range(t)):
            found[t, k] = trace.slope[k] * (weights.U.T @ found[t, k + 1])
    return found


def summed(weights: CellWeights, trace: Trace, apart: Array) -> Gradients:
    """The derivatives by the double sums of the textbook, from what `pairs` gave."""
    W, U, b, h0 = (np.zeros_like(part) for part in (weights.W, weights.U, weights.b, trace.h0))
    x = np.zeros_like(trace.x)
    for t in range(len(apart)):
        for k in range(t + 1):
            delta = apart[t, k]
            W += delta @ trace.x[k].T
            U += delta @ trace.previous[k].T
            b += delta.sum(axis=1)
            x[k] += weights.W.T @ delta
        h0 += weights.U.T @ apart[t, 0]
    return Gradients(W=W, U=U, b=b, c=b.copy(), x=x, h0=h0)


def total_derivatives(weights: CellWeights, trace: Trace) -> Array:
    """dz_k/du_ij, how all of z_k moves when one weight of U does; by going forward, step by step.

    u_ij moves z_k twice: at once, by ∂⁺z_k/∂u_ij = e_i h_{k-1,j} (the earlier states held fast), and through the state
    before it: dz_k/du_ij = ∂⁺z_k/∂u_ij + U (f'(z_{k-1}) ⊙ dz_{k-1}/du_ij). Source: Williams & Zipser 1989.

    Returns:
        (time, hidden, i, j, batch)
    """
    hidden = weights.hidden
    unit = np.eye(hidden)
    moved = np.zeros((hidden, hidden, hidden, trace.h0.shape[1]))
    found = []
    for k, previous in enumerate(trace.previous):
        at_once = np.einsum("ai,jn->aijn", unit, previous)
        if k:
            moved = np.einsum("ab,bn,bijn->aijn", weights.U, trace.slope[k - 1], moved)
        moved = at_once + moved
        found.append(moved)
    return np.stack(found)


def gradient_by_totals(trace: Trace, totals: Array, dh: Array) -> Array:
    """∂L/∂U = Σ_t (∂L_t/∂h_t ⊙ f'(z_t))ᵀ dz_t/dU: the same as by `backward`, the other way round; (hidden, hidden)."""
    found: Array = np.einsum("tan,taijn->ij", dh * trace.slope, totals)
    return found
