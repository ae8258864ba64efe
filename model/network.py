"""The recurrent network that reads a poem and says what may come next."""

from collections.abc import Callable
from typing import Annotated

import torch
from pydantic import BaseModel, ConfigDict, Field
from torch import Tensor, nn

from model.recipes import Cell, Initialisation, Part, PoemRecipe
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
}


class NetworkConfiguration(BaseModel):
    """What must be known to build a `PoemNetwork`; the bounds keep a hostile file from asking for all memory."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    cell: Cell
    symbols: Annotated[int, Field(ge=5, le=100_000)]
    embedding: Annotated[int, Field(ge=1, le=4096)]
    hidden: Annotated[int, Field(ge=1, le=8192)]
    layers: Annotated[int, Field(ge=1, le=8)]
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    tied: bool = False

    @classmethod
    def of(cls, recipe: PoemRecipe, symbols: int) -> "NetworkConfiguration":
        return cls(
            cell=recipe.cell,
            symbols=symbols,
            embedding=recipe.embedding,
            hidden=recipe.hidden,
            layers=recipe.layers,
            dropout=recipe.dropout,
            tied=recipe.tied,
        )


class PoemNetwork(nn.Module):
    """Embedding, recurrent layers, output layer.

    The cells are PyTorch's: Elman 1990 with tanh, LSTM (Hochreiter & Schmidhuber 1997, with a forget gate), and GRU
    (Cho et al. 2014). A tied output layer uses the embedding's matrix (Press & Wolf 2017); where hidden and embedding
    differ in size, a linear map stands between them.
    """

    def __init__(self, configuration: NetworkConfiguration) -> None:
        super().__init__()
        self.configuration = configuration
        shape = configuration
        self.embedding = nn.Embedding(shape.symbols, shape.embedding, padding_idx=PAD)
        self.recurrent = CELLS[shape.cell](
            shape.embedding,
            shape.hidden,
            shape.layers,
            batch_first=True,
            dropout=shape.dropout if shape.layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(shape.dropout)
        width = shape.embedding if shape.tied else shape.hidden
        self.bridge = nn.Linear(shape.hidden, width) if shape.tied and shape.hidden != width else nn.Identity()
        self.output = nn.Linear(width, shape.symbols)
        if shape.tied:
            self.output.weight = self.embedding.weight

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

    def features(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Read symbols and give what the output layer sees.

        Args:
            ids: (batch, time) symbols.
            state: what was remembered before them; nothing (zeros) if left out.

        Returns:
            (batch, time, width) features, and the state after the last symbol.
        """
        hidden, state = self.recurrent(self.dropout(self.embedding(ids)), state)
        return self.bridge(self.dropout(hidden)), state

    def forward(self, ids: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        """Logits of the next symbol after each, (batch, time, symbols), and the state after the last."""
        features, state = self.features(ids, state)
        return self.output(features), state
