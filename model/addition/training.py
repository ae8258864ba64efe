"""Learning to add or to subtract: what the training loop is given, and a run from begin to end."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import numpy as np
import torch
from rich.console import Console
from threadpoolctl import threadpool_limits
from torch import Tensor, nn

from model import checkpoint
from model.addition.adder import Adder
from model.addition.certificate import certificate_of
from model.addition.certify import certify, worst_margin
from model.addition.evaluation import Verdict, fit_probe, judge
from model.addition.folded import AdderConfiguration, FoldedNetwork
from model.addition.form import hold, shut_gates
from model.addition.gated_bounds import GatedWorstCase, reach_of
from model.addition.network import AdderNetwork, folded_of
from model.addition.numbers import Digits
from model.addition.pairs import draw_lengths, draw_numbers, repeated_columns, true_columns
from model.addition.worst_case import WorstCase
from model.device import Precision
from model.errors import CertificateError
from model.header import Header
from model.progress import Display, StopRequest
from model.recipes import AdderRecipe
from model.run import RunOptions
from model.training import Trainer

VALIDATION_SUMS = 2_000
PROBE_SUMS = 1_000
TEST_SUMS = 10_000

Batch = tuple[Digits, Digits, int]

_RAMP = 0.6
"""Share of the steps with a worst case over which the boxes grow to their whole size."""

# Streams of random numbers beside those of the epochs, which are counted from 0.
_VALIDATION_STREAM = 2**62
_PROBE_STREAM = 2**62 + 1
_TEST_SEED = 0


class AdderTask:
    """Random numbers below the recipe's bound; new ones at every step."""

    unit = "sums"
    keeps_newest = True

    def __init__(self, name: str, recipe: AdderRecipe, seed: int, device: torch.device) -> None:
        """Draw the network's first weights from the seed."""
        self.name = name
        self.recipe = recipe
        self.seed = seed
        self.device = device
        self.epochs = recipe.steps // recipe.look if recipe.steps % recipe.look == 0 else 1
        torch.manual_seed(seed)
        self.network = AdderNetwork(AdderConfiguration.of(recipe))
        self.operation = self.network.operation
        hold(self.network, shared=recipe.shared, carrying=recipe.carrying)
        if recipe.keeping is not None:
            shut_gates(self.network, recipe.keeping)
        self._worst_case = None
        if recipe.ordinary is not None:
            kind = WorstCase if recipe.cell == "rnn" else GatedWorstCase
            self._worst_case = kind(self.operation, device, shared=recipe.shared, carrying=recipe.carrying)
            # A buffer of the network, so that a checkpoint has it; weights that are used have no need of it.
            self.network.register_buffer("hull", torch.zeros_like(self._worst_case.begin(self.network)))
        self._validation = self._draw(_VALIDATION_STREAM, VALIDATION_SUMS)
        self._hard = repeated_columns(self.operation, max(1, len(str(recipe.below - 1)) - 1))

    @property
    def steps(self) -> int:
        return self.recipe.steps

    def batches(self, epoch: int) -> Sequence[Batch]:
        """The epoch's batches: columns (columns, batch, operands), digits of the results (columns, batch), the step."""
        steps = self.steps // self.epochs
        columns = self._draw(epoch, steps * self.recipe.batch)
        digits, _ = true_columns(self.operation, columns)
        numbers = range(epoch * steps, (epoch + 1) * steps)
        return list(zip(np.split(columns, steps, axis=1), np.split(digits, steps, axis=1), numbers, strict=True))

    def loss(self, batch: Batch, precision: Precision) -> tuple[Tensor, int]:
        """Cross-entropy of the digits, nats a column; in single precision, whatever the device likes best.

        After the recipe's ordinary steps, with the cross-entropy of the worst case and what makes the weights sparse.
        """
        del precision
        columns, digits, step = batch
        with torch.autocast(self.device.type, enabled=False):
            loss = self._cross_entropy(columns, digits)
            if self._worst_case and self.recipe.ordinary is not None and step >= self.recipe.ordinary:
                loss = loss + self._worst_loss(self._worst_case, step - self.recipe.ordinary)
        return loss, digits.shape[1]

    def _cross_entropy(self, columns: Digits, digits: Digits) -> Tensor:
        inputs, targets = (torch.from_numpy(part).to(self.device, torch.int64) for part in (columns, digits))
        states = self.network.states(inputs)[..., : self.recipe.hidden].flatten(0, 1)
        output = self.network.output
        # Digits down, columns across: a softmax along the longer rows of memory takes half the time.
        logits = torch.addmm(output.bias[:, None], output.weight, states.t())
        return nn.functional.cross_entropy(logits[None], targets.flatten()[None])

    def _worst_loss(self, worst_case: WorstCase, done: int) -> Tensor:
        hull = self.network.get_buffer("hull")
        if done == 0:
            hull.copy_(worst_case.begin(self.network))
        settling = self.recipe.settling
        growing = _RAMP * (self.steps - (self.recipe.ordinary or 0) - settling)
        # A copy: what the step changes must not be what its gradient is worked out from.
        bounds = worst_case.bounds(self.network, hull.clone(), min(1.0, max(0, done - settling) / growing))
        hull.copy_(bounds.hull)
        loss = bounds.loss + self.recipe.sparsity * self.network.recurrent.weight.abs().sum()
        if self.recipe.closure or self.recipe.decision:
            pull = self.recipe.closure * bounds.spread + self.recipe.decision * bounds.doubt
            loss = loss + min(1.0, done / max(1, settling)) * pull
        return loss

    def evaluate(self) -> dict[str, float]:
        """Fit the probe to the network as it is now, and judge both on the training range.

        Returns:
            `loss` in nats a column and `exact`, the share of sums without error, on held-out numbers; `margin`, the
            worst lead of a right digit over the next in sums of one repeated column; `plain` and `handed`, the share of
            right digits in columns that are handed no carry, and one; `worst_case`, where the recipe has
            one, a bound of that lead over all sums of all lengths (of a gated cell, of up to `columns` columns).
        """
        self._fit_probe()
        folded = folded_of(self.network)
        digits, _ = true_columns(self.operation, self._validation)
        verdict = judge(folded, self._validation)
        figures = {
            "loss": self._cross_entropy(self._validation, digits).item(),
            "exact": verdict.exact / verdict.sums,
            "margin": judge(folded, self._hard).margin,
            "probe": verdict.carries,
            "plain": verdict.plain,
            "handed": verdict.handed,
        }
        return figures | (self._over_all(folded) if self._worst_case else {})

    def _over_all(self, network: FoldedNetwork) -> dict[str, float]:
        """What can be said of all sums; of gated cells up to how many columns it is known, which may not be all."""
        if network.cell == "rnn":
            return {"worst_case": worst_margin(network)}
        reach = reach_of(network)
        return {"worst_case": reach.margin} | ({} if reach.columns is None else {"columns": reach.columns})

    def test(self) -> Verdict:
        """Judge on numbers beyond the training range: from the bound on to the largest number of as many digits."""
        random = np.random.Generator(np.random.Philox(_TEST_SEED))
        low = self.recipe.below
        columns = draw_numbers(random, self.operation, TEST_SUMS, low, 10 ** len(str(low)))
        return judge(folded_of(self.network), columns)

    def sample(self) -> str:
        adder = Adder(folded_of(self.network))
        operands = [("9000", "1", "2"), ("99999", "99999", "9")]
        found = (adder.compute(*numbers[: self.operation.operands]) for numbers in operands)
        return " · ".join(addition.line for addition in found)

    def header(self, step: int, figures: Mapping[str, float]) -> Header:
        return Header(
            kind="adder",
            configuration=self.network.configuration.model_dump(),
            recipe=self.name,
            settings=self.recipe.model_dump(mode="json"),
            corpus=f"random numbers below {self.recipe.below}",
            seed=self.seed,
            step=step,
            # Beyond this, the digits depend on how the cores share the work, and a file's hash should not.
            figures={figure: float(f"{value:.6g}") for figure, value in figures.items()},
        )

    def _draw(self, stream: int, count: int) -> Digits:
        random = np.random.Generator(np.random.Philox(key=[self.seed, stream]))
        if self.recipe.draw == "lengths":
            return draw_lengths(random, self.operation, count, len(str(self.recipe.below - 1)))
        return draw_numbers(random, self.operation, count, 0, self.recipe.below)

    def _fit_probe(self) -> None:
        columns = self._draw(_PROBE_STREAM, PROBE_SUMS)
        _, carries = true_columns(self.operation, columns)
        folded = folded_of(self.network)
        states = folded.read(columns, folded.begin(columns.shape[1]))[..., : folded.hidden].reshape(-1, folded.hidden)
        probe = self.network.probe
        with torch.no_grad():
            for least in range(1, self.operation.carries):
                weights, bias = fit_probe(states, (carries.ravel() >= least).astype(np.uint8))
                probe.weight[least - 1] = torch.from_numpy(weights)
                probe.bias[least - 1] = bias


@contextmanager
def _one_thread() -> Iterator[None]:
    """Products this small gain next to nothing from a second core, and lose much where that core is busy.

    PyTorch's threads and those of numpy's BLAS, which wait for each other without resting.
    """
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(threads)


@_one_thread()
def train_adder(name: str, recipe: AdderRecipe, options: RunOptions, console: Console) -> bool:
    """Train an adder in a folder, or go on with the run there, test it, and prove it exact where the recipe can.

    `weights.safetensors` holds the network as it stands after the last step, in single precision, and
    `weights.certificate.safetensors` the proof.

    Returns:
        Whether the end was reached; if not, somebody asked to stop, and the run is saved.

    Raises:
        TrainingError: if the folder does not fit, or the loss is no number.
        CheckpointError: if nothing can be written.
    """
    task = AdderTask(name, recipe, options.seed, options.device)
    trainer = Trainer(task, options)
    with Display(console, task.unit) as display, StopRequest() as stop:
        if not trainer.train(display, stop):
            return False
    trainer.run.log.record(event="stage", stage="testing")
    figures = task.evaluate()
    test = task.test()
    figures |= {"test_exact": test.exact / test.sums, "test_margin": test.margin, "test_probe": test.carries}
    weights = trainer.run.weights
    certificate_of(weights).unlink(missing_ok=True)
    checkpoint.save(weights, checkpoint.parameters_of(task.network), task.header(recipe.steps, figures))
    console.print(
        f"tested on {test.sums:,} sums from {recipe.below:,} on: {test.exact:,} exact, "
        f"worst margin {test.margin:.2f}, carry read rightly in {test.carries:.2%} of the columns",
        highlight=False,
    )
    if recipe.ordinary is not None:
        trainer.run.log.record(event="stage", stage="proving")
        try:
            console.print(certify(weights).statement, highlight=False, soft_wrap=True)
        except CertificateError as error:
            console.print(f"not proven: {error}", style="yellow", highlight=False, soft_wrap=True)
    return True
