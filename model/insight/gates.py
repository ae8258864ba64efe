"""Looking into a cell while it reads: the forward pass of `model/backprop`, which keeps what PyTorch throws away."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from model.backprop import CellWeights, elman, gru, lstm
from model.backprop.weights import Array
from model.insight.reading import GATES, Reading
from model.network import PoemNetwork
from model.vocabulary import BEGIN, Vocabulary


def read(network: PoemNetwork, vocabulary: Vocabulary, text: str) -> Reading:
    """Let a network read a poem as it did when it wrote it, and note the gates of its last layer.

    Args:
        network: one without slot inputs.
        vocabulary: its characters.
        text: characters and marks, in the network's script.

    Raises:
        ValueError: for no text, or a network that has to be told where it is.
    """
    if network.slots is not None:
        raise ValueError("this network has to be told where it is, and a text alone does not say so")
    if not text:
        raise ValueError("there is nothing to read")
    trace = trace_of(network, [BEGIN, *vocabulary.encode(text)])
    cell = network.configuration.cell
    # What comes before the first character is read, but not shown.
    return Reading(cell, tuple(text), {gate: getattr(trace, gate)[1:, :, 0].T for gate in GATES[cell]})


def trace_of(network: PoemNetwork, ids: Sequence[int]) -> Any:
    """The last layer's `Trace` of `model.backprop`, of a batch of one; states begin from zero."""
    weight = network.embedding.weight.detach().cpu().double().numpy()
    x: Array = weight[np.asarray(ids)][:, :, None]
    layers = [CellWeights.from_torch(network.recurrent, layer) for layer in range(network.configuration.layers)]
    trace: Any = None
    for weights in layers:
        zeros = np.zeros((weights.hidden, 1))
        match network.configuration.cell:
            case "rnn":
                trace = elman.forward(weights, x, zeros)
            case "gru":
                trace = gru.forward(weights, x, zeros)
            case "lstm":
                trace = lstm.forward(weights, x, zeros, zeros)
        x = trace.h
    return trace
