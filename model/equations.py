"""The equations of a network in numpy, ready to be taken step by step. Needs no torch.

What can be known before is tabled: the products of the first layer with embeddings, and those with places and tones.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.cells import MEMORIES, STEPS, Layer, Memory
from model.products import Floats, Product
from model.sampling import Symbols
from model.slots import ECHOES, Told
from model.weights import Arrays, PoemWeights

_FREQUENT: Final = 3072
"""The products of so many symbols are kept, the most frequent ones: they are nearly all that is ever read."""


class Equations:
    """A network's layers, each from what it reads to what it hands on."""

    def __init__(self, weights: PoemWeights) -> None:
        """Copy the weights, and round those that are multiplied."""
        arrays, shape = weights.arrays, weights.configuration
        self._shape = shape
        embedding = _single(arrays["embedding.weight"])
        self.step = STEPS[shape.cell]
        first, *higher = [Layer.of(arrays, shape, number) for number in range(shape.layers)]
        self._symbols = _SymbolTable(embedding, first.below[:, : shape.embedding], first.below_bias)
        self._slots = _SlotTables(arrays, embedding, first.below[:, shape.embedding :]) if shape.told else None
        # All that a layer hands on lies between −1 and 1.
        self._higher = [Product(layer.below, layer.below_bias, 1.0) for layer in higher]
        self.from_memory = [Product(layer.memory, layer.memory_bias, 1.0) for layer in (first, *higher)]
        self._bridge = None
        if shape.bridged:
            self._bridge = Product(_single(arrays["bridge.weight"]), _single(arrays["bridge.bias"]), 1.0)
        self._output = embedding if shape.tied else _single(arrays["output.weight"])
        self._bias = _single(arrays["output.bias"])
        self.whole = self._head(slice(None))

    def initial(self, rows: int) -> list[Memory]:
        """What is remembered before the first symbol: zeros."""
        zeros = np.zeros((rows, self._shape.hidden), dtype=np.float32)
        return [(zeros,) * MEMORIES[self._shape.cell]] * self._shape.layers

    def first(self, symbols: Symbols, told: Symbols | None) -> Floats:
        """What the first layer takes from symbols, (rows,), and what is told beside them, (rows, columns)."""
        below = self._symbols(symbols)
        if self._slots is not None:
            below += self._slots(np.zeros((len(symbols), len(Told)), np.int64) if told is None else told)
        return below

    def higher(self, layer: int, hidden: Floats) -> Floats:
        """What another layer takes from the h of the one below, (rows, hidden)."""
        return self._higher[layer - 1](hidden)

    def features(self, hidden: Floats) -> Floats:
        """What heads take from the h of the last layer."""
        return hidden if self._bridge is None else self._bridge(hidden)

    def head(self, columns: Symbols | None) -> Product:
        """From features to the logits of these symbols; of all where left out."""
        return self.whole if columns is None else self._head(columns)

    def _head(self, columns: Symbols | slice) -> Product:
        return Product(self._output[columns], self._bias[columns], None if self._bridge else 1.0)

    def all_layers(
        self, symbols: Symbols, memory: Sequence[Memory], told: Symbols | None
    ) -> tuple[Floats, list[Memory]]:
        """Take one step in all layers: what heads take, and what is remembered then."""
        after: list[Memory] = []
        for layer, (from_memory, own) in enumerate(zip(self.from_memory, memory, strict=True)):
            below = self.higher(layer, after[-1][0]) if layer else self.first(symbols, told)
            after.append(self.step(below, from_memory(own[0]), own))
        return self.features(after[-1][0]), after


class _SymbolTable:
    """What the first layer takes from each symbol. Those of frequent ones are kept when they were read once.

    Products are exact, so that it does not matter when, and beside which others, a symbol is read first; not even that
    two threads may come to it at once.
    """

    def __init__(self, embedding: Floats, weight: Floats, bias: Floats) -> None:
        self._embedding = embedding
        self._product = Product(weight, bias)
        # The system gives this room when it is written to, not before.
        self._kept = np.empty((min(len(embedding), _FREQUENT), len(weight)), dtype=np.float32)
        self._is_kept = np.zeros(len(embedding), dtype=np.bool_)

    def __call__(self, symbols: Symbols) -> Floats:
        missing = np.flatnonzero(~self._is_kept[symbols])
        if not len(missing):
            found: Floats = self._kept[symbols]
            return found
        new = np.unique(symbols[missing])
        products = self._product(self._embedding[new])
        frequent = np.flatnonzero(new < len(self._kept))
        self._kept[new[frequent]] = products[frequent]
        self._is_kept[new[frequent]] = True
        found = self._kept[np.minimum(symbols, len(self._kept) - 1)]
        found[missing] = products[np.searchsorted(new, symbols[missing])]
        return found


class _SlotTables:
    """What the first layer takes from the slot inputs: tables for place, tone and side, a product for the echoes."""

    def __init__(self, arrays: Arrays, embedding: Floats, weight: Floats) -> None:
        own, echoes = np.split(weight, [arrays["slots.place.weight"].shape[1]], axis=1)
        self._place, self._tone, self._outside = (
            _single(arrays[f"slots.{name}.weight"]) @ own.T for name in ("place", "tone", "outside")
        )
        narrow = [_single(arrays[f"slots.narrow.{number}.weight"]) for number in range(len(ECHOES))]
        self._narrow = [embedding @ own.T for own in narrow]
        largest = max(float(np.abs(table).max()) for table in self._narrow)
        self._product = Product(echoes, largest=largest or 1.0)

    def __call__(self, told: Symbols) -> Floats:
        echoes = [table[told[:, column]] for table, column in zip(self._narrow, ECHOES, strict=True)]
        below = self._product(np.concatenate(echoes, axis=1))
        below += self._place[told[:, Told.PLACE]]
        below += self._tone[told[:, Told.TONE]]
        below += self._outside[told[:, Told.OUTSIDE]]
        return below


def _single(array: NDArray[np.floating]) -> Floats:
    return array.astype(np.float32, copy=False)
