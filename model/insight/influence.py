"""How far the influence of a character reaches back: the length of ∂L_T/∂x_k.

L_T is what it costs to foretell the last character of a poem, and x_k the input (the embedding) of the character read
d = T - k steps before. In an Elman network the way back multiplies the error by f'(z) ⊙ Uᵀ at each step, so that it
vanishes or bursts as a power of d (Bengio et al. 1994); a GRU and an LSTM have a way on which it is multiplied by a
gate alone.
"""

import copy
from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from torch.nn import functional

from model.backprop.weights import Array
from model.network import PoemNetwork
from model.vocabulary import BEGIN, Vocabulary

REACH: Final = 30
"""So many steps back are measured: as many characters and marks as a 七绝 has before its last character."""
ROWS: Final = 50


def influence(network: PoemNetwork, vocabulary: Vocabulary, poems: Sequence[str], reach: int = REACH) -> Array:
    """‖∂L_T/∂x_{T-d}‖ of each poem, (poems, reach); column d is that of the input d steps back.

    Args:
        network: one without slot inputs; dropout is off, and all is computed in float64.
        vocabulary: its characters.
        poems: texts with their marks, in the network's script, that end with a mark.
        reach: how many steps back.

    Raises:
        ValueError: for a poem that has not so many characters and marks before its last character.
    """
    if any(len(poem) < reach + 2 for poem in poems):
        raise ValueError(f"a poem of fewer than {reach + 2} characters and marks does not reach so far back")
    network = copy.deepcopy(network).double().cpu().eval()
    found = np.empty((len(poems), reach))
    lengths = np.array([len(poem) for poem in poems])
    for length in sorted(set(lengths.tolist())):
        rows = np.flatnonzero(lengths == length)
        for part in np.split(rows, range(ROWS, len(rows), ROWS)):
            ids = torch.tensor([[BEGIN, *vocabulary.encode(poems[row])] for row in part])
            # …, the last character, its mark: read as far as what the last character is foretold from.
            found[part] = _lengths(network, ids[:, :-2], ids[:, -2])[:, ::-1][:, :reach]
    return found


def _lengths(network: PoemNetwork, ids: torch.Tensor, last: torch.Tensor) -> Array:
    """‖∂L_T/∂x_k‖ for each poem and each input, (poems, time)."""
    inputs = network.embedding(ids).detach().requires_grad_()
    hidden, _ = network.recurrent(inputs)
    logits = network.output(network.bridge(hidden[:, -1]))
    # Poems do not meet in the network: the gradient of the sum is that of each.
    loss = functional.cross_entropy(logits, last, reduction="sum")
    [gradient] = torch.autograd.grad(loss, inputs)
    lengths: Array = gradient.norm(dim=2).numpy()
    return lengths
