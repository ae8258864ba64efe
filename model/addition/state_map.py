"""Where the hidden states of a sum lie, in few enough directions to be drawn. Needs no torch."""

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from model.addition.folded import Array, FoldedNetwork
from model.addition.numbers import Digits
from model.addition.operations import Whole
from model.addition.pairs import random_columns, true_columns

MOST_POINTS: Final = 300
"""More columns than these lie on top of each other, and take longer to draw than anybody waits."""
_OTHER_SUMS: Final = 60
_OTHER_LENGTH: Final = 9
_SEED: Final = 0


@dataclass(frozen=True, slots=True, eq=False)
class Points:
    """States as points, one after each of some columns."""

    columns: Whole
    """Which columns, counted from 0, least significant first."""
    digits: NDArray[np.uint8]
    """The digit said there."""
    carries: NDArray[np.uint8]
    """The carry that the probe reads from the state."""
    plane: Array
    """(points, 2): where the state lies in the plane of the two strongest directions."""
    handed: Array
    """(points,): what the next column gets of it, U h, along its strongest direction."""


@dataclass(frozen=True, slots=True, eq=False)
class StateMap:
    """The states of one sum, among those of others."""

    own: Points
    total: int
    """How many columns the sum has; of more than MOST_POINTS, `own` has so many at equal distances."""
    others: Points
    """The states of random sums: they are what the directions were found from."""
    plane_share: float
    """How much of the variance of states lies in the plane."""
    handed_share: float
    """The same of U h, along its strongest direction."""


@dataclass(frozen=True, slots=True, eq=False)
class Directions:
    """Principal directions of a network's states, and of U h, which is all that a column gets from those before it.

    The few states of one sum would make directions of their own, different for every sum and mostly about its digits.
    So these are found from random sums, the same for all.
    """

    network: FoldedNetwork
    middle: Array
    plane: Array
    """(hidden, 2)"""
    plane_share: float
    handed_middle: Array
    handed: Array
    """(hidden,)"""
    handed_share: float
    others: Points

    @classmethod
    def of(cls, network: FoldedNetwork) -> Self:
        random = np.random.Generator(np.random.Philox(_SEED))
        columns = random_columns(random, network.operation, _OTHER_SUMS, _OTHER_LENGTH)
        states = network.read(columns, network.begin(_OTHER_SUMS)).reshape(-1, len(network.first))
        carries = network.carries(states)
        middle, plane, plane_share = _strongest(states, 2, carries)
        handed_middle, handed, handed_share = _strongest(network.handed(states), 1, carries)
        digits, _ = true_columns(network.operation, columns)
        others = Points(
            columns=np.repeat(np.arange(len(columns)), _OTHER_SUMS),
            digits=digits.ravel(),
            carries=carries,
            plane=(states - middle) @ plane,
            handed=((network.handed(states) - handed_middle) @ handed)[:, 0],
        )
        return cls(network, middle, plane, plane_share, handed_middle, handed[:, 0], handed_share, others)

    def points(self, columns: Whole, states: Array, digits: Digits) -> Points:
        """Where states lie, (points, hidden), each after its column."""
        return Points(
            columns=columns,
            digits=digits,
            carries=self.network.carries(states),
            plane=(states - self.middle) @ self.plane,
            handed=(self.network.handed(states) - self.handed_middle) @ self.handed,
        )


def sample(total: int) -> Whole:
    """The columns that are drawn: all of them, or as many as can be, the first and the last among them."""
    return np.unique(np.linspace(0, total - 1, min(total, MOST_POINTS)).round().astype(np.int64))


def _strongest(vectors: Array, count: int, carries: Digits) -> tuple[Array, Array, float]:
    """Middle, directions (size, count) and their share of the variance; the first one points to larger carries.

    Which way a principal direction points is left to chance otherwise, and pictures are to be compared.
    """
    middle = vectors.mean(axis=0)
    _, strengths, directions = np.linalg.svd(vectors - middle, full_matrices=False)
    chosen: Array = directions[:count].T.copy()
    towards = (vectors - middle).T @ (carries - carries.mean())
    chosen *= np.where(towards @ chosen < 0, -1.0, 1.0)
    powers = strengths**2
    total = powers.sum()  # nothing at all of a network without recurrence
    return middle, chosen, float(powers[:count].sum() / total) if total > 0 else 0.0
