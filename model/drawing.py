"""Drawing the next character of many candidates at once, of one request or of several."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import numpy as np

from model.constraints import Flags
from model.masks import Outlet
from model.sampling import Floats, Options, Symbols, draw

# Single precision knows no logarithm of less.
_LEAST_SHARE: Final = np.float32(1e-30)


@dataclass(frozen=True, slots=True, eq=False)
class Ruled:
    """What the rules leave of the columns of an outlet, and what they prefer."""

    allowed: Flags
    """(rows, columns), at least one in each row."""
    favour: Floats
    """(rows, 1) by how much of `common` a column is preferred."""
    common: Floats
    """(columns,)"""


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A character is wanted for each row."""

    outlet: Outlet
    features: Any
    """Of the rows, as `Stepper.step` gives them."""
    ruled: Ruled | None
    """None: any column may come."""
    numbers: Floats
    """(rows, tries) random numbers."""
    options: Options


class Drawn(NamedTuple):
    """What was drawn for each row."""

    symbols: Symbols
    scores: Floats
    """(rows,) log-probability among the columns of the outlet."""
    cuts: Floats
    """(rows,) log of the share of probability that the rules left."""


def draw_together(drawings: Sequence[Drawing]) -> list[Drawn]:
    """Draw for all of these, which have one outlet, and all rules or none."""
    first = drawings[0]
    logits = first.outlet.head(first.outlet.gather([drawing.features for drawing in drawings]))
    highest = logits.max(axis=1, keepdims=True)
    shares = np.exp(logits - highest)
    total = shares.sum(axis=1)
    ruled = [drawing.ruled for drawing in drawings if drawing.ruled is not None]
    if ruled:
        allowed = _joined([own.allowed for own in ruled])
        if not allowed.any(axis=1).all():
            raise AssertionError("a mask is empty")
        masks = np.where(allowed, _joined([own.favour for own in ruled]) * ruled[0].common, np.float32(-np.inf))
        cuts = np.log(np.maximum((shares * allowed).sum(axis=1), _LEAST_SHARE) / total)
    else:
        masks, cuts = np.zeros_like(logits[:1]), np.zeros_like(total)
    numbers = _joined([drawing.numbers for drawing in drawings])
    chosen = draw(logits, masks, numbers, Options.join([drawing.options for drawing in drawings]))
    scores = logits[np.arange(len(chosen)), chosen] - highest[:, 0] - np.log(total)
    ends = np.cumsum([len(drawing.numbers) for drawing in drawings])[:-1]
    parts = (np.split(array, ends) for array in (first.outlet.columns[chosen], scores, cuts))
    return [Drawn(*own) for own in zip(*parts, strict=True)]


def _joined(arrays: Sequence[np.ndarray]) -> np.ndarray:
    """All rows, one behind the other."""
    return arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
