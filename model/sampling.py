"""Drawing the next symbol of each row, by the row's own options and the row's own random numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import count

import numpy as np
import torch
from torch import Tensor

from model.requests import PoemRequest

TRIES = 16
"""Random numbers for one step of one row; more are hardly ever needed, and then the first come again."""

_BELOW_ONE = 1.0 - 2.0**-24


def uniforms(seed: int, candidate: int, steps: int) -> Tensor:
    """The random numbers of one candidate, (steps, tries) in [0, 1): a counter-based generator keyed by both.

    Every step has its own, so that no other row and no rejected try shifts them. Source: Philox, Salmon et al. 2011.
    """
    numbers = np.random.Generator(np.random.Philox(key=[seed, candidate])).random((steps, TRIES))
    return torch.from_numpy(np.minimum(numbers, _BELOW_ONE).astype(np.float32))


@dataclass(frozen=True, slots=True)
class Options:
    """How each row is drawn, in columns."""

    sharpness: Tensor
    """(rows, 1): one over the temperature."""
    greedy: Tensor
    """(rows,): whether the likeliest symbol is taken."""
    top_k: Tensor
    """(rows,): only so many of the likeliest."""
    top_p: Tensor
    """(rows,): only the likeliest that together reach this probability."""
    any_greedy: bool
    any_limit: bool

    @classmethod
    def of(cls, requests: Sequence[PoemRequest], rows: int, symbols: int, device: torch.device) -> "Options":
        """The options of the requests; rows beyond them take what comes."""
        padding = rows - len(requests)
        temperature = [request.temperature for request in requests] + [1.0] * padding
        top_k = [request.top_k or symbols for request in requests] + [symbols] * padding
        top_p = [request.top_p for request in requests] + [1.0] * padding
        return cls(
            sharpness=torch.tensor([[1 / value if value else 1.0] for value in temperature], device=device),
            greedy=torch.tensor([value == 0 for value in temperature], device=device),
            top_k=torch.tensor(top_k, device=device),
            top_p=torch.tensor(top_p, device=device),
            any_greedy=0 in temperature,
            any_limit=min(top_k) < symbols or min(top_p) < 1,
        )


def draw(logits: Tensor, masks: Tensor, numbers: Tensor, options: Options) -> Tensor:
    """One symbol a row.

    A symbol is drawn from all of them and taken if it is among the k likeliest and in the nucleus (the likeliest
    symbols that together reach p; Holtzman et al. 2020): if fewer than k are likelier, and these together stay below p.
    If not, it and all that are no likelier are struck out, and another is drawn. This gives the same distribution as
    sorting all symbols first, for the price of one or two sums.

    Args:
        logits: (rows, symbols).
        masks: (rows, symbols); 0 for what may come, at least one in each row, and −∞ for the rest.
        numbers: (rows, tries) random numbers in [0, 1).
        options: of the rows.

    Returns:
        (rows,) symbols.
    """
    probabilities = torch.addcmul(masks, logits, options.sharpness).softmax(dim=-1)
    chosen = _invert(probabilities, numbers[:, :1])
    if options.any_greedy:
        chosen = torch.where(options.greedy, probabilities.argmax(dim=-1), chosen)
    if options.any_limit:
        chosen = _within_limits(probabilities, chosen, numbers, options)
    return chosen


def _within_limits(probabilities: Tensor, chosen: Tensor, numbers: Tensor, options: Options) -> Tensor:
    left = probabilities
    taken = options.greedy
    for attempt in count(1):
        own = probabilities.gather(1, chosen[:, None])
        likelier = probabilities > own
        mass = torch.where(likelier, probabilities, 0.0).sum(dim=-1)
        taken = taken | ((likelier.sum(dim=-1) < options.top_k) & (mass < options.top_p))
        if taken.all():
            break
        left = torch.where(left > own, left, 0.0)
        tried = attempt % TRIES
        chosen = torch.where(taken, chosen, _invert(left, numbers[:, tried : tried + 1]))
    return chosen


def _invert(weights: Tensor, numbers: Tensor) -> Tensor:
    """The symbol at which the cumulated weights pass the random number's share of their total, (rows,)."""
    cumulated = weights.cumsum(dim=-1)
    # A number of at most 1 − 2⁻²⁴, times the total, is rounded to less than the total: the symbol found has a weight.
    return torch.searchsorted(cumulated, numbers * cumulated[:, -1:], right=True)[:, 0]
