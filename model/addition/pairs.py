"""Pairs of numbers to learn from and to be judged by, and the sums that they should have."""

import numpy as np
from numpy.typing import NDArray

from model.addition.network import BASE, OPERANDS
from model.addition.numbers import Digits

Numbers = NDArray[np.int64]


def draw_pairs(random: np.random.Generator, count: int, low: int, high: int) -> Digits:
    """Columns of random pairs, all numbers from low to high - 1 alike.

    Args:
        random: where they are drawn from.
        count: how many pairs.
        low: the smallest number.
        high: one more than the largest number, at most 10^18.

    Returns:
        (columns, count, 2), one column more than the largest number has digits.
    """
    return columns_of(random.integers(low, high, size=(count, OPERANDS)), len(str(high - 1)) + 1)


def columns_of(numbers: Numbers, columns: int) -> Digits:
    """Digits of numbers of any shape, (…) to (columns, …), least significant first."""
    powers = BASE ** np.arange(columns, dtype=np.int64)
    return (numbers // powers.reshape(-1, *[1] * numbers.ndim) % BASE).astype(np.uint8)


def random_columns(random: np.random.Generator, count: int, length: int) -> Digits:
    """Columns of `count` pairs of so many random digits, (length + 1, count, 2): numbers of any length."""
    digits = random.integers(0, BASE, size=(length + 1, count, OPERANDS), dtype=np.uint8)
    digits[-1] = 0
    return digits


def repeated_columns(length: int) -> Digits:
    """One column over and over: each pair of digits, after a column that hands on no carry and one that does.

    These are the hardest sums of their length: the state is driven the same way again and again and drifts to places
    where random numbers never take it. Among them are 99…9 + 1-like chains and sums without any carry.

    Returns:
        (length + 1, 200, 2): 0 + 0 or 9 + 9 first, then length - 1 times the column, then 0 + 0.
    """
    first, second, carry = (axis.ravel() for axis in np.meshgrid(range(BASE), range(BASE), range(2), indexing="ij"))
    columns = np.zeros((length + 1, len(carry), OPERANDS), dtype=np.uint8)
    columns[0] = (carry * (BASE - 1))[:, None]
    columns[1:-1, :, 0], columns[1:-1, :, 1] = first, second
    return columns


def true_columns(columns: Digits) -> tuple[Digits, Digits]:
    """What addition by hand writes below the columns, for targets and checks.

    Args:
        columns: (columns, sums, 2) digits, least significant first.

    Returns:
        The digits of the sums and the carries out of each column, both (columns, sums).
    """
    totals = columns.sum(axis=-1, dtype=np.uint8)
    carries = np.zeros_like(totals)
    carry = np.zeros_like(totals[0])
    for place, total in enumerate(totals):
        total += carry  # noqa: PLW2901 - a row of totals itself
        carry = total // BASE
        carries[place] = carry
    return totals % BASE, carries
