"""Which characters go together in lines of one poem, as products of short vectors."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.usage.pairs import Floats, Indices

Vectors = NDArray[np.float32]

SMOOTHING = 10.0
"""Added to counts and to what chance would give, before the logarithm."""
LIMIT = 3.0
"""No log-odds count for more, in nats."""

# Errors weigh by the square root of both characters' frequencies.
_FREQUENCY_POWER = 0.25
_ITERATIONS = 4
_SPARE = 16


@dataclass(frozen=True, slots=True, eq=False)
class Association:
    """Log-odds of two characters standing in two lines, one in each, by the products of their vectors."""

    earlier: Vectors
    """Of characters in the earlier line, (characters + 1, width); the last row, of all other characters, is zero."""
    later: Vectors
    """Of characters in the later line, of the same shape."""

    @classmethod
    def of(cls, counts: NDArray[np.generic], width: int) -> Self:
        """Vectors from a square table of counts; its last row and column are other characters'.

        Sources: Levy & Goldberg 2014 (vectors as factors of a table of log-odds); Halko, Martinsson & Tropp 2011
        (singular vectors by random projections).
        """
        known = counts[:-1, :-1].astype(np.float32)
        firsts, seconds = known.sum(axis=1), known.sum(axis=0)
        expected = np.outer(firsts, seconds) / max(1.0, float(firsts.sum()))
        odds = np.clip(np.log((known + SMOOTHING) / (expected + SMOOTHING)), -LIMIT, LIMIT)
        left, right = (((part + 1) / (part + 1).mean()) ** _FREQUENCY_POWER for part in (firsts, seconds))
        first, strengths, second = _singular(left[:, None] * odds * right, width)
        root = np.sqrt(strengths)
        return cls(_with_others(first * root / left[:, None]), _with_others(second * root / right[:, None]))

    def of_lines(self, earlier: Indices, later: Indices) -> Floats:
        """The mean over all pairs of a character of the earlier line and one of the later.

        Args:
            earlier, later: (…, characters of a line).

        Returns:
            (…), in nats.
        """
        first, second = self.earlier[earlier].mean(axis=-2), self.later[later].mean(axis=-2)
        products: Floats = (first * second).sum(axis=-1).astype(np.float64)
        return products


def _singular(matrix: Vectors, width: int) -> tuple[Vectors, Vectors, Vectors]:
    """The largest singular values and their vectors: (rows, width), (width,), (columns, width)."""
    random = np.random.default_rng(0)
    basis = random.standard_normal((matrix.shape[1], width + _SPARE)).astype(np.float32)
    for _ in range(_ITERATIONS):
        basis = np.linalg.qr(matrix.T @ np.linalg.qr(matrix @ basis)[0])[0]
    first, values, second = np.linalg.svd(matrix @ basis, full_matrices=False)
    return first[:, :width], values[:width], (basis @ second.T)[:, :width]


def _with_others(vectors: Vectors) -> Vectors:
    return np.concatenate([vectors, np.zeros((1, vectors.shape[1]))]).astype(np.float32)


def shorten(vectors: Vectors) -> tuple[NDArray[np.int8], Vectors]:
    """The vectors in eight bits, (characters + 1, width), and by what each is to be multiplied, (characters + 1,)."""
    scales = np.abs(vectors).max(axis=1, initial=0) / 127
    whole = np.rint(vectors / np.where(scales > 0, scales, 1)[:, None])
    return whole.astype(np.int8), scales.astype(np.float32)


def widen(whole: NDArray[np.int8], scales: Vectors) -> Vectors:
    """The vectors again, as `shorten` had them, but for the rounding."""
    return whole.astype(np.float32) * scales[:, None]
