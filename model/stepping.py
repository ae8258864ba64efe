"""A network made ready to be read one symbol at a time, for many poems side by side. Needs no torch.

On a processor this is plain numpy: a step of a small network is so little work that what a tensor library spends on
every call would cost more than the arithmetic. On other devices it is the network itself: `torch_stepping.py`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from model.cells import Memory
from model.configuration import NetworkConfiguration
from model.equations import Equations
from model.likelihood import log_probabilities
from model.sampling import Floats, Symbols
from model.threads import Shares
from model.weights import PoemWeights

if TYPE_CHECKING:
    from model.network import PoemNetwork

Head = Callable[[Any], Floats]
"""Gives the logits of symbols from what `Stepper.step` gives, (rows, symbols)."""


class Stepper(Protocol):
    """Reads symbols and foretells the next ones. It copies the weights: make a new one when they have changed."""

    configuration: NetworkConfiguration
    abreast: int
    """So many rows are best read at once: more make a step no cheaper for each."""
    shares: Shares
    """How rows are shared out among those that step at the same time."""

    def as_network(self) -> "PoemNetwork":
        """The network as torch has it."""

    def as_weights(self) -> PoemWeights:
        """The network as arrays."""

    def initial(self, rows: int) -> Any:
        """The memory before the first symbol: zeros."""

    def head(self, columns: Symbols | None = None) -> Head:
        """What foretells these symbols, (columns,), and only these; all of them if left out."""

    def gather(self, features: Sequence[Any]) -> Any:
        """What a head takes, of several steps: the rows of all, one behind the other."""

    def take(self, memory: Any, rows: Symbols) -> Any:
        """The memory of these rows, each as often as it is named."""

    def join(self, memories: Sequence[Any]) -> Any:
        """The memory of the rows of all, one behind the other."""

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
    """The network's equations in numpy."""

    abreast = 48
    shares = Shares(fewest=8, most=256)

    def __init__(self, weights: PoemWeights) -> None:
        self.weights = weights
        self.configuration = weights.configuration
        self._equations = Equations(weights)

    def as_network(self) -> "PoemNetwork":
        from model.torch_stepping import network_of  # noqa: PLC0415 - nothing else here needs torch

        return network_of(self.weights)

    def as_weights(self) -> PoemWeights:
        return self.weights

    def initial(self, rows: int) -> list[Memory]:
        return self._equations.initial(rows)

    def head(self, columns: Symbols | None = None) -> Head:
        return self._equations.head(columns)

    def gather(self, features: Sequence[Floats]) -> Floats:
        return np.concatenate(features)

    def take(self, memory: Sequence[Memory], rows: Symbols) -> list[Memory]:
        return [tuple(part[rows] for part in layer) for layer in memory]

    def join(self, memories: Sequence[Sequence[Memory]]) -> list[Memory]:
        return [
            tuple(np.concatenate(parts) for parts in zip(*layers, strict=True))
            for layers in zip(*memories, strict=True)
        ]

    def step(
        self, symbols: Symbols, memory: Sequence[Memory], told: Symbols | None = None
    ) -> tuple[Floats, list[Memory]]:
        return self._equations.all_layers(symbols, memory, told)

    def log_probabilities(self, inputs: Symbols, targets: Symbols, told: Symbols | None = None) -> Floats:
        found = np.zeros(inputs.shape, dtype=np.float32)
        # What begins alike is read once, if it stands together: each thread has rows of its own.
        order = np.lexsort(inputs.T[::-1])

        def judge(share: slice) -> None:
            rows = order[share]
            found[rows] = log_probabilities(
                self._equations, inputs[rows], targets[rows], None if told is None else told[rows]
            )

        self.shares.do(judge, len(inputs))
        return found
