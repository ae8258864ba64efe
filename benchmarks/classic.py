"""The baseline: the way the classic course exercise trains and writes, in float32 and one step after another.

Two LSTM layers, embedding 100, hidden 128, zero initial states, Xavier output layer, Adam 1e-3, batches of 32 poems of
equal length. To write, the whole prefix is read again for every character, one poem at a time.
"""

from collections.abc import Callable, Iterator

import numpy as np
import torch
from torch import Tensor, nn


class ClassicNetwork(nn.Module):
    """Embedding, two LSTM layers, output layer."""

    def __init__(self, symbols: int, embedding: int = 100, hidden: int = 128, layers: int = 2) -> None:
        super().__init__()
        self.layers = layers
        self.hidden = hidden
        self.embedding = nn.Embedding(symbols, embedding)
        self.lstm = nn.LSTM(embedding, hidden, layers, batch_first=True)
        self.output = nn.Linear(hidden, symbols)
        nn.init.xavier_uniform_(self.output.weight)
        nn.init.zeros_(self.output.bias)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (batch, time, symbols) for symbols (batch, time)."""
        zeros = torch.zeros(self.layers, len(ids), self.hidden, device=ids.device)
        hidden, _ = self.lstm(self.embedding(ids), (zeros, zeros))
        logits: Tensor = self.output(hidden)
        return logits


def train_epoch(
    network: ClassicNetwork, optimizer: torch.optim.Optimizer, poems: Tensor, batch: int = 32
) -> Iterator[float]:
    """One pass over the poems, (poems, time) with begin and end, in random order; yields the loss of each batch."""
    network.train()
    for rows in torch.split(torch.randperm(len(poems)), batch):
        inputs, targets = poems[rows, :-1], poems[rows, 1:]
        logits = network(inputs)
        loss = nn.functional.cross_entropy(logits.reshape(-1, logits.shape[-1]), targets.reshape(-1))
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
        yield loss.item()


def generate(network: Callable[[Tensor], Tensor], begin: int, end: int, longest: int) -> list[int]:
    """Sample one poem at temperature 1, from `begin` to `end`, at most so many symbols.

    As the exercise does: the whole prefix goes through the network, probabilities come out for each of its places, the
    last ones are taken as a list, and numpy finds the symbol at which their running sum passes a random number.
    """
    written = [begin]
    with torch.no_grad():
        while len(written) <= longest and written[-1] != end:
            probabilities = torch.softmax(network(torch.tensor([written])), dim=-1)[0, -1].tolist()
            sums = np.cumsum(probabilities)
            written.append(int(np.searchsorted(sums, np.random.rand() * sums[-1])))  # noqa: NPY002 - the exercise's way
    return written[1:]


def mean_loss(network: ClassicNetwork, poems: Tensor) -> float:
    """Nats a symbol over the poems, in evaluation mode."""
    network.eval()
    total = 0.0
    with torch.no_grad():
        for part in torch.split(poems, 256):
            logits = network(part[:, :-1])
            total += nn.functional.cross_entropy(
                logits.reshape(-1, logits.shape[-1]), part[:, 1:].reshape(-1), reduction="sum"
            ).item()
    return total / (poems.shape[0] * (poems.shape[1] - 1))
