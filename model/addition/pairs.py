"""Numbers to learn from and to be judged by, and the results that they should have."""

import numpy as np
from numpy.typing import NDArray

from model.addition.numbers import Digits
from model.addition.operations import BASE, Operation

Numbers = NDArray[np.int64]

_CHAINED = 0.35
"""Share of the columns that are made to hand on what they are handed, where lengths are drawn."""


def draw_numbers(random: np.random.Generator, operation: Operation, count: int, low: int, high: int) -> Digits:
    """Columns of random numbers, all from low to high - 1 alike; the largest one first where others are taken away.

    Args:
        random: where they are drawn from.
        operation: what will be done with them.
        count: how many times.
        low: the smallest number.
        high: one more than the largest number, at most 10^18.

    Returns:
        (columns, count, operands), one column more than the largest number has digits.
    """
    numbers = random.integers(low, high, size=(count, operation.operands))
    if operation.subtracts:
        numbers = -np.sort(-numbers, axis=1)
    return columns_of(numbers, len(str(high - 1)) + 1)


def draw_lengths(random: np.random.Generator, operation: Operation, count: int, longest: int) -> Digits:
    """Columns of numbers of random lengths from 1 on, (longest + 1, count, operands).

    In a third of the columns the last digit is such that a carry runs through: chance makes long chains too seldom. In
    a subtraction the result may be below zero; the borrow then goes on to the left for ever, which is worth learning.
    """
    shape = (longest + 1, count, operation.operands)
    digits = random.integers(0, BASE, size=shape)
    others = digits[..., :-1] @ np.array(operation.signs[:-1])
    through = (operation.signs[-1] * ((0 if operation.subtracts else BASE - 1) - others)) % BASE
    digits[..., -1] = np.where(random.random(shape[:2]) < _CHAINED, through, digits[..., -1])
    lengths = random.integers(1, longest + 1, size=shape[1:])
    return np.where(np.arange(longest + 1)[:, None, None] < lengths, digits, 0).astype(np.uint8)


def columns_of(numbers: Numbers, columns: int) -> Digits:
    """Digits of numbers of any shape, (…) to (columns, …), least significant first."""
    powers = BASE ** np.arange(columns, dtype=np.int64)
    return (numbers // powers.reshape(-1, *[1] * numbers.ndim) % BASE).astype(np.uint8)


def random_columns(random: np.random.Generator, operation: Operation, count: int, length: int) -> Digits:
    """Columns of random digits, (length + 1, count, operands): numbers of any length.

    Where one is taken away, it is made shorter by a digit, and the other begins with a digit above 0.
    """
    digits = random.integers(0, BASE, size=(length + 1, count, operation.operands), dtype=np.uint8)
    digits[-1] = 0
    if operation.subtracts:
        digits[-2, :, 0], digits[-2, :, 1] = np.maximum(digits[-2, :, 0], 1), 0
    return digits


def repeated_columns(operation: Operation, length: int) -> Digits:
    """One column over and over: each that there is, after a first column that hands on each carry that there is.

    These are the hardest of their length: the state is driven the same way again and again and drifts to places where
    random numbers never take it. Among them are chains as in 99…9 + 1, and sums without any carry.

    Returns:
        (length + 1, carries * 10^operands, operands): a first column, then length - 1 times the column, then zeros.
    """
    tuples = operation.tuples()
    _, handed_on = operation.column(tuples, 0)
    beginnings = [tuples[np.argmax(handed_on == carry)] for carry in range(operation.carries)]
    columns = np.zeros((length + 1, operation.carries * len(tuples), operation.operands), dtype=np.uint8)
    columns[0] = np.repeat(beginnings, len(tuples), axis=0)
    columns[1:-1] = np.tile(tuples, (operation.carries, 1))
    return columns


def true_columns(operation: Operation, columns: Digits) -> tuple[Digits, Digits]:
    """What one writes below the columns by hand, for targets and checks.

    Args:
        operation: what is done.
        columns: (columns, sums, operands) digits, least significant first.

    Returns:
        The digits of the results and the carries out of each column, both (columns, sums).
    """
    digits, carries = (np.empty(columns.shape[:2], dtype=np.uint8) for _ in range(2))
    carry = np.zeros(columns.shape[1], dtype=np.int64)
    for place, column in enumerate(columns):
        digits[place], carry = operation.column(column, carry)
        carries[place] = carry
    return digits, carries
