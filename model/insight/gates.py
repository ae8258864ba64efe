"""Looking into a cell while it reads: the forward pass of `model/backprop`, which keeps what others throw away.

Needs no torch.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.backprop import CellWeights, elman, gru, lstm
from model.backprop.weights import Array
from model.insight.reading import GATES, Reading
from model.vocabulary import BEGIN, Vocabulary
from model.weights import PoemWeights


def read(weights: PoemWeights, vocabulary: Vocabulary, text: str) -> Reading:
    """Let a network read a poem as it did when it wrote it, and note the gates of its last layer.

    Args:
        weights: of a network without slot inputs.
        vocabulary: its characters.
        text: characters and marks, in the network's script.

    Raises:
        ValueError: for no text, or a network that has to be told where it is.
    """
    if weights.configuration.told:
        raise ValueError("this network has to be told where it is, and a text alone does not say so")
    if not text:
        raise ValueError("there is nothing to read")
    trace = trace_of(weights, [BEGIN, *vocabulary.encode(text)])
    cell = weights.configuration.cell
    # What comes before the first character is read, but not shown.
    return Reading(cell, tuple(text), {gate: getattr(trace, gate)[1:, :, 0].T for gate in GATES[cell]})


def trace_of(weights: PoemWeights, ids: Sequence[int]) -> Any:
    """The last layer's `Trace` of `model.backprop`, of a batch of one; states begin from zero."""
    x: Array = weights.arrays["embedding.weight"].astype(np.float64)[np.asarray(ids)][:, :, None]
    trace: Any = None
    for layer in range(weights.configuration.layers):
        own = CellWeights.from_arrays(weights.arrays, layer)
        zeros = np.zeros((own.hidden, 1))
        match weights.configuration.cell:
            case "rnn":
                trace = elman.forward(own, x, zeros)
            case "gru":
                trace = gru.forward(own, x, zeros)
            case "lstm":
                trace = lstm.forward(own, x, zeros, zeros)
        x = trace.h
    return trace
