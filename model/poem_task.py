"""Learning to write poems: what the training loop is given."""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from rich.console import Console
from torch import Tensor

from model.batches import PoemTable
from model.constraints import Constraints
from model.corpus import Corpus, split_corpus
from model.device import Precision
from model.errors import TrainingError
from model.generation import Poet
from model.header import Header
from model.losses import sliced_cross_entropy
from model.network import NetworkConfiguration, PoemNetwork
from model.progress import Display, StopRequest
from model.recipes import PoemRecipe
from model.run import RunOptions
from model.training import Trainer
from model.vocabulary import PAD, Vocabulary

EVALUATION_ROWS = 128


class PoemTask:
    """A recipe, a network, and a corpus that is split into training and held-out poems."""

    unit = "characters"

    def __init__(self, name: str, recipe: PoemRecipe, corpus: Corpus, seed: int, device: torch.device) -> None:
        """Split the corpus, count its characters, draw the network's first weights from the seed.

        Raises:
            TrainingError: if nothing is left to train on, nothing is held out, or no poem could be written with the
                characters.
        """
        splits = split_corpus(corpus.poems)
        if not splits.train or not splits.valid:
            raise TrainingError(
                f"the corpus is too small: {len(splits.train)} poems to train on and {len(splits.valid)} to judge by; "
                "give a larger one"
            )
        self.name = name
        self.recipe = recipe
        self.corpus = corpus
        self.seed = seed
        self.device = device
        self.epochs = recipe.epochs
        self.vocabulary = Vocabulary.build((poem.text for poem in splits.train), recipe.floor)
        try:
            Constraints(self.vocabulary)
        except ValueError as error:
            raise TrainingError(f"{error}; give a corpus of such poems, or a lower floor") from None
        self.training_poems = PoemTable([poem.text for poem in splits.train], self.vocabulary)
        self.validation_poems = PoemTable([poem.text for poem in splits.valid], self.vocabulary)
        torch.manual_seed(seed)
        self.network = PoemNetwork(NetworkConfiguration.of(recipe, len(self.vocabulary)))
        for part, how in recipe.initialisation.items():
            self.network.initialise(part, how)

    def batches(self, epoch: int) -> Sequence[np.ndarray]:
        random = np.random.Generator(np.random.Philox(key=[self.seed, epoch]))
        return self.training_poems.shuffled(self.recipe.batch, random)

    def loss(self, batch: np.ndarray, precision: Precision) -> tuple[Tensor, int]:
        ids = self.training_poems.padded(batch).to(self.device)
        return poem_loss(self.network, ids, precision, per_poem=self.recipe.loss == "poem")

    def evaluate(self) -> dict[str, float]:
        """`loss`: nats a symbol, punctuation and end counted, on the validation poems."""
        return {"loss": mean_loss(self.network, self.validation_poems, self.device)}

    def sample(self) -> str:
        [poem] = Poet(self.network, self.vocabulary, self.corpus.script).compose(seed=self.seed)
        return poem.text

    def header(self, step: int, figures: Mapping[str, float]) -> Header:
        return Header(
            kind="poem",
            configuration=self.network.configuration.model_dump(),
            characters="".join(self.vocabulary.characters),
            script=self.corpus.script.value,
            recipe=self.name,
            settings=self.recipe.model_dump(mode="json"),
            corpus=self.corpus.fingerprint,
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
    task = PoemTask(name, recipe, corpus, options.seed, options.device)
    trainer = Trainer(task, options)
    with StopRequest() as stop, Display(console, task.unit) as display:
        return trainer.train(display, stop)


def poem_loss(network: PoemNetwork, ids: Tensor, precision: Precision, *, per_poem: bool) -> tuple[Tensor, int]:
    """Mean negative log-likelihood of a batch, padding left out.

    Args:
        network: which network.
        ids: (poems, time) with begin, end and padding.
        precision: in which the output layer's products run.
        per_poem: whether every poem weighs the same (its own mean first), instead of every symbol.

    Returns:
        The loss in nats a symbol, a scalar, and the number of symbols.
    """
    features, _ = network.features(ids[:, :-1])
    targets = ids[:, 1:]
    real = targets != PAD
    counts = real.sum(dim=1, keepdim=True)
    shares = 1.0 / (counts * len(ids)) if per_poem else torch.full_like(counts, 1) / counts.sum()
    return (
        sliced_cross_entropy(
            features[real], network.output, targets[real], shares.expand_as(real)[real], getattr(torch, precision)
        ),
        int(counts.sum()),
    )


def mean_loss(network: PoemNetwork, table: PoemTable, device: torch.device) -> float:
    """Nats a symbol over all poems of the table, in single precision."""
    total, symbols = 0.0, 0
    for rows in table.sorted(EVALUATION_ROWS):
        loss, count = poem_loss(network, table.padded(rows).to(device), "float32", per_poem=False)
        total += loss.item() * count
        symbols += count
    return total / symbols
