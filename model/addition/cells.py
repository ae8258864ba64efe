"""One step of a gated cell, written once for torch's tensors and numpy's arrays. Needs no torch."""

from collections.abc import Callable
from typing import Any, Final

from model.recipes import Cell

GATES: Final[dict[Cell, int]] = {"rnn": 1, "gru": 3, "lstm": 4}
"""How many vectors of the hidden width each cell works out from a column."""


def state_size(cell: Cell, hidden: int) -> int:
    """What is remembered from column to column: an LSTM has its cell's content, c, beside h."""
    return 2 * hidden if cell == "lstm" else hidden


def gated_step(
    cell: Cell, drive: Any, product: Any, state: Any, hidden: int, tanh: Callable[[Any], Any]
) -> tuple[Any, ...]:
    """A step of a GRU or LSTM, in torch's order and form: r z n with the reset after the product; i f g o.

    Args:
        cell: "gru" or "lstm".
        drive: (…, gates * hidden): W x + b.
        product: (…, gates * hidden): U h.
        state: (…, hidden), or (…, 2 * hidden) of an LSTM: h, then c.
        hidden: how wide h is.
        tanh: of tensors or of arrays.

    Returns:
        The parts of the next state, (…, hidden) each: h, and of an LSTM c.

    Source: Cho et al. 2014; Hochreiter & Schmidhuber 1997 with the forget gate of Gers et al. 2000.
    """

    def sigmoid(value: Any) -> Any:
        return 0.5 * (1.0 + tanh(0.5 * value))

    def part(value: Any, number: int) -> Any:
        return value[..., number * hidden : (number + 1) * hidden]

    if cell == "gru":
        reset, update = (sigmoid(part(drive, gate) + part(product, gate)) for gate in (0, 1))
        new = tanh(part(drive, 2) + reset * part(product, 2))
        return (new + update * (state - new),)
    total = drive + product
    enter, keep, show = (sigmoid(part(total, gate)) for gate in (0, 1, 3))
    content = keep * part(state, 1) + enter * tanh(part(total, 2))
    return show * tanh(content), content
