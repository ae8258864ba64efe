"""What a network is taught to do column by column, described once: all else follows from the description."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.recipes import OperationName

BASE: Final = 10

Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Operation:
    """Numbers below each other, worked out from the least significant column on, each handing a carry to the next.

    The digits of a column, each with the sign of its number, and the carry make a total. Its last digit is written
    down; what is left over in tens is handed on. In a subtraction the carry is a borrow, and counts against the total.
    """

    name: OperationName
    signs: tuple[int, ...]
    """+1 for a number that is added, -1 for one that is taken away."""
    carries: int
    """How many values the carry can have, from 0 on."""

    @property
    def operands(self) -> int:
        return len(self.signs)

    @property
    def symbol(self) -> str:
        """What stands between the numbers."""
        return "\N{MINUS SIGN}" if self.subtracts else "+"

    @property
    def subtracts(self) -> bool:
        return -1 in self.signs

    @property
    def carry_sign(self) -> int:
        return -1 if self.subtracts else 1

    def tuples(self) -> Whole:
        """All that can stand in a column, (10^operands, operands); a table of columns has this order."""
        return np.indices((BASE,) * self.operands).reshape(self.operands, -1).T

    def column(self, digits: Whole, carry: Whole | int) -> tuple[Whole, Whole]:
        """The digit to write below columns, (…, operands), with their carries, (…), and the carry to hand on."""
        over, digit = np.divmod(digits @ np.array(self.signs) + self.carry_sign * np.asarray(carry), BASE)
        return digit, self.carry_sign * over

    def cases(self) -> tuple[Whole, Whole]:
        """Digit and carry of every case there is: all columns with carry 0, with carry 1 and so on; then first columns.

        A column that comes first stands apart, though no carry comes in: it meets the initial state, and no other does.
        """
        outcomes = [self.column(self.tuples(), carry) for carry in (*range(self.carries), 0)]
        digits, carries = zip(*outcomes, strict=True)
        return np.concatenate(digits), np.concatenate(carries)


OPERATIONS: Final = {
    operation.name: operation
    for operation in (
        Operation("add", (1, 1), carries=2),
        Operation("subtract", (1, -1), carries=2),
        Operation("add-3", (1, 1, 1), carries=3),
    )
}
