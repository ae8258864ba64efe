"""A network made ready to be read one symbol at a time, for many poems side by side.

On a processor this is plain numpy: a step of a small network is so little work that what a tensor library spends on
every call would cost more than the arithmetic. On other devices it is the network itself.
"""

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor, nn

from model.network import ECHOES, PoemNetwork, SlotEncoder, State
from model.sampling import Floats, Symbols
from model.slots import Told

Memory = tuple[Floats, ...]
"""What one layer remembers: (h,), or (h, c) for an LSTM; each (rows, hidden)."""

Product = Callable[[Floats], Floats]

Head = Callable[[Any], Floats]
"""Gives the logits of symbols from what `Stepper.step` gives, (rows, symbols)."""


class Stepper(Protocol):
    """Reads symbols and foretells the next ones. It copies the weights: make a new one when they have changed."""

    block: int
    """Rows come in multiples of this."""
    fewest: int
    """So many rows are read together at least, if there are so many."""
    most: int
    """So many rows are read together at the most: what they need should fit into a cache."""
    threads: int
    """How many threads may step at the same time."""

    def initial(self, rows: int) -> Any:
        """The memory before the first symbol: zeros."""

    def head(self, columns: Symbols | None = None) -> Head:
        """What foretells these symbols, (columns,), and only these; all of them if left out."""

    def take(self, memory: Any, rows: Symbols) -> Any:
        """The memory of these rows, each as often as it is named."""

    def join(self, memory: Any, other: Any) -> Any:
        """The memory of the rows of both, one behind the other."""

    def step(self, symbols: Symbols, memory: Any, told: Symbols | None = None) -> tuple[Any, Any]:
        """Read one symbol a row.

        Args:
            symbols: (rows,).
            memory: of the rows.
            told: (rows, columns) what is told of the places behind them, for a network with slot inputs.

        Returns:
            What a head foretells the next symbol from, and the memory after this one.
        """


def make_stepper(network: PoemNetwork) -> Stepper:
    """The stepper for the device on which the network lies."""
    return NumpyStepper(network) if network.embedding.weight.device.type == "cpu" else TorchStepper(network)


class NumpyStepper:
    """The network's equations in numpy.

    The first layer's products with all embeddings stand in a table. Rows are multiplied four at a time, always: a row's
    rounding depends on how many rows stand beside it, and a seed must give the same poem at any load.
    """

    block = 4
    fewest = 32
    most = 256
    threads = os.cpu_count() or 1

    def __init__(self, network: PoemNetwork) -> None:
        configuration = network.configuration
        self._hidden = configuration.hidden
        self._memories = 2 if configuration.cell == "lstm" else 1
        self._cell = _CELLS[configuration.cell]
        layers = [[_array(weight) for weight in layer] for layer in network.recurrent.all_weights]
        first, _, bias, _ = layers[0]
        width = configuration.embedding
        self._table: Floats = _array(network.embedding.weight) @ first[:, :width].T + bias
        self._slots = None if network.slots is None else _SlotTables(network, network.slots, first[:, width:])
        self._from_below = [_product(below, bias) for below, _, bias, _ in layers[1:]]
        self._from_memory = [_product(memory, bias) for _, memory, _, bias in layers]
        bridge = network.bridge
        self._bridge = _linear(bridge) if isinstance(bridge, nn.Linear) else None
        self._output: Floats = _array(network.output.weight).copy()
        self._bias: Floats = _array(network.output.bias).copy()

    def initial(self, rows: int) -> list[Memory]:
        zeros = np.zeros((rows, self._hidden), dtype=np.float32)
        return [(zeros,) * self._memories] * len(self._from_memory)

    def head(self, columns: Symbols | None = None) -> Head:
        every = slice(None) if columns is None else columns
        return _product(self._output[every], self._bias[every])

    def take(self, memory: Sequence[Memory], rows: Symbols) -> list[Memory]:
        return [tuple(part[rows] for part in layer) for layer in memory]

    def join(self, memory: Sequence[Memory], other: Sequence[Memory]) -> list[Memory]:
        return [
            tuple(np.concatenate(parts) for parts in zip(*layers, strict=True))
            for layers in zip(memory, other, strict=True)
        ]

    def step(
        self, symbols: Symbols, memory: Sequence[Memory], told: Symbols | None = None
    ) -> tuple[Floats, list[Memory]]:
        below = self._table[symbols]
        if self._slots is not None:
            below += self._slots(np.zeros((len(symbols), len(Told)), np.int64) if told is None else told)
        after = [self._cell(below, self._from_memory[0](memory[0][0]), memory[0])]
        for product, from_memory, own in zip(self._from_below, self._from_memory[1:], memory[1:], strict=True):
            after.append(self._cell(product(after[-1][0]), from_memory(own[0]), own))
        features = after[-1][0]
        return features if self._bridge is None else self._bridge(features), after


class _SlotTables:
    """What the first layer takes from the slot inputs: tables for place, tone and side, a product for the echoes."""

    def __init__(self, network: PoemNetwork, encoder: SlotEncoder, weight: Floats) -> None:
        own, echoes = np.split(weight, [network.configuration.slot], axis=1)
        self._place: Floats = _array(encoder.place.weight) @ own.T
        self._tone: Floats = _array(encoder.tone.weight) @ own.T
        self._outside: Floats = _array(encoder.outside.weight) @ own.T
        self._narrow = [_array(narrow(network.embedding.weight)) for narrow in encoder.narrow]
        self._product = _product(echoes, np.zeros(len(echoes), dtype=np.float32))

    def __call__(self, told: Symbols) -> Floats:
        echoes = [table[told[:, column]] for table, column in zip(self._narrow, ECHOES, strict=True)]
        below = self._product(np.concatenate(echoes, axis=1))
        below += self._place[told[:, Told.PLACE]]
        below += self._tone[told[:, Told.TONE]]
        below += self._outside[told[:, Told.OUTSIDE]]
        return below


class TorchStepper:
    """The network itself, where its device holds it."""

    block = fewest = most = 128
    threads = 1

    def __init__(self, network: PoemNetwork) -> None:
        self._network = network.eval()
        self._device = network.embedding.weight.device

    def initial(self, rows: int) -> State:
        shape = self._network.configuration
        zeros = torch.zeros(shape.layers, rows, shape.hidden, device=self._device)
        return (zeros, zeros) if shape.cell == "lstm" else zeros

    def head(self, columns: Symbols | None = None) -> Head:
        output = self._network.output
        every = slice(None) if columns is None else torch.from_numpy(columns).to(self._device)
        weight, bias = output.weight[every].detach(), output.bias[every].detach()
        return lambda features: _array(nn.functional.linear(features, weight, bias))

    def take(self, memory: State, rows: Symbols) -> State:
        places = torch.from_numpy(rows).to(self._device)
        if isinstance(memory, Tensor):
            return memory[:, places]
        hidden, cell = memory
        return hidden[:, places], cell[:, places]

    def join(self, memory: State, other: State) -> State:
        if isinstance(memory, Tensor) and isinstance(other, Tensor):
            return torch.cat([memory, other], dim=1)
        hidden, cell = (torch.cat(parts, dim=1) for parts in zip(memory, other, strict=True))
        return hidden, cell

    def step(self, symbols: Symbols, memory: State, told: Symbols | None = None) -> tuple[Tensor, State]:
        with torch.inference_mode():
            ids = torch.from_numpy(symbols[:, None]).to(self._device)
            slots = None if told is None else torch.from_numpy(told[:, None]).to(self._device)
            features, memory = self._network.features(ids, memory, slots)
        return features[:, 0], memory


def _rnn(below: Floats, gates: Floats, memory: Memory) -> Memory:
    """Elman: h' = tanh(W x + b + U h + b')."""
    del memory
    return (np.tanh(below + gates),)


def _gru(below: Floats, gates: Floats, memory: Memory) -> Memory:
    """r, z = σ(…); n = tanh(W x + b + r ⊙ (U h + b')); h' = (1 − z) ⊙ n + z ⊙ h; PyTorch's order r z n."""
    (hidden,) = memory
    size = hidden.shape[1]
    reset_update = _sigmoid(below[:, : 2 * size] + gates[:, : 2 * size])
    reset, update = reset_update[:, :size], reset_update[:, size:]
    new = np.tanh(below[:, 2 * size :] + reset * gates[:, 2 * size :])
    return (new + update * (hidden - new),)


def _lstm(below: Floats, gates: Floats, memory: Memory) -> Memory:
    """i, f, o = σ(…), g = tanh(…); c' = f ⊙ c + i ⊙ g; h' = o ⊙ tanh(c'); PyTorch's order i f g o."""
    _, cell = memory
    size = cell.shape[1]
    total = below + gates
    new = np.tanh(total[:, 2 * size : 3 * size])
    opened = _sigmoid(total)
    cell = opened[:, size : 2 * size] * cell + opened[:, :size] * new
    return opened[:, 3 * size :] * np.tanh(cell), cell


_CELLS: dict[str, Callable[[Floats, Floats, Memory], Memory]] = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}


def _sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(−x)), written with tanh, which cannot overflow."""
    half = np.float32(0.5)
    opened: Floats = half * np.tanh(half * values) + half
    return opened


# OpenBLAS has quick kernels for products of fewer than a million multiplications.
_QUICK_PRODUCT = 1_000_000
# Multiplications that take well over the tenth of a millisecond that it costs to call another thread.
_WORTH_SHARING = 30_000_000


_thread = threading.local()


def work_alone() -> None:
    """Products of this thread are not shared out: it is one of as many as there are cores."""
    _thread.alone = True


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(NumpyStepper.threads, thread_name_prefix="product")


def _product(weight: Floats, bias: Floats) -> Product:
    """The map of rows x to x Wᵀ + b, four rows at a time."""
    matrix, bias = np.ascontiguousarray(weight.T), bias.copy()
    depth, width = matrix.shape
    piece = max(16, _QUICK_PRODUCT // (NumpyStepper.block * depth) // 16 * 16)
    pieces = [
        (slice(first, first + piece), matrix[:, first : first + piece].copy()) for first in range(0, width, piece)
    ]

    def product(rows: Floats) -> Floats:
        blocks = rows.reshape(-1, NumpyStepper.block, depth)
        result = np.empty((len(blocks), NumpyStepper.block, width), dtype=np.float32)

        def multiply(share: slice) -> None:
            for part, columns in pieces:
                np.matmul(blocks[share], columns, out=result[share, :, part])
            result[share] += bias

        worth = rows.size * width >= _WORTH_SHARING and not getattr(_thread, "alone", False)
        shares = NumpyStepper.threads if worth else 1
        size = -(-len(blocks) // shares)
        # The blocks are the same however they are shared out, and so are their results.
        parts = [slice(first, first + size) for first in range(0, len(blocks), size)]
        if len(parts) > 1:
            list(_helpers().map(multiply, parts))
        else:
            multiply(slice(None))
        return result.reshape(-1, width)

    return product


def _linear(layer: nn.Linear) -> Product:
    return _product(_array(layer.weight), _array(layer.bias))


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().cpu().numpy()
    return array
