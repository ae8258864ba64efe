"""How well a network does its sums, and the reader of its carries."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from model.addition.folded import Array, FoldedNetwork
from model.addition.numbers import Digits
from model.addition.pairs import true_columns

# What is worked out for so many sums in a step stays in a processor's cache.
_SUMS_AT_ONCE = 256
# States in memory at once: 2^16 of 64 numbers are 32 MiB.
_STATES_AT_ONCE = 2**16
_NEWTON_STEPS = 50
_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of a set of sums."""

    sums: int
    exact: int
    """Sums whose every digit is right."""
    margin: float
    """The smallest lead of a right digit's logit over the best other, in any column of any sum; below zero: wrong."""
    carries: float
    """Share of the columns whose carry the probe reads rightly from the hidden state."""
    plain: float
    """Share of the columns without a carry from the one before whose digit is right; 1 where there are none."""
    handed: float
    """The same for the columns with one: next to 0 until the network finds the carry."""


def judge(network: FoldedNetwork, columns: Digits) -> Verdict:
    """Let the network work, and compare with what one does by hand.

    Args:
        network: which network.
        columns: (columns, sums, operands) digits, least significant first.
    """
    digits, carries = true_columns(network.operation, columns)
    handed = np.vstack([np.zeros_like(carries[:1]), carries[:-1]]) > 0
    good = np.zeros(carries.shape, dtype=bool)
    margin, carries_read = np.inf, 0
    for part, states in _states(network, columns):
        leads = _leads(network.logits(states), digits[part])
        good[part] = leads > 0
        margin = min(margin, float(leads.min()))
        carries_read += int((network.carries(states) == carries[part]).sum())
    sums, exact = columns.shape[1], int(good.all(axis=0).sum())
    plain, with_one = (float(good[some].mean()) if some.any() else 1.0 for some in (~handed, handed))
    return Verdict(sums, exact, margin, carries_read / carries.size, plain, with_one)


def _states(network: FoldedNetwork, columns: Digits) -> Iterator[tuple[tuple[slice, slice], Array]]:
    """All states, by parts: which columns of which sums they belong to, and the states, (columns, sums, state)."""
    length, sums = columns.shape[:2]
    at_once = max(1, _STATES_AT_ONCE // min(sums, _SUMS_AT_ONCE))
    for first in range(0, sums, _SUMS_AT_ONCE):
        some = slice(first, min(first + _SUMS_AT_ONCE, sums))
        state = network.begin(some.stop - first)
        for start in range(0, length, at_once):
            part = slice(start, start + at_once), some
            states = network.read(columns[part], state)
            state = states[-1]
            yield part, states


def _leads(logits: Array, digits: Digits) -> Array:
    """By how much the right digit leads the best other one, (…, 10) to (…)."""
    places = digits[..., None].astype(np.intp)
    said = np.take_along_axis(logits, places, axis=-1)[..., 0]
    np.put_along_axis(logits, places, -np.inf, axis=-1)
    leads: Array = said - logits.max(axis=-1)
    return leads


def fit_probe(states: Array, carries: Digits, ridge: float = 1.0) -> tuple[Array, float]:
    """Logistic regression of the carry on the hidden state, by Newton's method.

    Args:
        states: (samples, hidden), each value within ±1: there a full step does not overshoot.
        carries: (samples,), 0 or 1.
        ridge: the weight of half the squared length of the solution beside the summed loss. Carries can often be told
            apart without any error, and without it the solution would grow for ever.

    Returns:
        Weights (hidden,) and bias, such that weights · state + bias > 0 means a carry.

    Source: Hastie, Tibshirani & Friedman, The Elements of Statistical Learning, 4.4.1.
    """
    inputs = np.hstack([states, np.ones((len(states), 1))])
    penalty = np.full(inputs.shape[1], ridge)
    penalty[-1] = 1e-6 * ridge  # the bias is as good as free
    solution = np.zeros(inputs.shape[1])
    for _ in range(_NEWTON_STEPS):
        chances = 0.5 * (1.0 + np.tanh(0.5 * (inputs @ solution)))
        slope = inputs.T @ (chances - carries) + penalty * solution
        curvature = (inputs * (chances * (1.0 - chances))[:, None]).T @ inputs + np.diag(penalty)
        step = np.linalg.solve(curvature, slope)
        solution -= step
        if np.abs(step).max() <= _TOLERANCE:
            break
    return solution[:-1], float(solution[-1])
