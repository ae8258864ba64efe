"""Drawing the next symbol of each row, by the row's own options and the row's own random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from itertools import count
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.requests import PoemRequest

Floats = NDArray[np.float32]
Symbols = NDArray[np.int64]

TRIES = 8
"""Random numbers for one step of one row; more are hardly ever needed, and then the first come again."""

_STRETCH = 64
_PLACES = np.arange(_STRETCH)
_BELOW_ONE = 1.0 - 2.0**-24
# Below these, where the likeliest is meant, single precision holds no inverse temperature and no share of the weights.
_COLDEST = 1e-6
_LEAST_SHARE = 1e-9


def uniforms(keys: Sequence[tuple[int, int]], steps: int) -> Floats:
    """The random numbers of some candidates, (keys, steps, tries) in [0, 1): a counter-based generator.

    Every step of every candidate has its own, so that no other row and no rejected try shifts them.

    Args:
        keys: the seed of each, and its number among those of that seed.
        steps: how many.

    Source: Philox, Salmon et al. 2011.
    """
    philox = np.random.Philox(key=0)
    generator = np.random.Generator(philox)
    # To give the generator another key takes far less time than to make another one.
    state = philox.state
    numbers = np.empty((len(keys), steps, TRIES))
    for key, own in zip(keys, numbers, strict=True):
        state["state"]["key"] = np.array(key, dtype=np.uint64)
        philox.state = state
        generator.random(out=own)
    return np.minimum(numbers, _BELOW_ONE).astype(np.float32)


@dataclass(frozen=True, slots=True)
class Options:
    """How each row is drawn, in columns."""

    sharpness: Floats
    """(rows, 1): one over the temperature."""
    greedy: NDArray[np.bool_]
    """(rows,): whether the likeliest symbol is taken."""
    top_k: Symbols
    """(rows,): only so many of the likeliest."""
    top_p: Floats
    """(rows,): only the likeliest that together reach this probability."""

    @classmethod
    def of(cls, requests: Sequence[PoemRequest], rows: int, symbols: int) -> Self:
        """The options of the requests; rows beyond them take what comes."""
        padding = rows - len(requests)
        temperature = np.array([request.temperature for request in requests] + [1.0] * padding, dtype=np.float32)
        greedy = temperature < _COLDEST
        return cls(
            sharpness=(np.float32(1) / np.where(greedy, np.float32(1), temperature))[:, None].astype(np.float32),
            greedy=greedy,
            top_k=np.array([min(request.top_k or symbols, symbols) for request in requests] + [symbols] * padding),
            top_p=np.array([max(request.top_p, _LEAST_SHARE) for request in requests] + [1.0] * padding, np.float32),
        )

    def take(self, rows: slice) -> Self:
        """The options of these rows."""
        return type(self)(self.sharpness[rows], self.greedy[rows], self.top_k[rows], self.top_p[rows])

    @classmethod
    def join(cls, parts: Sequence[Self]) -> Self:
        """The options of the rows of all, one behind the other."""
        if len(parts) == 1:
            return parts[0]
        names = [field.name for field in fields(cls)]
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def draw(logits: Floats, masks: Floats, numbers: Floats, options: Options) -> Symbols:
    """One symbol a row.

    A symbol is drawn from all of them and taken if it is among the k likeliest and in the nucleus (the likeliest
    symbols that together reach p; Holtzman et al. 2020): if fewer than k are likelier, and these together stay below p.
    If not, it and all that are no likelier are struck out, and another is drawn. This gives the same distribution as
    sorting all symbols first, for the price of one or two sums.

    Args:
        logits: (rows, symbols).
        masks: (rows, symbols), or (1, symbols) for all rows; 0 for what may come, at least one in each row, and −∞ for
            the rest.
        numbers: (rows, tries) random numbers in [0, 1).
        options: of the rows.

    Returns:
        (rows,) symbols.
    """
    if (options.sharpness == 1).all():
        weights = logits + masks
    else:
        weights = logits * options.sharpness
        weights += masks
    best = weights.argmax(axis=1) if options.greedy.any() else None
    weights -= weights.max(axis=1, keepdims=True)
    np.exp(weights, out=weights)
    chosen = _invert(weights, numbers[:, 0])
    if best is not None:
        chosen = np.where(options.greedy, best, chosen)
    limited = ~options.greedy & ((options.top_k < weights.shape[1]) | (options.top_p < 1))
    if limited.any():
        rows = np.flatnonzero(limited)
        chosen[rows] = _within_limits(
            weights[rows], chosen[rows], numbers[rows], options.top_k[rows], options.top_p[rows]
        )
    return chosen


def _within_limits(weights: Floats, chosen: Symbols, numbers: Floats, top_k: Symbols, top_p: Floats) -> Symbols:
    result = chosen.copy()
    rows, left, limit = np.arange(len(chosen)), weights, top_p * weights.sum(axis=1)
    for attempt in count(1):
        own = weights[rows, result[rows]][:, None]
        likelier = weights[rows] > own
        mass = np.where(likelier, weights[rows], 0).sum(axis=1)
        outside = (likelier.sum(axis=1) >= top_k[rows]) | (mass >= limit[rows])
        if not outside.any():
            return result
        rows, own = rows[outside], own[outside]
        left = np.where(left[outside] > own, left[outside], np.float32(0))
        result[rows] = _invert(left, numbers[rows, attempt % TRIES])
    raise AssertionError("the likeliest symbol is always within the limits")


@cache
def _starts(symbols: int) -> Symbols:
    return np.arange(0, symbols, _STRETCH)


def _invert(weights: Floats, numbers: Floats) -> Symbols:
    """The symbol at which the cumulated weights pass the random number's share of their total, (rows,).

    First the stretch of symbols is sought, then the symbol in it: to add up thousands of weights one after another
    would take longer than all else.
    """
    rows, symbols = weights.shape
    starts = _starts(symbols)
    sums = np.zeros((rows, len(starts) + 1), dtype=np.float32)
    np.add.reduceat(weights, starts, axis=1).cumsum(axis=1, out=sums[:, 1:])
    # A number of at most 1 − 2⁻²⁴, times the total, is rounded to less than the total: the stretch found has a weight.
    target = numbers * sums[:, -1]
    stretch = (sums[:, 1:] <= target[:, None]).sum(axis=1)
    places = starts[stretch, None] + _PLACES
    each = np.arange(rows)
    inside = weights[each[:, None], np.minimum(places, symbols - 1)] * (places < symbols)
    cumulated = inside.cumsum(axis=1)
    last = cumulated[:, -1]
    rest = np.minimum(target - sums[each, stretch], np.nextafter(last, np.float32(0)))
    found: Symbols = places[:, 0] + (cumulated <= rest[:, None]).sum(axis=1)
    return found
