"""The cells in plain numpy, forward and back-propagated through time by hand, as a textbook writes them.

Vectors are columns, and the columns of a batch stand side by side: an input x_k has shape (inputs, batch), a state h_k
(hidden, batch), a sequence (time, inputs, batch). Steps are counted k = 1 … T in formulas and from 0 in arrays. `elman`
keeps every error δ_{t,k} apart, so that the sums of the textbook can be seen, and adds them up in one backward pass as
`lstm` and `gru` do. Nothing here is used to train: that is PyTorch's work, and these show what it does.
"""

from model.backprop import elman, gru, lstm
from model.backprop.weights import CellWeights, Gradients

__all__ = ["CellWeights", "Gradients", "elman", "gru", "lstm"]
