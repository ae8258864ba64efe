"""What the rules would have cut from a network's guesses, had it written poems that stand already."""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.checker import check
from model.constraints import TOLD_TONES, Constraints, Symbols, Want, wants_of
from model.forms import Form, Pattern, patterns
from model.frame import OPEN, Frame
from model.generation import Poet
from model.masks import Masks, Standing
from model.novelty import LineFilter
from model.search import Searcher
from model.slots import Told, told_of
from model.vocabulary import BEGIN, PAD

_ROWS = 128
# Single precision knows no logarithm of less.
_LEAST = np.float32(1e-30)


def mask_costs(poet: Poet, poems: Sequence[Sequence[str]], form: Form) -> NDArray[np.float64]:
    """Log of the share of probability that the masks leave at each place, by the pattern that each poem breaks least.

    Args:
        poet: a network with slot inputs, and so without marks.
        poems: the lines of each, in the network's script.
        form: of all of them.

    Returns:
        (poems, characters) in nats; as the search has it of what it writes, but for the title and the last rhyme word.
    """
    tools = Searcher(poet.stepper, poet.vocabulary, Constraints(poet.vocabulary), LineFilter.of([]).contains, told=True)
    symbols = np.array([poet.vocabulary.encode("".join(lines)) for lines in poems])
    rows: dict[Pattern, list[int]] = defaultdict(list)
    for row, lines in enumerate(poems):
        rows[check("\n".join(lines), form).pattern or patterns(form)[0]].append(row)
    costs = np.zeros(symbols.shape)
    for pattern, own in rows.items():
        for first in range(0, len(own), _ROWS):
            part = own[first : first + _ROWS]
            costs[part] = _costs(tools, symbols[part], pattern)
    return costs


def _costs(tools: Searcher, symbols: Symbols, pattern: Pattern) -> NDArray[np.float64]:
    """Of poems of one pattern, (rows, characters)."""
    stepper = tools.stepper
    wants = np.array(wants_of(pattern)).ravel()
    frame = Frame(pattern.form, pattern, np.full(symbols.shape[1], OPEN), wants, OPEN)
    masks = Masks(frame, tools.constraints, tools.habits.doubled)
    told = np.stack([told_of(pattern.form, row) for row in symbols])
    told[:, :, Told.TONE], told[:, :, Told.GOAL] = TOLD_TONES[wants], PAD
    memory, previous = stepper.initial(len(symbols)), np.full(len(symbols), BEGIN)
    group, costs = np.full(len(symbols), OPEN), np.zeros(symbols.shape)
    for place, want in enumerate(map(Want, wants)):
        features, memory = stepper.step(previous, memory, told[:, place])
        outlet = tools.outlet(want)
        logits = outlet.head(features)
        shares = np.exp(logits - logits.max(axis=1, keepdims=True))
        # What stands behind the place is not looked at.
        allowed = masks.allowed(outlet, want, Standing(symbols, group, np.full_like(group, OPEN)), place)
        costs[:, place] = np.log(np.maximum((shares * allowed).sum(axis=1), _LEAST) / shares.sum(axis=1))
        previous = symbols[:, place]
        if want is Want.RHYME:
            group = np.where(group == OPEN, tools.constraints.group[previous], group)
    return costs
