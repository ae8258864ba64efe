"""What a cell has learned, and the derivatives of a loss by it."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from model.weights import Arrays

if TYPE_CHECKING:
    from torch import nn

    Recurrent = nn.RNN | nn.GRU | nn.LSTM

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class CellWeights:
    """The matrices and biases of one layer; those of several gates stand one above the other, as PyTorch has them.

    G is the number of gates: 1 for an Elman cell, 4 for an LSTM (i f g o), 3 for a GRU (r z n). Textbooks have one
    bias; PyTorch has two, b for the input and c for the state. Only a GRU makes a difference between them.
    """

    W: Array
    """(G · hidden, inputs): what the input counts."""
    U: Array
    """(G · hidden, hidden): what the state counts."""
    b: Array
    """(G · hidden,): the bias of the input."""
    c: Array
    """(G · hidden,): the bias of the state."""

    @property
    def hidden(self) -> int:
        return len(self.U[0])

    @classmethod
    def from_arrays(cls, arrays: Arrays, layer: int = 0) -> Self:
        """A layer's weights out of a file's arrays, as `model.weights` reads them."""
        names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        return cls(*(arrays[f"recurrent.{name}_l{layer}"].astype(np.float64) for name in names))

    @classmethod
    def from_torch(cls, layers: "Recurrent", layer: int = 0) -> Self:
        """A layer's weights, every bit of them: float32 numbers are float64 numbers, too."""
        return cls(
            *(
                getattr(layers, f"{name}_l{layer}").detach().cpu().double().numpy().copy()
                for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            )
        )

    def to_torch(self, layers: "Recurrent", layer: int = 0) -> None:
        """Write the weights into a layer, rounded to its precision.

        Raises:
            ValueError: if the layer has another shape.
        """
        import torch  # noqa: PLC0415 - who only reads has no need of it

        with torch.no_grad():
            for name, own in (("weight_ih", self.W), ("weight_hh", self.U), ("bias_ih", self.b), ("bias_hh", self.c)):
                parameter: torch.Tensor = getattr(layers, f"{name}_l{layer}")
                if parameter.shape != own.shape:
                    raise ValueError(f"{name} has shape {tuple(parameter.shape)} there and {own.shape} here")
                parameter.copy_(torch.from_numpy(own))


@dataclass(frozen=True, slots=True, eq=False)
class Gradients:
    """∂L/∂ of all that a loss depends on, each of the shape of what it is the derivative by."""

    W: Array
    U: Array
    b: Array
    c: Array
    x: Array
    """(time, inputs, batch)"""
    h0: Array
    """(hidden, batch)"""
    c0: Array | None = None
    """(hidden, batch): of an LSTM's cell state before the first step."""


def sigmoid(z: Array) -> Array:
    """1 / (1 + e^{-z}); written with tanh, it cannot overflow."""
    found: Array = 0.5 * (1 + np.tanh(0.5 * z))
    return found


def before(first: Array, states: Array) -> Array:
    """The states that each step begins with, (time, …): `first`, then all but the last."""
    return np.concatenate([first[None], states[:-1]])


def collected(
    weights: CellWeights, x: Array, previous: Array, deltas: Array, h0: Array, c0: Array | None = None
) -> Gradients:
    """The derivatives of a cell whose z_k = W x_k + b + U h_{k-1} + c goes undivided into every gate.

    ∂L/∂W = Σ_k δ_k x_kᵀ, ∂L/∂U = Σ_k δ_k h_{k-1}ᵀ, ∂L/∂b = ∂L/∂c = Σ_k δ_k, ∂L/∂x_k = Wᵀ δ_k.

    Args:
        weights: of the cell.
        x: (time, inputs, batch)
        previous: h_{k-1}, (time, hidden, batch)
        deltas: δ_k = ∂L/∂z_k, (time, G · hidden, batch)
        h0: ∂L/∂h_0, (hidden, batch)
        c0: ∂L/∂c_0, for an LSTM.
    """
    bias = deltas.sum(axis=(0, 2))
    return Gradients(
        W=np.einsum("tgn,tin->gi", deltas, x),
        U=np.einsum("tgn,thn->gh", deltas, previous),
        b=bias,
        c=bias.copy(),
        x=np.einsum("gi,tgn->tin", weights.W, deltas),
        h0=h0,
        c0=c0,
    )
