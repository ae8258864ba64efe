"""How far chance may have moved a figure: 95 % intervals."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

RESAMPLES = 2_000
_BLOCK = 250


def bootstrap_ratio(totals: ArrayLike, weights: ArrayLike, resamples: int = RESAMPLES) -> tuple[float, float]:
    """95 % interval of Σ totals / Σ weights when whole poems are drawn anew, with replacement.

    A share of poems has totals of 0 and 1 and weights of 1; nats a character, the nats and characters of each poem.

    Args:
        totals, weights: of each poem, (poems,); weights are above 0.
        resamples: how often the poems are drawn; the draw is the same at every call.

    Returns:
        The 2.5 % and the 97.5 % quantile.

    Raises:
        ValueError: for no poems.

    Source: Efron 1979; the percentile interval.
    """
    pairs: NDArray[np.float64] = np.stack([np.asarray(totals, np.float64), np.asarray(weights, np.float64)], axis=1)
    count = len(pairs)
    if not count:
        raise ValueError("there are no poems to draw from")
    random = np.random.Generator(np.random.Philox(key=0))
    ratios = []
    for first in range(0, resamples, _BLOCK):
        size = min(_BLOCK, resamples - first)
        # A poem is drawn as often as chance has it: weights instead of copies.
        sums = random.multinomial(count, np.full(count, 1 / count), size=size) @ pairs
        ratios.append(sums[:, 0] / sums[:, 1])
    low, high = np.quantile(np.concatenate(ratios), [0.025, 0.975])
    return float(low), float(high)


@dataclass(frozen=True, slots=True)
class Share:
    """How many of how many, with Wilson's 95 % interval, which also holds where none or all are."""

    hits: int
    of: int

    @classmethod
    def count(cls, flags: Iterable[bool]) -> "Share":
        found = list(flags)
        return cls(sum(found), len(found))

    @property
    def value(self) -> float:
        """From 0 to 1; not a number where there is nothing to share."""
        return self.hits / self.of if self.of else math.nan

    @property
    def interval(self) -> tuple[float, float]:
        """Source: Wilson 1927."""
        if not self.of:
            return 0.0, 1.0
        z = 1.959964
        scale = 1 + z * z / self.of
        middle = (self.value + z * z / (2 * self.of)) / scale
        half = z * math.sqrt(self.value * (1 - self.value) / self.of + (z / (2 * self.of)) ** 2) / scale
        return max(middle - half, 0.0), min(middle + half, 1.0)

    def __str__(self) -> str:
        return f"{self.value:.1%}" if self.of else "–"
