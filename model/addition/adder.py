"""Results written by the network, with what it had in mind at each column."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import numpy as np
from pydantic import ValidationError

from model.addition.certificate import Proof, certificate_of, verify
from model.addition.folded import AdderConfiguration, Array, FoldedNetwork
from model.addition.numbers import Digits, digit_columns, read_number, true_result, written
from model.addition.operations import OPERATIONS, Operation
from model.addition.state_map import Directions, StateMap, sample
from model.errors import BadNumber, CertificateError, CheckpointError
from model.header import Header, fingerprint
from model.recipes import OperationName
from model.weights import fit, load_arrays

log = logging.getLogger(__name__)

# Columns whose states are in memory at once.
CHUNK_COLUMNS = 4096


@dataclass(frozen=True, slots=True)
class Addition:
    """A result as the network says it. What is told by column stands least significant first."""

    operation: OperationName
    operands: tuple[str, ...]
    """The numbers in ASCII digits, leading zeros kept."""
    text: str
    """The network's result as one writes it."""
    digits: tuple[int, ...]
    """The digit said at each column, one column more than the longest operand has."""
    carries: tuple[int, ...]
    """What each column hands on (of a subtraction: borrows), as a linear probe finds it in the hidden state."""
    margins: tuple[float, ...]
    """The logit of the digit said, less that of the next best."""
    confidences: tuple[float, ...]
    """The probability that the network gives to the digit said."""
    correct: bool
    expected: str
    """The true result; the network never sees it."""
    weights: str
    """The name of the weights: the first 16 hexadecimal digits of their file's SHA-256."""

    @property
    def line(self) -> str:
        """As one writes it in a line."""
        return f"{f' {OPERATIONS[self.operation].symbol} '.join(self.operands)} = {self.text}"


def read_network(path: Path) -> tuple[Header, FoldedNetwork]:
    """Read an adder's weights.

    Raises:
        CheckpointError: naming the file and the reason.
    """
    header, arrays = load_arrays(path, "adder")
    try:
        configuration = AdderConfiguration.model_validate(header.configuration)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise CheckpointError(f"{path}: its configuration is damaged ({place}: {fault['msg']})") from None
    return header, FoldedNetwork.of(configuration, fit(arrays, configuration.shapes(), path))


class Adder:
    """A trained network that adds, or subtracts. It holds no state between sums: threads may share one."""

    def __init__(self, network: FoldedNetwork, header: Header | None = None, weights: str = "") -> None:
        self.header = header
        self.weights = weights
        self.proof: Proof | None = None
        """That these weights are exact, where they came with a certificate that holds."""
        self.refused: CertificateError | None = None
        """Why the certificate that lay beside the weights proves nothing."""
        self._network = network

    @property
    def operation(self) -> Operation:
        return self._network.operation

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read an adder's weights, and check the certificate beside them, if there is one.

        Raises:
            CheckpointError: naming the file and the reason.
        """
        path = Path(path)
        header, network = read_network(path)
        adder = cls(network, header, fingerprint(path))
        if certificate_of(path).exists():
            try:
                adder.proof = verify(path)
            except CertificateError as error:
                log.error("A certificate is refused: %s", error)  # noqa: TRY400 - the reason says it all
                adder.refused = error
        return adder

    def add(self, *numbers: str) -> Addition:
        """Let the network add numbers: two, or three where it was trained for three.

        Raises:
            BadNumber: as `compute` does.
            ValueError: if these weights subtract.
        """
        if self.operation.subtracts:
            raise ValueError("these weights subtract; call subtract(a, b)")
        return self.compute(*numbers)

    def subtract(self, a: str, b: str) -> Addition:
        """Let the network take b from a.

        Raises:
            BadNumber: as `compute` does.
            ValueError: if these weights add.
        """
        if not self.operation.subtracts:
            raise ValueError("these weights add; call add(a, b)")
        return self.compute(a, b)

    def compute(self, *numbers: str) -> Addition:
        """Let the network do what it was trained for. It is given the numbers' digits and nothing else.

        Memory for its states does not grow with the length of the numbers.

        Raises:
            BadNumber: for a text that is no number, fewer or more numbers than it takes, or a result below zero.
        """
        if len(numbers) != self.operation.operands:
            few = len(numbers) < self.operation.operands
            raise BadNumber("too_few" if few else "too_many", " ".join(numbers))
        operands = tuple(read_number(number) for number in numbers)
        expected = true_result(self.operation.signs, *operands)
        digits: list[int] = []
        carries: list[int] = []
        margins: list[float] = []
        confidences: list[float] = []
        for states in self._read(digit_columns(*operands)):
            logits = self._network.logits(states)
            second, best = np.sort(logits, axis=1)[:, -2:].T
            digits += logits.argmax(axis=1).tolist()
            carries += self._network.carries(states).tolist()
            margins += (best - second).tolist()
            confidences += (1.0 / np.exp(logits - best[:, None]).sum(axis=1)).tolist()
        text = written(digits)
        return Addition(
            operation=self.operation.name,
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

    def state_map(self, addition: Addition) -> StateMap:
        """Where the states of a result lie that this network worked out: those of the columns that one writes down.

        They are worked out once more: to keep all states of every sum would take more room than all else about it.
        """
        columns = digit_columns(*addition.operands)
        total = max(len(addition.text), len(columns) - 1)
        chosen = sample(total)
        states = np.concatenate(
            [
                states[chosen[(start <= chosen) & (chosen < start + len(states))] - start]
                for start, states in zip(range(0, len(columns), CHUNK_COLUMNS), self._read(columns), strict=True)
            ]
        )
        digits = np.array(addition.digits, dtype=np.uint8)[chosen]
        directions = self._directions
        return StateMap(
            own=directions.points(chosen, states, digits),
            total=total,
            others=directions.others,
            plane_share=directions.plane_share,
            handed_share=directions.handed_share,
        )

    @cached_property
    def _directions(self) -> Directions:
        return Directions.of(self._network)

    def _read(self, columns: Digits) -> Iterator[Array]:
        """The states of a chunk of columns after another, each begun where the one before it ended."""
        state = self._network.begin()
        for start in range(0, len(columns), CHUNK_COLUMNS):
            states = self._network.read(columns[start : start + CHUNK_COLUMNS], state)
            state = states[-1]
            yield states
