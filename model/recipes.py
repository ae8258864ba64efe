"""Named settings for a training run: which network, which optimizer, how long."""

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from model.errors import RecipeError

Cell = Literal["rnn", "gru", "lstm"]
Initialisation = Literal[
    "default", "xavier_uniform", "xavier_normal", "kaiming_uniform", "kaiming_normal", "orthogonal", "normal", "uniform"
]
Part = Literal["embedding", "recurrent", "output"]
Optimizer = Literal["adam", "adamw", "rmsprop", "sgd"]
OperationName = Literal["add", "subtract", "add-3"]


class _Settings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    optimizer: Optimizer = "adam"
    learning_rate: Annotated[float, Field(gt=0, le=10)]
    weight_decay: Annotated[float, Field(ge=0, le=10)] = 0.0
    clip: Annotated[float, Field(gt=0)] | None = None
    """Largest gradient norm; a longer gradient is scaled down to it."""
    warmup: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Share of the run over which the learning rate rises from zero."""
    decay: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Share of the run, at its end, over which the learning rate falls to zero in a straight line."""

    average: Annotated[float, Field(ge=0, lt=1)] = 0.0
    """Decay of the running average of the weights that is judged and kept; 0: the weights themselves are."""

    @model_validator(mode="after")
    def _schedule_fits(self) -> "_Settings":
        if self.warmup + self.decay > 1:
            raise ValueError("warmup and decay together are longer than the run")
        return self


class PoemRecipe(_Settings):
    """How a `PoemNetwork` is built and trained."""

    cell: Cell
    embedding: Annotated[int, Field(ge=1, le=4096)]
    hidden: Annotated[int, Field(ge=1, le=8192)]
    layers: Annotated[int, Field(ge=1, le=8)] = 1
    dropout: Annotated[float, Field(ge=0, lt=1)] = 0.0
    tied: bool = False
    """Whether the output layer shares the embedding's weights."""
    slot: Annotated[int, Field(ge=0, le=1024)] = 0
    """Width in which the network is told the place that it writes next; 0: it is told nothing."""
    echo: Annotated[int, Field(ge=0, le=1024)] = 0
    """Width in which it is shown each of the characters that matter there."""
    initialisation: Mapping[Part, Initialisation] = {}

    batch: Annotated[int, Field(ge=1, le=65536)]
    """Poems in a batch."""
    epochs: Annotated[int, Field(ge=1, le=10_000)]
    loss: Literal["character", "poem"] = "character"
    """Whether every character weighs the same in a batch, or every poem."""
    dynasties: tuple[Literal["tang", "song"], ...] = ()
    """Which part of a corpus that names dynasties is used; all of it when empty."""
    focus: tuple[Literal["tang", "song"], ...] = ()
    """The part that matters: held-out poems are of these dynasties, and from `focus_from` on all poems are."""
    focus_from: Annotated[int, Field(ge=0)] = 0
    """The epoch, counted from 0, from which on only poems of the focus are read."""
    regulated: bool = False
    """Whether only poems of the four forms are read."""
    floor: Annotated[int, Field(ge=1)] = 1
    """How often a character must occur to be known."""


class AdderRecipe(_Settings):
    """How an adder is built and trained."""

    operation: OperationName = "add"
    cell: Cell = "rnn"
    embedding: Annotated[int, Field(ge=1, le=1024)]
    hidden: Annotated[int, Field(ge=1, le=4096)]
    batch: Annotated[int, Field(ge=1, le=65536)]
    """Sums in a batch."""
    steps: Annotated[int, Field(ge=1, le=10_000_000)]
    look: Annotated[int, Field(ge=1)] = 500
    """Steps between two looks at what it can do; an epoch, where the steps can be parted so."""
    below: Annotated[int, Field(ge=2, le=10**18)]
    """The numbers that it learns from are smaller than this."""
    draw: Literal["numbers", "lengths"] = "numbers"
    """Whether all numbers are drawn alike, or all lengths, with more chains of carries than chance has."""
    ordinary: Annotated[int, Field(ge=0)] | None = None
    """Steps after which the worst case is lowered too, so that exactness can be proven; it never is where left out."""
    sparsity: Annotated[float, Field(ge=0, le=1)] = 0.0
    """Weight of the sum of the recurrent weights' magnitudes in the loss, while the worst case is lowered."""
    shared: bool = False
    """Whether all numbers have the same input weights: which comes first does not matter where all are added."""
    keeping: Annotated[float, Field(ge=-10, le=10)] | None = None
    """Where the biases of the gates begin that say what stays (of a GRU update, of an LSTM forget); drawn if left out.
    Below zero they are shut at first, and what is kept is learnt, not what is forgotten."""
    carrying: Annotated[int, Field(ge=1)] | None = None
    """How many units reach the next column; all of them where left out."""
    settling: Annotated[int, Field(ge=0)] = 0
    """Steps between the ordinary ones and those in which the boxes grow: over these, the next two rise to their all."""
    closure: Annotated[float, Field(ge=0)] = 0.0
    """Weight in the loss of how widely that is spread which is handed on after each carry; of a gated cell, by its
    gates alone."""
    decision: Annotated[float, Field(ge=0)] = 0.0
    """Weight in the loss of how far the units that reach the next column are from saying yes or no."""

    @model_validator(mode="after")
    def _form_fits(self) -> "AdderRecipe":
        if self.shared and self.operation == "subtract":
            raise ValueError("numbers of a subtraction cannot share their weights")
        if self.cell != "rnn" and (self.carrying is not None or self.decision):
            raise ValueError("all units of a gated cell reach the next column")
        if self.cell == "rnn" and self.keeping is not None:
            raise ValueError("an Elman network has no gates")
        if self.carrying is not None and self.carrying > self.hidden:
            raise ValueError("more units reach the next column than there are")
        if self.ordinary is not None and self.ordinary + self.settling >= self.steps:
            raise ValueError("no step is left in which the boxes grow")
        return self


Recipe = PoemRecipe | AdderRecipe

RECIPES = Path(__file__).with_name("recipes.toml")


@cache
def _table() -> dict[str, dict[str, Any]]:
    return tomllib.loads(RECIPES.read_text(encoding="utf-8"))


def recipe_names() -> list[str]:
    """The names that `load_recipe` knows, in the order of the file."""
    return list(_table())


def load_recipe(name: str, changes: Sequence[str] = ()) -> Recipe:
    """Read a recipe, with `key=value` changes whose values are written as in TOML (bare words are text).

    Raises:
        RecipeError: for an unknown name, an unknown key or a value that does not fit; it names them all.
    """
    if name not in _table():
        raise RecipeError(f"there is no recipe {name!r}; choose one of: {', '.join(_table())}")
    values = _table()[name] | dict(_read_change(change) for change in changes)
    kind = AdderRecipe if "steps" in _table()[name] else PoemRecipe
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        faults = "; ".join(f"{'.'.join(map(str, fault['loc'])) or name}: {fault['msg']}" for fault in error.errors())
        raise RecipeError(f"recipe {name!r} has wrong values: {faults}") from None


def _read_change(change: str) -> tuple[str, Any]:
    key, equals, text = change.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"{change!r} is no change of a recipe; write key=value, as in epochs=10")
    try:
        return key.strip(), tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), text.strip()
