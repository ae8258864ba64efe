"""The recurrent network that reads a poem and says what may come next."""

from collections.abc import Callable
from typing import Self

import torch
from torch import Tensor, nn

from model.configuration import NetworkConfiguration
from model.recipes import Cell, Initialisation, Part, PoemRecipe
from model.slots import ECHOES, PLACES, SIDES, TONES, Told
from model.vocabulary import PAD

State = Tensor | tuple[Tensor, Tensor]
"""What a recurrent layer remembers: h, or (h, c) for an LSTM; each of shape (layers, batch, hidden)."""

CELLS: dict[Cell, type[nn.RNN | nn.GRU | nn.LSTM]] = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}

INITIALISATIONS: dict[Initialisation, Callable[[Tensor], object]] = {
    "default": lambda tensor: tensor,
    "xavier_uniform": nn.init.xavier_uniform_,
    "xavier_normal": nn.init.xavier_normal_,
    "kaiming_uniform": nn.init.kaiming_uniform_,
    "kaiming_normal": nn.init.kaiming_normal_,
    "orthogonal": nn.init.orthogonal_,
    "normal": lambda tensor: nn.init.normal_(tensor, std=0.02),
    "uniform": lambda tensor: nn.init.uniform_(tensor, -0.1, 0.1),
}


class SlotEncoder(nn.Module):
    """Turns what is told of a place into numbers: vectors of place, tone and side added up, then three characters.

    The characters are shown through the embedding of the network, made narrower by a matrix for each.
    """

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        self.place = nn.Embedding(PLACES, configuration.slot)
        self.tone = nn.Embedding(TONES, configuration.slot)
        self.outside = nn.Embedding(SIDES, configuration.slot)
        self.narrow = nn.ModuleList(nn.Linear(configuration.embedding, configuration.echo, bias=False) for _ in ECHOES)

    def forward(self, told: Tensor, embedding: nn.Embedding) -> list[Tensor]:
        place = self.place(told[..., Told.PLACE]) + self.tone(told[..., Told.TONE])
        return [
            place + self.outside(told[..., Told.OUTSIDE]),
            *(narrow(embedding(told[..., column])) for narrow, column in zip(self.narrow, ECHOES, strict=True)),
        ]


class PoemNetwork(nn.Module):
    """Embedding, recurrent layers, output layer.

    The cells are PyTorch's: Elman 1990 with tanh, LSTM (Hochreiter & Schmidhuber 1997, with a forget gate), and GRU
    (Cho et al. 2014). A tied output layer uses the embedding's matrix (Press & Wolf 2017); where hidden and embedding
    differ in size, a linear map stands between them. A network with slot inputs is told, beside each character, of the
    place that comes next (factored inputs; Alexandrescu & Kirchhoff 2006).
    """

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        shape = configuration
        self.embedding = nn.Embedding(shape.symbols, shape.embedding, padding_idx=PAD)
        self.slots = SlotEncoder(shape) if shape.slot else None
        self.recurrent = CELLS[shape.cell](
            shape.embedding + shape.slot + len(ECHOES) * shape.echo,
            shape.hidden,
            shape.layers,
            batch_first=True,
            dropout=shape.dropout if shape.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(shape.dropout)
        width = shape.embedding if shape.tied else shape.hidden
        self.bridge = nn.Linear(shape.hidden, width) if shape.bridged else nn.Identity()
        self.output = nn.Linear(width, shape.symbols)
        if shape.tied:
            self.output.weight = self.embedding.weight

    @classmethod
    def drawn(cls, recipe: PoemRecipe, symbols: int, seed: int) -> Self:
        """A network with the first weights that the recipe draws out of a seed."""
        torch.manual_seed(seed)
        network = cls(NetworkConfiguration.of(recipe, symbols))
        for part, how in recipe.initialisation.items():
            network.initialise(part, how)
        return network

    def initialise(self, part: Part, how: Initialisation) -> None:
        """Draw a part's matrices anew; biases of the output layer become zero."""
        with torch.no_grad():
            module: nn.Module = getattr(self, part)
            for parameter in module.parameters():
                if parameter.dim() > 1:
                    INITIALISATIONS[how](parameter)
            if part == "embedding":
                self.embedding.weight[PAD].zero_()
            if part == "output" and how != "default":
                self.output.bias.zero_()

    def features(self, ids: Tensor, state: State | None = None, told: Tensor | None = None) -> tuple[Tensor, State]:
        """Read symbols and give what the output layer sees.

        Args:
            ids: (batch, time) symbols.
            state: what was remembered before them; nothing (zeros) if left out.
            told: (batch, time, columns) what is told of the places behind them; nothing if left out.

        Returns:
            (batch, time, width) features, and the state after the last symbol.
        """
        inputs = self.embedding(ids)
        if self.slots is not None:
            told = torch.zeros(*ids.shape, len(Told), dtype=torch.long, device=ids.device) if told is None else told
            inputs = torch.cat([inputs, *self.slots(told, self.embedding)], dim=-1)
        hidden, state = self.recurrent(self.dropout(inputs), state)
        return self.bridge(self.dropout(hidden)), state

    def forward(self, ids: Tensor, state: State | None = None, told: Tensor | None = None) -> tuple[Tensor, State]:
        """Logits of the next symbol after each, (batch, time, symbols), and the state after the last."""
        features, state = self.features(ids, state, told)
        return self.output(features), state
