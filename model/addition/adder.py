"""Sums written by the network, with what it had in mind at each column."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import ValidationError

from model import checkpoint
from model.addition.network import OPERANDS, AdderConfiguration, AdderNetwork, Array, FoldedNetwork
from model.addition.numbers import Digits, digit_columns, read_number, true_sum, written
from model.errors import BadNumber, CheckpointError
from model.header import Header, fingerprint

# Columns whose states are in memory at once.
CHUNK_COLUMNS = 4096


@dataclass(frozen=True, slots=True)
class Addition:
    """A sum as the network says it. What is told by column stands least significant first."""

    operands: tuple[str, ...]
    """The numbers in ASCII digits, leading zeros kept."""
    text: str
    """The network's sum as one writes it."""
    digits: tuple[int, ...]
    """The digit said at each column, one column more than the longest operand has."""
    carries: tuple[int, ...]
    """The carry out of each column, 0 or 1, as a linear probe finds it in the hidden state."""
    margins: tuple[float, ...]
    """The logit of the digit said, less that of the next best."""
    confidences: tuple[float, ...]
    """The probability that the network gives to the digit said."""
    correct: bool
    expected: str
    """The true sum; the network never sees it."""
    weights: str
    """The name of the weights: the first 16 hexadecimal digits of their file's SHA-256."""


class Adder:
    """A trained network that adds. It holds no state between sums: threads may share one."""

    def __init__(self, network: AdderNetwork, header: Header | None = None, weights: str = "") -> None:
        self.header = header
        self.weights = weights
        self._network = FoldedNetwork.of(network)

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read an adder's weights.

        Raises:
            CheckpointError: naming the file and the reason.
        """
        path = Path(path)
        header, tensors = checkpoint.load(path, "adder")
        try:
            configuration = AdderConfiguration.model_validate(header.configuration)
        except ValidationError as error:
            fault = error.errors()[0]
            place = ".".join(map(str, fault["loc"]))
            raise CheckpointError(f"{path}: its configuration is damaged ({place}: {fault['msg']})") from None
        network = checkpoint.build(lambda: AdderNetwork(configuration), tensors, path)
        return cls(network, header, fingerprint(path))

    def add(self, *numbers: str) -> Addition:
        """Let the network add two numbers. It is given their digits and nothing else.

        Memory for its states does not grow with the length of the numbers.

        Raises:
            BadNumber: for a text that is no number, or fewer or more numbers than two.
        """
        if len(numbers) != OPERANDS:
            raise BadNumber("too_few" if len(numbers) < OPERANDS else "too_many", " ".join(numbers))
        operands = tuple(read_number(number) for number in numbers)
        digits: list[int] = []
        carries: list[int] = []
        margins: list[float] = []
        confidences: list[float] = []
        for states in self._read(digit_columns(*operands)):
            logits = self._network.logits(states)
            second, best = np.sort(logits, axis=1)[:, -2:].T
            digits += logits.argmax(axis=1).tolist()
            carries += self._network.carries(states).astype(int).tolist()
            margins += (best - second).tolist()
            confidences += (1.0 / np.exp(logits - best[:, None]).sum(axis=1)).tolist()
        text, expected = written(digits), true_sum(*operands)
        return Addition(
            operands=operands,
            text=text,
            digits=tuple(digits),
            carries=tuple(carries),
            margins=tuple(margins),
            confidences=tuple(confidences),
            correct=text == expected,
            expected=expected,
            weights=self.weights,
        )

    def _read(self, columns: Digits) -> Iterator[Array]:
        """The states of a chunk of columns after another, each begun where the one before it ended."""
        state = self._network.begin()
        for start in range(0, len(columns), CHUNK_COLUMNS):
            states = self._network.read(columns[start : start + CHUNK_COLUMNS], state)
            state = states[-1]
            yield states
