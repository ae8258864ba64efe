"""How well a network does its sums, and the reader of its carries."""

from dataclasses import dataclass

import numpy as np

from model.addition.folded import Array, FoldedNetwork
from model.addition.numbers import Digits
from model.addition.pairs import true_columns

# States in memory at once: 2^17 of 64 numbers are 64 MiB.
_STATES_AT_ONCE = 2**17
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
    state = network.begin(columns.shape[1])
    margin, carries_read = np.inf, 0
    handed = np.vstack([np.zeros_like(carries[:1]), carries[:-1]]) > 0
    good = np.zeros(carries.shape, dtype=bool)
    chunk = max(1, _STATES_AT_ONCE // columns.shape[1])
    for start in range(0, len(columns), chunk):
        part = slice(start, start + chunk)
        states = network.read(columns[part], state)
        state = states[-1]
        logits = network.logits(states)
        place = digits[part, :, None].astype(np.intp)
        said = np.take_along_axis(logits, place, axis=-1)[..., 0]
        np.put_along_axis(logits, place, -np.inf, axis=-1)
        leads = said - logits.max(axis=-1)
        good[part] = leads > 0
        margin = min(margin, float(leads.min()))
        carries_read += int((network.carries(states) == carries[part]).sum())
    sums, exact = columns.shape[1], int(good.all(axis=0).sum())
    plain, with_one = (float(good[some].mean()) if some.any() else 1.0 for some in (~handed, handed))
    return Verdict(sums, exact, margin, carries_read / carries.size, plain, with_one)


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
