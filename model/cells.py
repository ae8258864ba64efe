"""The recurrent cells in numpy, a step at a time, and what they need of a network's weights. Needs no torch."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np

from model.configuration import GATES, NetworkConfiguration
from model.products import Floats
from model.recipes import Cell
from model.weights import Arrays

Memory = tuple[Floats, ...]
"""What one layer remembers: (h,), or (h, c) for an LSTM; each (rows, hidden)."""

Step = Callable[[Floats, Floats, Memory], Memory]
"""From what a layer takes from below and from its own h, (rows, gates · hidden), and what it remembers, to what it
remembers next. What it takes may be overwritten; what it remembers stays."""


class Layer(NamedTuple):
    """The weights of a recurrent layer, those of gates halved as `_open` wants them: no digit is lost by that."""

    below: Floats
    """(gates · hidden, width below)"""
    below_bias: Floats
    memory: Floats
    """(gates · hidden, hidden)"""
    memory_bias: Floats | None
    """None where it may as well be added to the other one."""

    @classmethod
    def of(cls, arrays: Arrays, shape: NetworkConfiguration, number: int) -> "Layer":
        factors = np.ones((GATES[shape.cell], 1), dtype=np.float32)
        factors[list(_OPENED[shape.cell])] = 0.5
        factor = np.repeat(factors, shape.hidden, axis=0)
        below, memory = (arrays[f"recurrent.weight_{source}_l{number}"] * factor for source in ("ih", "hh"))
        biases = (arrays[f"recurrent.bias_{source}_l{number}"] * factor[:, 0] for source in ("ih", "hh"))
        below_bias, memory_bias = biases
        if shape.cell == "gru":
            return cls(below, below_bias, memory, memory_bias)
        return cls(below, below_bias + memory_bias, memory, None)


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


def _open(half: Floats) -> None:
    """Make x/2 into 1 / (1 + exp(−x)), in place, by way of tanh, which cannot overflow."""
    np.tanh(half, out=half)
    half *= np.float32(0.5)
    half += np.float32(0.5)


STEPS: Final[Mapping[Cell, Step]] = {"rnn": _rnn, "gru": _gru, "lstm": _lstm}
MEMORIES: Final[Mapping[Cell, int]] = {"rnn": 1, "gru": 1, "lstm": 2}
"""How many arrays a layer remembers."""
_OPENED: Final[Mapping[Cell, Sequence[int]]] = {"rnn": (), "gru": (0, 1), "lstm": (0, 1, 3)}
"""Which of a cell's sums a sigmoid makes into gates."""
