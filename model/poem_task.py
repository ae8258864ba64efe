"""Learning to write poems: what the training loop is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from model.batches import Batch, PoemTable, in_order, shuffled
from model.corpus import Corpus, SourcePoem, split_corpus
from model.device import Precision
from model.errors import TrainingError
from model.generation import Poet
from model.header import Header
from model.losses import sliced_cross_entropy
from model.network import PoemNetwork
from model.origin import Origin
from model.progress import Display, StopRequest
from model.punctuation import Punctuation
from model.recipes import PoemRecipe
from model.run import RunOptions
from model.script import Script, convert
from model.team import Team
from model.torch_stepping import make_stepper
from model.training import Trainer
from model.verses import VerseTable
from model.vocabulary import PAD, Vocabulary

EVALUATION_ROWS = 128


@dataclass(frozen=True, slots=True)
class Portion:
    """Poems of one batch, and what decides how much is told of them."""

    rows: np.ndarray
    key: tuple[int, int]


class PoemTask:
    """A recipe, a network, and a corpus that is split into training and held-out poems."""

    unit = "characters"
    keeps_newest = False

    def __init__(
        self,
        name: str,
        recipe: PoemRecipe,
        corpus: Corpus,
        seed: int,
        device: torch.device,
        origin: Path | None = None,
        team: Team = Team(),  # noqa: B008 - it is frozen
    ) -> None:
        """Split the corpus, count its characters, draw the network's first weights from the seed.

        With an origin, script, characters and first weights are those of that file.

        Raises:
            TrainingError: if nothing is left to train on, nothing is held out, no poem could be written with the
                characters, or the origin does not fit.
            CheckpointError: if the origin cannot be read.
        """
        self.origin = Origin(origin, recipe) if origin else None
        self.script = self.origin.script if self.origin else corpus.script
        splits = split_corpus(_in_script(corpus, self.script))
        train = [poem for poem in splits.train if poem.form or not recipe.regulated]
        valid = [poem for poem in splits.valid if (poem.form or not recipe.regulated) and in_focus(poem, recipe)]
        if not train or not valid:
            raise TrainingError(
                f"the corpus is too small: {len(train)} poems to train on and {len(valid)} to judge by; "
                "give a larger one"
            )
        self.name = name
        self.recipe = recipe
        self.corpus = corpus
        self.seed = seed
        self.device = device
        self.team = team
        self.epochs = recipe.epochs
        self.vocabulary = (
            self.origin.vocabulary if self.origin else Vocabulary.build((poem.text for poem in train), recipe.floor)
        )
        try:
            Punctuation(self.vocabulary)
        except ValueError as error:
            raise TrainingError(f"{error}; give a corpus of such poems, or a lower floor") from None
        self.training_poems = self._table(train)
        self.validation_poems = self._table(valid)
        self._readings = _readings(train)
        self._focus = self._readings[np.array([in_focus(poem, recipe) for poem in train], dtype=bool)[self._readings]]
        self.network = self.origin.network if self.origin else PoemNetwork.drawn(recipe, len(self.vocabulary), seed)

    def _table(self, poems: Sequence[SourcePoem]) -> PoemTable | VerseTable:
        if self.recipe.slot:
            return VerseTable(poems, self.vocabulary, self.recipe.focus)
        return PoemTable([poem.text for poem in poems], self.vocabulary)

    def batches(self, epoch: int) -> Sequence[Portion]:
        random = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        rows = self._focus if epoch >= self.recipe.focus_from else self._readings
        cut = shuffled(self.training_poems.lengths[rows], self.recipe.batch, random)
        return [Portion(rows[part], (self.seed, (epoch << 32) + number)) for number, part in enumerate(cut)]

    @property
    def steps(self) -> int:
        """Batches of the whole run."""
        broad = min(self.recipe.focus_from, self.epochs)
        all_poems, focus = (-(-count // self.recipe.batch) for count in (len(self._readings), len(self._focus)))
        return broad * all_poems + (self.epochs - broad) * focus

    def loss(self, batch: Portion, precision: Precision) -> tuple[Tensor, int]:
        random = np.random.Generator(np.random.Philox(key=batch.key))
        poems = self.training_poems.batch(batch.rows, random)
        return poem_loss(self.network, poems, precision, per_poem=self.recipe.loss == "poem", team=self.team)

    def evaluate(self) -> dict[str, float]:
        """`loss`: nats a symbol on the validation poems, marks and end counted where the network writes them."""
        return {"loss": mean_loss(self.network, self.validation_poems)}

    def sample(self) -> str:
        [poem] = Poet(make_stepper(self.network), self.vocabulary, self.script).compose(seed=self.seed)
        return poem.text

    def header(self, step: int, figures: Mapping[str, float]) -> Header:
        return Header(
            kind="poem",
            configuration=self.network.configuration.model_dump(),
            characters="".join(self.vocabulary.characters),
            script=self.script.value,
            recipe=self.name,
            settings=self.recipe.model_dump(mode="json"),
            corpus=self.corpus.fingerprint,
            origin=self.origin.name if self.origin else "",
            seed=self.seed,
            step=step,
            figures=dict(figures),
        )


def train_poet(name: str, recipe: PoemRecipe, corpus: Corpus, options: RunOptions, console: Console) -> bool:
    """Train a network on a corpus in a folder, or go on with the run there.

    `weights.safetensors` in the folder holds the weights with the lowest held-out loss, in half precision.

    Returns:
        Whether the end was reached; if not, somebody asked to stop, and the run is saved.

    Raises:
        TrainingError: if corpus or folder do not fit, or the loss is no number.
        CheckpointError: if nothing can be written.
    """
    task = PoemTask(name, recipe, corpus, options.seed, options.device, options.origin, options.team)
    trainer = Trainer(task, options)
    with StopRequest() as stop, Display(console, task.unit) as display:
        return trainer.train(display, stop)


def _in_script(corpus: Corpus, script: Script) -> list[SourcePoem]:
    """Its poems; turned into the other script where whoever reads them knows only that one."""
    if script is corpus.script:
        return corpus.poems
    return [replace(poem, text=convert(poem.text, script)) for poem in corpus.poems]


def _readings(poems: Sequence[SourcePoem]) -> np.ndarray:
    """The poems that an epoch reads, by their numbers: each as often as its weight."""
    return np.repeat(np.arange(len(poems)), [poem.weight for poem in poems])


def in_focus(poem: SourcePoem, recipe: PoemRecipe) -> bool:
    """Whether the poem is of the dynasties that matter; one that states none is."""
    return not recipe.focus or not poem.dynasty or poem.dynasty in recipe.focus


def poem_loss(
    network: PoemNetwork,
    batch: Batch,
    precision: Precision,
    *,
    per_poem: bool,
    team: Team = Team(),  # noqa: B008 - it is frozen
) -> tuple[Tensor, int]:
    """Mean negative log-likelihood of a batch, padding left out.

    Args:
        network: which network.
        batch: the poems; what is counted of them here need not be waited for.
        precision: in which the output layer's products run.
        per_poem: whether every poem weighs the same (its own mean first), instead of every symbol.
        team: each of its processes reads some of the poems, and all of them together the batch.

    Returns:
        The loss in nats a symbol, a scalar, and the number of symbols of the batch. Of a team each has its part of the
        loss: those of all of them add up to it.
    """
    real = batch.targets != PAD
    counts = real.sum(axis=1, keepdims=True)
    symbols = int(counts.sum())
    shares = 1.0 / (counts * len(real)) if per_poem else np.full_like(counts, 1) / symbols
    own = slice(team.rank, None, team.size)
    batch, real, shares = batch.part(own), real[own], shares[own]
    if not len(real):  # fewer poems than processes: this one has a part in the gradients all the same, of nothing
        return torch.stack([parameter.sum() for parameter in network.parameters()]).sum() * 0.0, symbols
    device = network.embedding.weight.device
    places = np.flatnonzero(real)
    targets = _send(batch.targets.ravel()[places], device)
    weights = _send(np.broadcast_to(shares, real.shape).ravel()[places].astype(np.float32), device)
    told = None if batch.told is None else _send(batch.told, device)
    features, _ = network.features(_send(batch.inputs, device), told=told)
    features = features.flatten(0, 1).index_select(0, _send(places, device))
    return sliced_cross_entropy(features, network.output, targets, weights, getattr(torch, precision)), symbols


def _send(array: np.ndarray, device: torch.device) -> Tensor:
    """The array on the device. A graphics processor fetches it when it comes to it, and nobody waits for that."""
    tensor = torch.from_numpy(array)
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor.to(device)


def mean_loss(network: PoemNetwork, table: PoemTable | VerseTable) -> float:
    """Nats a symbol over all poems of the table, in single precision."""
    total, symbols = 0.0, 0
    for rows in in_order(table.lengths, EVALUATION_ROWS):
        loss, count = poem_loss(network, table.batch(rows), "float32", per_poem=False)
        total += loss.item() * count
        symbols += count
    return total / symbols
