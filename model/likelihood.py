"""How likely a network finds texts that stand already. Needs no torch.

Nothing is to be waited for, so the work is done in the order that costs least: what several texts begin with is read
once, and a layer takes all of its steps before the next one begins, so that its weights stay in a cache.
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from model.cells import Memory
from model.equations import Equations
from model.prefixes import Nodes, tree
from model.products import Floats
from model.sampling import Symbols
from model.vocabulary import PAD

_AT_ONCE: Final = 512
"""About so many nodes are taken through a layer before the next one begins."""
_FORETOLD_AT_ONCE: Final = 32
"""From so many nodes all symbols are foretold at once: what that needs fits into a cache."""


def log_probabilities(equations: Equations, inputs: Symbols, targets: Symbols, told: Symbols | None) -> Floats:
    """As `Stepper.log_probabilities` says, (rows, time)."""
    found = np.zeros(inputs.shape, dtype=np.float32)
    wanted = targets != PAD
    ends = np.where(wanted.any(axis=1), inputs.shape[1] - wanted[:, ::-1].argmax(axis=1), 0)
    memory = equations.initial(1)
    time = 0
    for stretch in _stretches(tree(inputs, told, ends)):
        features, memory = _read(equations, stretch, time, inputs, told, memory)
        times = slice(time, time + len(stretch))
        offsets = np.cumsum([0, *(len(nodes.rows) for nodes in stretch[:-1])])
        places = np.stack([nodes.of_row for nodes in stretch], axis=1) + offsets
        rows, columns = np.nonzero(wanted[:, times])
        own = _foretell(equations, features, places[rows, columns], targets[:, times][rows, columns])
        found[rows, time + columns] = own
        time = times.stop
    return found


def _stretches(nodes: Sequence[Nodes]) -> Iterator[Sequence[Nodes]]:
    """Times one after another, as many as have about `_AT_ONCE` nodes together."""
    stretch: list[Nodes] = []
    for own in nodes:
        stretch.append(own)
        if sum(len(each.rows) for each in stretch) >= _AT_ONCE:
            yield stretch
            stretch = []
    if stretch:
        yield stretch


def _read(
    equations: Equations,
    stretch: Sequence[Nodes],
    time: int,
    inputs: Symbols,
    told: Symbols | None,
    memory: Sequence[Memory],
) -> tuple[Floats, list[Memory]]:
    """Take the nodes of a stretch through all layers.

    Returns:
        What heads take, (nodes, width), and what the nodes of the last time remember.
    """
    rows = np.concatenate([nodes.rows for nodes in stretch])
    times = np.repeat(np.arange(time, time + len(stretch)), [len(nodes.rows) for nodes in stretch])
    taken = equations.first(inputs[rows, times], None if told is None else told[rows, times])
    after = []
    for layer, before in enumerate(memory):
        taken, last = _through(equations, layer, stretch, taken, before)
        after.append(last)
    return equations.features(taken), after


def _through(
    equations: Equations, layer: int, stretch: Sequence[Nodes], taken: Floats, before: Memory
) -> tuple[Floats, Memory]:
    """Take the nodes of a stretch through one layer, from what the one below hands on to its own h."""
    below = equations.higher(layer, taken) if layer else taken
    hidden = np.empty((len(below), before[0].shape[1]), dtype=np.float32)
    first = 0
    for nodes in stretch:
        part = slice(first, first + len(nodes.rows))
        own = tuple(array[nodes.parents] for array in before)
        before = equations.step(below[part], equations.from_memory[layer](own[0]), own)
        hidden[part] = before[0]
        first = part.stop
    return hidden, before


def _foretell(equations: Equations, features: Floats, nodes: Symbols, targets: Symbols) -> Floats:
    """Log-probability of each target behind its node, (targets,)."""
    found = np.zeros(len(nodes), dtype=np.float32)
    asked, places = np.unique(nodes, return_inverse=True)
    for first in range(0, len(asked), _FORETOLD_AT_ONCE):
        last = first + _FORETOLD_AT_ONCE
        logits = equations.whole(features[asked[first:last]])
        own = np.flatnonzero((places >= first) & (places < last))
        found[own] = logits[places[own] - first, targets[own]] - log_sum(logits)[places[own] - first]
    return found


def log_sum(logits: Floats) -> Floats:
    """Log of the sum of exponentials of each row, (rows,)."""
    highest = logits.max(axis=1)
    found: Floats = np.log(np.exp(logits - highest[:, None]).sum(axis=1)) + highest
    return found
