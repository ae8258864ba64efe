"""The network that adds, as it is trained. As it is used: `folded.py`."""

import torch
from torch import Tensor, nn

from model.addition.cells import GATES, gated_step, state_size
from model.addition.folded import AdderConfiguration, FoldedNetwork
from model.addition.operations import BASE, OPERATIONS


class AdderNetwork(nn.Module):
    """Reads numbers column by column, least significant first, and says a digit of the result at each.

    The digits of a column pass through one embedding, their vectors are joined to x, and the state becomes
    h' = tanh(W x + U h + b) (Elman 1990), or that of a GRU or LSTM (`cells.py`), begun from a state that is learnt too.
    What it must remember from one column to the next is the carry.

    The probe reads the carry off the hidden state: one plane for each value above 0, fitted apart; it takes no part in
    the result.
    """

    def __init__(self, configuration: AdderConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        self.operation = OPERATIONS[configuration.operation]
        self.embedding = nn.Embedding(BASE, configuration.embedding)
        gates = GATES[configuration.cell] * configuration.hidden
        self.input = nn.Linear(self.operation.operands * configuration.embedding, gates)
        self.recurrent = nn.Linear(configuration.hidden, gates, bias=False)
        self.output = nn.Linear(configuration.hidden, BASE)
        self.probe = nn.Linear(configuration.hidden, self.operation.carries - 1)
        self.first = nn.Parameter(torch.zeros(state_size(configuration.cell, configuration.hidden)))

    def drives(self) -> Tensor:
        """W x + b for every column there can be, (10^operands, gates * hidden), in the order of `Operation.tuples`."""
        tuples = torch.from_numpy(self.operation.tuples()).to(self.first.device)
        drives: Tensor = self.input(self.embedding(tuples).flatten(1))
        return drives

    def states(self, columns: Tensor, state: Tensor | None = None) -> Tensor:
        """The hidden state after each column.

        Args:
            columns: (columns, sums, operands) digits, least significant column first.
            state: (sums, state), after the column before them; the initial state if left out.

        Returns:
            (columns, sums, state).
        """
        # A batch has thousands of columns, but few different ones: W meets each of them once.
        powers = BASE ** torch.arange(self.operation.operands - 1, -1, -1, device=columns.device)
        drives = nn.functional.embedding((columns * powers).sum(-1), self.drives())
        recurrence = self.recurrent.weight.t()
        state = self.first.expand(columns.shape[1], -1) if state is None else state
        cell, hidden = self.configuration.cell, self.configuration.hidden
        states = []
        for drive in drives.unbind():
            if cell == "rnn":
                state = torch.tanh(torch.addmm(drive, state, recurrence))
            else:
                product = state[:, :hidden] @ recurrence
                state = torch.cat(gated_step(cell, drive, product, state, hidden, torch.tanh), dim=-1)
            states.append(state)
        return torch.stack(states)

    def forward(self, columns: Tensor) -> Tensor:
        """Logits of each column's digit, (columns, sums, operands) to (columns, sums, 10)."""
        logits: Tensor = self.output(self.states(columns)[..., : self.configuration.hidden])
        return logits


def folded_of(network: AdderNetwork) -> FoldedNetwork:
    """The network as it is used, with the weights as they are now."""
    arrays = {name: parameter.detach().cpu().numpy() for name, parameter in network.named_parameters()}
    return FoldedNetwork.of(network.configuration, arrays)
