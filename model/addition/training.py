"""Learning to add: what the training loop is given, and a run from begin to end."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from rich.console import Console
from torch import Tensor, nn

from model import checkpoint
from model.addition.adder import Adder
from model.addition.evaluation import Verdict, fit_probe, judge
from model.addition.network import AdderConfiguration, AdderNetwork, FoldedNetwork
from model.addition.numbers import Digits
from model.addition.pairs import draw_pairs, repeated_columns, true_columns
from model.device import Precision
from model.header import Header
from model.progress import Display, StopRequest
from model.recipes import AdderRecipe
from model.run import RunOptions
from model.training import Trainer

EPOCH_STEPS = 500
VALIDATION_PAIRS = 2_000
PROBE_PAIRS = 1_000
TEST_PAIRS = 10_000

Batch = tuple[Digits, Digits]

# Streams of random numbers beside those of the epochs, which are counted from 0.
_VALIDATION_STREAM = 2**62
_PROBE_STREAM = 2**62 + 1
_TEST_SEED = 0


class AdderTask:
    """Random pairs of numbers below the recipe's bound; new ones at every step."""

    unit = "pairs"

    def __init__(self, name: str, recipe: AdderRecipe, seed: int, device: torch.device) -> None:
        """Draw the network's first weights from the seed."""
        self.name = name
        self.recipe = recipe
        self.seed = seed
        self.device = device
        self.epochs = recipe.steps // EPOCH_STEPS if recipe.steps % EPOCH_STEPS == 0 else 1
        torch.manual_seed(seed)
        self.network = AdderNetwork(AdderConfiguration.of(recipe))
        self._validation = self._draw(_VALIDATION_STREAM, VALIDATION_PAIRS)
        self._hard = repeated_columns(max(1, len(str(recipe.below - 1)) - 1))

    @property
    def steps(self) -> int:
        return self.recipe.steps

    def batches(self, epoch: int) -> Sequence[Batch]:
        """The epoch's batches: columns (columns, batch, 2) and the digits of the sums (columns, batch)."""
        steps = self.steps // self.epochs
        columns = self._draw(epoch, steps * self.recipe.batch)
        digits, _ = true_columns(columns)
        return list(zip(np.split(columns, steps, axis=1), np.split(digits, steps, axis=1), strict=True))

    def loss(self, batch: Batch, precision: Precision) -> tuple[Tensor, int]:
        """Cross-entropy of the digits, nats a column; in single precision, whatever the device likes best."""
        del precision
        columns, digits = (torch.from_numpy(part).to(self.device, torch.int64) for part in batch)
        with torch.autocast(self.device.type, enabled=False):
            states, output = self.network.states(columns).flatten(0, 1), self.network.output
            # Digits down, columns across: a softmax along the longer rows of memory takes half the time.
            logits = torch.addmm(output.bias[:, None], output.weight, states.t())
            loss = nn.functional.cross_entropy(logits[None], digits.flatten()[None])
        return loss, digits.shape[1]

    def evaluate(self) -> dict[str, float]:
        """Fit the probe to the network as it is now, and judge both on the training range.

        Returns:
            `loss` in nats a column and `exact`, the share of sums without error, on held-out pairs; `margin`, the worst
            lead of a right digit over the next in sums of one repeated column.
        """
        self._fit_probe()
        folded = FoldedNetwork.of(self.network)
        digits, _ = true_columns(self._validation)
        loss, _ = self.loss((self._validation, digits), "float32")
        verdict = judge(folded, self._validation)
        return {
            "loss": loss.item(),
            "exact": verdict.exact / verdict.sums,
            "margin": judge(folded, self._hard).margin,
            "probe": verdict.carries,
        }

    def test(self) -> Verdict:
        """Judge on pairs beyond the training range: from the bound on to the largest number of as many digits."""
        random = np.random.Generator(np.random.Philox(_TEST_SEED))
        low = self.recipe.below
        return judge(FoldedNetwork.of(self.network), draw_pairs(random, TEST_PAIRS, low, 10 ** len(str(low))))

    def sample(self) -> str:
        adder = Adder(self.network)
        return " · ".join(f"{a} + {b} = {adder.add(a, b).text}" for a, b in (("123", "456"), ("99999", "1")))

    def header(self, step: int, figures: Mapping[str, float]) -> Header:
        return Header(
            kind="adder",
            configuration=self.network.configuration.model_dump(),
            recipe=self.name,
            settings=self.recipe.model_dump(mode="json"),
            corpus=f"random pairs below {self.recipe.below}",
            seed=self.seed,
            step=step,
            # Beyond this, the digits depend on how the cores share the work, and a file's hash should not.
            figures={figure: float(f"{value:.6g}") for figure, value in figures.items()},
        )

    def _draw(self, stream: int, count: int) -> Digits:
        random = np.random.Generator(np.random.Philox(key=[self.seed, stream]))
        return draw_pairs(random, count, 0, self.recipe.below)

    def _fit_probe(self) -> None:
        columns = self._draw(_PROBE_STREAM, PROBE_PAIRS)
        _, carries = true_columns(columns)
        folded = FoldedNetwork.of(self.network)
        states = folded.read(columns, folded.begin(columns.shape[1]))
        weights, bias = fit_probe(states.reshape(-1, states.shape[-1]), carries.ravel())
        with torch.no_grad():
            self.network.probe.weight.copy_(torch.from_numpy(weights))
            self.network.probe.bias.fill_(bias)


def train_adder(name: str, recipe: AdderRecipe, options: RunOptions, console: Console) -> bool:
    """Train an adder in a folder, or go on with the run there, and test it.

    `weights.safetensors` holds the network as it stands after the last step, in single precision.

    Returns:
        Whether the end was reached; if not, somebody asked to stop, and the run is saved.

    Raises:
        TrainingError: if the folder does not fit, or the loss is no number.
        CheckpointError: if nothing can be written.
    """
    task = AdderTask(name, recipe, options.seed, options.device)
    with _one_thread():
        trainer = Trainer(task, options)
        with Display(console, task.unit) as display, StopRequest() as stop:
            if not trainer.train(display, stop):
                return False
    figures = task.evaluate()
    test = task.test()
    figures |= {"test_exact": test.exact / test.sums, "test_margin": test.margin, "test_probe": test.carries}
    checkpoint.save(trainer.run.weights, checkpoint.parameters_of(task.network), task.header(recipe.steps, figures))
    console.print(
        f"tested on {test.sums:,} pairs from {recipe.below:,} on: {test.exact:,} exact, "
        f"worst margin {test.margin:.2f}, carry read rightly in {test.carries:.2%} of the columns",
        highlight=False,
    )
    return True


@contextmanager
def _one_thread() -> Iterator[None]:
    """Products this small gain next to nothing from a second core, and lose much where that core is busy."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
