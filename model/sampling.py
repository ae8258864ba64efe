"""Drawing the next symbol of each row, by the row's own options and the row's own random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
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
    rows, symbols = logits.shape
    # Whole stretches: what is behind the last symbol may not come either.
    weights = np.empty((rows, -(-symbols // _STRETCH) * _STRETCH), dtype=np.float32)
    weights[:, symbols:] = -np.inf
    own = weights[:, :symbols]
    if (options.sharpness == 1).all():
        np.add(logits, masks, out=own)
    else:
        np.multiply(logits, options.sharpness, out=own)
        own += masks
    best = weights.argmax(axis=1) if options.greedy.any() else None
    weights -= weights.max(axis=1, keepdims=True)
    np.exp(weights, out=weights)
    chosen = _invert(weights, numbers[:, 0])
    if best is not None:
        chosen = np.where(options.greedy, best, chosen)
    limited = np.flatnonzero(~options.greedy & ((options.top_k < symbols) | (options.top_p < 1)))
    if len(limited):
        some = limited if len(limited) < rows else slice(None)
        chosen[limited] = _within_limits(
            weights[some], chosen[some], numbers[some], options.top_k[some], options.top_p[some]
        )
    return chosen


def _within_limits(weights: Floats, chosen: Symbols, numbers: Floats, top_k: Symbols, top_p: Floats) -> Symbols:
    result = chosen.copy()
    rows, left, limit = np.arange(len(chosen)), weights, top_p * weights.sum(axis=1)
    for attempt in count(1):
        own = weights[rows, result[rows]][:, None]
        all_weights = weights if len(rows) == len(weights) else weights[rows]
        likelier = all_weights > own
        outside = likelier.sum(axis=1) >= top_k[rows]
        outside |= (all_weights * likelier).sum(axis=1) >= limit[rows]
        if not outside.any():
            return result
        left = left[outside] * (left[outside] > own[outside])
        rows = rows[outside]
        result[rows] = _invert(left, numbers[rows, attempt % TRIES])
    raise AssertionError("the likeliest symbol is always within the limits")


def _invert(weights: Floats, numbers: Floats) -> Symbols:
    """The symbol at which the cumulated weights pass the random number's share of their total, (rows,).

    First the stretch of symbols is sought, then the symbol in it: to add up thousands of weights one after another
    would take longer than all else.
    """
    stretches = weights.reshape(len(weights), -1, _STRETCH)
    sums = np.zeros((len(weights), stretches.shape[1] + 1), dtype=np.float32)
    # This takes a third of the time of stretches.sum(axis=2).
    np.einsum("rsw->rs", stretches).cumsum(axis=1, out=sums[:, 1:])
    # A number of at most 1 − 2⁻²⁴, times the total, is rounded to less than the total: the stretch found has a weight.
    target = numbers * sums[:, -1]
    stretch = (sums[:, 1:] <= target[:, None]).sum(axis=1)
    each = np.arange(len(weights))
    cumulated = stretches[each, stretch].cumsum(axis=1)
    rest = np.minimum(target - sums[each, stretch], np.nextafter(cumulated[:, -1], np.float32(0)))
    found: Symbols = stretch * _STRETCH + (cumulated <= rest[:, None]).sum(axis=1)
    return found
