"""Reading step by step with torch's own network, where its device holds it, and weights out of such a network."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from model.network import PoemNetwork, State
from model.sampling import Floats, Symbols
from model.stepping import Head, NumpyStepper, Stepper
from model.threads import Shares
from model.vocabulary import PAD
from model.weights import PoemWeights

BLOCK = 128
"""Rows that are read at once."""
TIME = 128
"""Symbols of a poem that are read at once where it is not written but judged: what is kept of it stays small."""


def weights_of(network: PoemNetwork) -> PoemWeights:
    """A copy of the network's weights as arrays."""
    return PoemWeights(network.configuration, {name: _array(own).copy() for name, own in network.named_parameters()})


def network_of(weights: PoemWeights) -> PoemNetwork:
    """The network that the weights are of."""
    network = PoemNetwork(weights.configuration).eval()
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            parameter.copy_(torch.from_numpy(weights.arrays[name]))
    return network


def make_stepper(network: PoemNetwork) -> Stepper:
    """The stepper for the device on which the network lies."""
    on_processor = network.embedding.weight.device.type == "cpu"
    return NumpyStepper(weights_of(network)) if on_processor else TorchStepper(network)


class TorchStepper:
    """The network itself, where its device holds it.

    Rows are read by blocks of one size, filled up where there are fewer: a row's rounding depends on how many rows
    stand beside it, and a seed must give the same poem at any load. One thread hands out the work: a device has all
    rows in step, and threads would only wait for each other.
    """

    abreast = 4 * BLOCK
    shares = Shares(fewest=BLOCK, most=abreast, threads=1)

    def __init__(self, network: PoemNetwork) -> None:
        self.configuration = network.configuration
        self._network = network.eval()
        self._device = network.embedding.weight.device

    def as_network(self) -> PoemNetwork:
        return self._network

    def as_weights(self) -> PoemWeights:
        return weights_of(self._network)

    def initial(self, rows: int) -> State:
        shape = self.configuration
        zeros = torch.zeros(shape.layers, rows, shape.hidden, device=self._device)
        return (zeros, zeros) if shape.cell == "lstm" else zeros

    def head(self, columns: Symbols | None = None) -> Head:
        output = self._network.output
        every = slice(None) if columns is None else self._tensor(columns)
        weight, bias = output.weight[every].detach(), output.bias[every].detach()

        def foretell(features: Tensor) -> Floats:
            blocks = torch.split(nn.functional.pad(features, (0, 0, 0, -len(features) % BLOCK)), BLOCK)
            return _array(torch.cat([nn.functional.linear(block, weight, bias) for block in blocks]))[: len(features)]

        return foretell

    def gather(self, features: Sequence[Tensor]) -> Tensor:
        return torch.cat(list(features))

    def take(self, memory: State, rows: Symbols) -> State:
        places = self._tensor(rows)
        if isinstance(memory, Tensor):
            return memory[:, places]
        hidden, cell = memory
        return hidden[:, places], cell[:, places]

    def join(self, memories: Sequence[State]) -> State:
        if self.configuration.cell != "lstm":
            return torch.cat([memory for memory in memories if isinstance(memory, Tensor)], dim=1)
        hidden, cell = (torch.cat(parts, dim=1) for parts in zip(*memories, strict=True))
        return hidden, cell

    def step(self, symbols: Symbols, memory: State, told: Symbols | None = None) -> tuple[Tensor, State]:
        found, memories = [], []
        with torch.inference_mode():
            for first in range(0, len(symbols), BLOCK):
                # The last row fills up the last block.
                rows = np.minimum(np.arange(first, first + BLOCK), len(symbols) - 1)
                slots = None if told is None else self._tensor(told[rows, None])
                features, after = self._network.features(
                    self._tensor(symbols[rows, None]), self.take(memory, rows), slots
                )
                found.append(features[:, 0])
                memories.append(after)
            whole = self.join(memories) if len(memories) > 1 else memories[0]
            return torch.cat(found)[: len(symbols)], self.take(whole, np.arange(len(symbols)))

    def log_probabilities(self, inputs: Symbols, targets: Symbols, told: Symbols | None = None) -> Floats:
        state: State | None = None
        found = np.zeros(inputs.shape, dtype=np.float32)
        with torch.inference_mode():
            for first in range(0, inputs.shape[1], TIME):
                part = slice(first, first + TIME)
                slots = None if told is None else self._tensor(told[:, part])
                logits, state = self._network(self._tensor(inputs[:, part]), state, slots)
                wanted = self._tensor(targets[:, part])
                own = logits.float().log_softmax(-1).gather(2, wanted[:, :, None])[:, :, 0]
                found[:, part] = _array(torch.where(wanted == PAD, 0.0, own))
        return found

    def _tensor(self, symbols: Symbols) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(symbols)).to(self._device)


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().cpu().numpy()
    return array
