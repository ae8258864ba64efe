"""A network made ready to be read one symbol at a time.

What all steps share is done beforehand: the first layer's products with the embeddings stand in a table. The equations
are those of PyTorch's cells, in its order of gates.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from model.network import PoemNetwork

Memory = tuple[Tensor, ...]
"""What one layer remembers: (h,), or (h, c) for an LSTM; each (rows, hidden)."""


# Rows that are computed together: always one of these numbers (missing rows are padded), since a row's rounding depends
# on how many stand beside it, and a seed must give the same poem at any load. The last one is always used; a larger one
# only where a trial shows that the device's kernels give its rows the very same bits.
_WIDTHS = {"cpu": (256, 64, 16, 4), "cuda": (1024, 128)}
_OTHER_DEVICES = (32,)


class Stepper:
    """Reads symbols, remembers, foretells. It copies the network's weights: make a new one when these have changed."""

    def __init__(self, network: PoemNetwork) -> None:
        configuration = network.configuration
        self.device = network.embedding.weight.device
        self._hidden = configuration.hidden
        self._memories = 2 if configuration.cell == "lstm" else 1
        self._cell = _CELLS[configuration.cell]
        with torch.no_grad():
            self._layers = [_Layer.of(*weights) for weights in network.recurrent.all_weights]
            first = self._layers[0]
            self._table = torch.addmm(first.bias_below, network.embedding.weight, first.from_below)
            self._bridge = _Map.of(network.bridge) if isinstance(network.bridge, nn.Linear) else None
            self._output = _Map.of(network.output)
            self.widths = self._agreeing_widths()
        """Numbers of rows that may be read together, from large to small."""

    def initial(self, rows: int) -> list[Memory]:
        """The memory before the first symbol: zeros."""
        zeros = self._table.new_zeros(rows, self._hidden)
        return [(zeros,) * self._memories] * len(self._layers)

    def step(self, ids: Tensor, memories: Sequence[Memory]) -> tuple[Tensor, list[Memory]]:
        """Read one symbol a row.

        Args:
            ids: (rows,) symbols.
            memories: of each layer.

        Returns:
            (rows, symbols) logits of the next symbol, and the memories after this one.
        """
        after: list[Memory] = []
        for layer, memory in zip(self._layers, memories, strict=True):
            below = torch.addmm(layer.bias_below, after[-1][0], layer.from_below) if after else self._table[ids]
            after.append(self._cell(below, layer, memory))
        features = after[-1][0]
        if self._bridge is not None:
            features = self._bridge(features)
        return self._output(features), after

    @torch.inference_mode()
    def _agreeing_widths(self) -> tuple[int, ...]:
        *wider, narrow = _WIDTHS.get(self.device.type, _OTHER_DEVICES)
        generator = torch.Generator().manual_seed(0)
        ids = torch.randint(len(self._table), (2, max(wider, default=narrow)), generator=generator).to(self.device)
        parts = [self._read(ids[:, first : first + narrow]) for first in range(0, ids.shape[1], narrow)]
        wanted = [torch.cat(pieces) for pieces in zip(*parts, strict=True)]

        def agrees(rows: int) -> bool:
            return all(torch.equal(a, b[:rows]) for a, b in zip(self._read(ids[:, :rows]), wanted, strict=True))

        return (*filter(agrees, wider), narrow)

    def _read(self, ids: Tensor) -> list[Tensor]:
        """Logits and memories after (time, rows) symbols."""
        memories = self.initial(ids.shape[1])
        for row in ids:
            logits, memories = self.step(row, memories)
        return [logits, *(tensor for memory in memories for tensor in memory)]


@dataclass(frozen=True, slots=True)
class _Map:
    """A linear map, its matrix transposed."""

    matrix: Tensor
    bias: Tensor

    @classmethod
    def of(cls, linear: nn.Linear) -> "_Map":
        return cls(linear.weight.t().contiguous(), linear.bias.clone())

    def __call__(self, rows: Tensor) -> Tensor:
        return torch.addmm(self.bias, rows, self.matrix)


@dataclass(frozen=True, slots=True)
class _Layer:
    """One recurrent layer's weights, the matrices transposed."""

    from_below: Tensor
    from_memory: Tensor
    bias_below: Tensor
    bias_memory: Tensor

    @classmethod
    def of(cls, below: Tensor, memory: Tensor, bias_below: Tensor, bias_memory: Tensor) -> "_Layer":
        return cls(below.t().contiguous(), memory.t().contiguous(), bias_below.clone(), bias_memory.clone())


def _rnn(from_below: Tensor, layer: _Layer, memory: Memory) -> Memory:
    """H' = tanh(W x + b + U h + b')."""
    gates = torch.addmm(layer.bias_memory, memory[0], layer.from_memory)
    return (torch.tanh(from_below + gates),)


def _gru(from_below: Tensor, layer: _Layer, memory: Memory) -> Memory:
    """r, z = σ(…); n = tanh(W x + b + r ⊙ (U h + b')); h' = (1 − z) ⊙ n + z ⊙ h."""
    (hidden,) = memory
    size = hidden.shape[1]
    gates = torch.addmm(layer.bias_memory, hidden, layer.from_memory)
    reset, update = torch.sigmoid(from_below[:, : 2 * size] + gates[:, : 2 * size]).chunk(2, 1)
    new = torch.tanh(torch.addcmul(from_below[:, 2 * size :], reset, gates[:, 2 * size :]))
    return (torch.lerp(new, hidden, update),)


def _lstm(from_below: Tensor, layer: _Layer, memory: Memory) -> Memory:
    """i, f, o = σ(…), g = tanh(…); c' = f ⊙ c + i ⊙ g; h' = o ⊙ tanh(c')."""
    hidden, cell = memory
    size = hidden.shape[1]
    gates = torch.addmm(layer.bias_memory, hidden, layer.from_memory).add_(from_below)
    new = torch.tanh(gates[:, 2 * size : 3 * size])
    enter, forget, _, leave = gates.sigmoid_().chunk(4, 1)
    cell = torch.addcmul(forget * cell, enter, new)
    return leave * torch.tanh(cell), cell


_CELLS: dict[str, Callable[[Tensor, _Layer, Memory], Memory]] = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}
