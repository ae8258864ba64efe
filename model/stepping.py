"""A network made ready to be read one symbol at a time, for many poems side by side. Needs no torch.

On a processor this is plain numpy: a step of a small network is so little work that what a tensor library spends on
every call would cost more than the arithmetic. On other devices it is the network itself: `torch_stepping.py`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from model.configuration import GATES, NetworkConfiguration
from model.products import Product
from model.sampling import Floats, Symbols
from model.slots import ECHOES, Told
from model.threads import THREADS
from model.vocabulary import PAD
from model.weights import Arrays, PoemWeights

if TYPE_CHECKING:
    from model.network import PoemNetwork

Memory = tuple[Floats, ...]
"""What one layer remembers: (h,), or (h, c) for an LSTM; each (rows, hidden)."""

Head = Callable[[Any], Floats]
"""Gives the logits of symbols from what `Stepper.step` gives, (rows, symbols)."""


class Stepper(Protocol):
    """Reads symbols and foretells the next ones. It copies the weights: make a new one when they have changed."""

    configuration: NetworkConfiguration
    block: int
    """Rows come in multiples of this."""
    fewest: int
    """So many rows are read together at least, if there are so many."""
    most: int
    """So many rows are read together at the most: what they need should fit into a cache."""
    threads: int
    """How many threads may step at the same time."""

    def as_network(self) -> "PoemNetwork":
        """The network as torch has it."""

    def as_weights(self) -> PoemWeights:
        """The network as arrays."""

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

    def log_probabilities(self, inputs: Symbols, targets: Symbols, told: Symbols | None = None) -> Floats:
        """How likely each target is, given all inputs up to its place.

        Args:
            inputs: (rows, time) symbols that are read.
            targets: (rows, time) the symbol that comes next; padding where nothing is to be foretold.
            told: (rows, time, columns) what is told of the places of the targets.

        Returns:
            (rows, time) in nats; zero where nothing is to be foretold.
        """


class NumpyStepper:
    """The network's equations in numpy. The first layer's products with all embeddings stand in a table."""

    block = 1
    fewest = 32
    most = 256
    threads = THREADS

    def __init__(self, weights: PoemWeights) -> None:
        self.weights = weights
        self.configuration = shape = weights.configuration
        self._memories = 2 if shape.cell == "lstm" else 1
        self._cell = _CELLS[shape.cell]
        arrays = weights.arrays
        first, *higher = [_layer(arrays, shape, layer) for layer in range(shape.layers)]
        self._table: Floats = arrays["embedding.weight"] @ first.below[:, : shape.embedding].T
        self._table += first.below_bias
        self._slots = _SlotTables(arrays, first.below[:, shape.embedding :]) if shape.told else None
        # All that a layer hands on lies between −1 and 1.
        self._from_below = [Product(layer.below, layer.below_bias, 1.0) for layer in higher]
        self._from_memory = [Product(layer.memory, layer.memory_bias, 1.0) for layer in (first, *higher)]
        self._bridge = Product(arrays["bridge.weight"], arrays["bridge.bias"], 1.0) if shape.bridged else None
        self._output = arrays["embedding.weight" if shape.tied else "output.weight"]
        self._bias = arrays["output.bias"]
        self._whole = self._head(slice(None))

    def as_network(self) -> "PoemNetwork":
        from model.torch_stepping import network_of  # noqa: PLC0415 - nothing else here needs torch

        return network_of(self.weights)

    def as_weights(self) -> PoemWeights:
        return self.weights

    def initial(self, rows: int) -> list[Memory]:
        zeros = np.zeros((rows, self.configuration.hidden), dtype=np.float32)
        return [(zeros,) * self._memories] * self.configuration.layers

    def head(self, columns: Symbols | None = None) -> Head:
        return self._whole if columns is None else self._head(columns)

    def _head(self, columns: Symbols | slice) -> Head:
        return Product(self._output[columns], self._bias[columns], None if self._bridge else 1.0)

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

    def log_probabilities(self, inputs: Symbols, targets: Symbols, told: Symbols | None = None) -> Floats:
        memory = self.initial(len(inputs))
        found = np.zeros(inputs.shape, dtype=np.float32)
        for time, wanted in enumerate(targets.T):
            features, memory = self.step(inputs[:, time], memory, None if told is None else told[:, time])
            rows = np.flatnonzero(wanted != PAD)
            if len(rows):
                logits = self._whole(features[rows])
                found[rows, time] = logits[np.arange(len(rows)), wanted[rows]] - log_sum(logits)
        return found


class _SlotTables:
    """What the first layer takes from the slot inputs: tables for place, tone and side, a product for the echoes."""

    def __init__(self, arrays: Arrays, weight: Floats) -> None:
        own, echoes = np.split(weight, [arrays["slots.place.weight"].shape[1]], axis=1)
        self._place, self._tone, self._outside = (
            arrays[f"slots.{name}.weight"] @ own.T for name in ("place", "tone", "outside")
        )
        embedding = arrays["embedding.weight"]
        self._narrow = [embedding @ arrays[f"slots.narrow.{number}.weight"].T for number in range(len(ECHOES))]
        largest = max(float(np.abs(table).max()) for table in self._narrow)
        self._product = Product(echoes, largest=largest or 1.0)

    def __call__(self, told: Symbols) -> Floats:
        echoes = [table[told[:, column]] for table, column in zip(self._narrow, ECHOES, strict=True)]
        below = self._product(np.concatenate(echoes, axis=1))
        below += self._place[told[:, Told.PLACE]]
        below += self._tone[told[:, Told.TONE]]
        below += self._outside[told[:, Told.OUTSIDE]]
        return below


def log_sum(logits: Floats) -> Floats:
    """Log of the sum of exponentials of each row, (rows,)."""
    highest = logits.max(axis=1)
    found: Floats = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    return found


def _rnn(below: Floats, gates: Floats, memory: Memory) -> Memory:
    """Elman: h' = tanh(W x + b + U h + b')."""
    del memory
    below += gates
    return (np.tanh(below, out=below),)


def _gru(below: Floats, gates: Floats, memory: Memory) -> Memory:
    """r, z = σ(…); n = tanh(W x + b + r ⊙ (U h + b')); h' = (1 − z) ⊙ n + z ⊙ h; PyTorch's order r z n."""
    (hidden,) = memory
    size = hidden.shape[1]
    opened, new = np.split(below, [2 * size], axis=1)
    opened += gates[:, : 2 * size]
    _open(opened)
    gates[:, 2 * size :] *= opened[:, :size]
    new += gates[:, 2 * size :]
    np.tanh(new, out=new)
    after = hidden - new
    after *= opened[:, size:]
    after += new
    return (after,)


def _lstm(below: Floats, gates: Floats, memory: Memory) -> Memory:
    """i, f, o = σ(…), g = tanh(…); c' = f ⊙ c + i ⊙ g; h' = o ⊙ tanh(c'); PyTorch's order i f g o."""
    _, cell = memory
    below += gates
    entry, forget, new, outlet = np.split(below, 4, axis=1)
    for gate in (entry, forget, outlet):
        _open(gate)
    np.tanh(new, out=new)
    cell = forget * cell
    new *= entry
    cell += new
    after = np.tanh(cell)
    after *= outlet
    return after, cell


_CELLS: dict[str, Callable[[Floats, Floats, Memory], Memory]] = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}
_OPENED: dict[str, Sequence[int]] = {"rnn": (), "gru": (0, 1), "lstm": (0, 1, 3)}
"""Which of a cell's sums a sigmoid makes into gates."""


def _open(half: Floats) -> None:
    """Makes x/2 into 1 / (1 + exp(−x)), in place, by way of tanh, which cannot overflow."""
    np.tanh(half, out=half)
    half *= np.float32(0.5)
    half += np.float32(0.5)


class _Layer(NamedTuple):
    """The weights of a recurrent layer, those of gates halved, as `_open` wants them: no digit is lost by that."""

    below: Floats
    """(gates · hidden, width below)"""
    below_bias: Floats
    memory: Floats
    """(gates · hidden, hidden)"""
    memory_bias: Floats | None
    """None where it may as well be added to the other one."""


def _layer(arrays: Arrays, shape: NetworkConfiguration, layer: int) -> _Layer:
    factors = np.ones((GATES[shape.cell], 1), dtype=np.float32)
    factors[list(_OPENED[shape.cell])] = 0.5
    factor = np.repeat(factors, shape.hidden, axis=0)
    below, memory = (arrays[f"recurrent.weight_{source}_l{layer}"] * factor for source in ("ih", "hh"))
    below_bias, memory_bias = (arrays[f"recurrent.bias_{source}_l{layer}"] * factor[:, 0] for source in ("ih", "hh"))
    if shape.cell == "gru":
        return _Layer(below, below_bias, memory, memory_bias)
    return _Layer(below, below_bias + memory_bias, memory, None)
