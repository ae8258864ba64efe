"""Characters a second by each recipe, and the time to the losses of the classic loop, on the 五绝 of a corpus.

python -m benchmarks.training --corpus PATH [--quick] [--device cpu|cuda]

All train on the same poems, with as many threads. The classic loop takes 30 epochs (4 with --quick); two of its losses
are the goals: the lowest on held-out poems in all that time, and the last on all training poems. A recipe trains until
both are reached, or to its end. Evaluation is not counted. "× products" holds the speed against that of the products of
matrices alone that a step takes, forwards and backwards, in the precision that is used.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.classic import ClassicNetwork, mean_loss, train_epoch
from benchmarks.limits import training_products
from benchmarks.machine import machine
from model.batches import PoemTable
from model.corpus import Corpus, load_corpus
from model.device import choose_precision
from model.forms import Form
from model.poem_task import PoemTask
from model.poem_task import mean_loss as task_loss
from model.progress import Display, StopRequest
from model.recipes import PoemRecipe, load_recipe, recipe_names
from model.run import RunOptions
from model.training import Trainer

SMALL = ("simple-rnn", "gru", "lstm", "lstm-rmsprop", "lstm-fast")
"""The recipes for networks of the exercise's size, of which the time to a loss is measured too."""
QUICK = ("lstm-fast",)


@dataclass(frozen=True, slots=True)
class Point:
    """Where a training run stands after an epoch."""

    epoch: int
    seconds: float
    training: float
    """Loss over all training poems, in evaluation mode, nats a symbol."""
    held_out: float


class MeasuredTask(PoemTask):
    """A recipe's task, which notes its losses after each epoch, and stops when the goals are reached."""

    goals: tuple[float, float]
    """Training loss and held-out loss."""
    trainer: Trainer

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.points: list[Point] = []
        self.stop = StopRequest()

    def evaluate(self) -> dict[str, float]:
        figures = super().evaluate()
        training = task_loss(self.network, self.training_poems)
        position = self.trainer.position
        self.points.append(Point(position.epoch + 1, position.seconds, training, figures["loss"]))
        reached = [min(values) for values in ([p.training for p in self.points], [p.held_out for p in self.points])]
        self.stop.asked = all(value <= goal for value, goal in zip(reached, self.goals, strict=True))
        return figures


def recipe_of(name: str) -> PoemRecipe | None:
    """The recipe, with a vocabulary of all characters; None for one that is not of poems."""
    recipe = load_recipe(name)
    return recipe.model_copy(update={"floor": 1}) if isinstance(recipe, PoemRecipe) else None


def classic(task: PoemTask, epochs: int) -> Iterator[Point]:
    """The exercise's way, on the task's poems."""

    def whole(table: PoemTable) -> torch.Tensor:
        return torch.from_numpy(table.padded(np.arange(len(table)))).to(task.device)

    tables = (task.training_poems, task.validation_poems)
    training, held_out = (whole(table) for table in tables if isinstance(table, PoemTable))
    torch.manual_seed(0)
    network = ClassicNetwork(len(task.vocabulary)).to(task.device)
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    seconds = 0.0
    for epoch in range(1, epochs + 1):
        started = time.perf_counter()
        for _ in train_epoch(network, optimizer, training):
            pass
        seconds += time.perf_counter() - started
        yield Point(epoch, seconds, mean_loss(network, training), mean_loss(network, held_out))


def by_recipe(task: MeasuredTask) -> Sequence[Point]:
    """The project's way, until the goals are reached or the recipe ends."""
    with tempfile.TemporaryDirectory() as folder:
        task.trainer = Trainer(task, RunOptions(Path(folder) / "run", seed=0, device=task.device))
        with Display(Console(file=io.StringIO()), task.unit) as display:
            task.trainer.train(display, task.stop)
    return task.points


def speed(task: PoemTask, seconds: float) -> float:
    """Characters a second, measured for about so long."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = Trainer(task, RunOptions(Path(folder) / "run", seed=0, device=task.device))
        batches = iter(task.batches(0))
        trainer.learner.network.train()
        for _ in range(3):
            trainer.learner.step(next(batches), 1e-4)
        characters, started = 0, time.perf_counter()
        for batch in batches:
            loss, count = trainer.learner.step(batch, 1e-4)
            characters += count
            if time.perf_counter() - started > seconds:
                break
        loss.item()
        return characters / (time.perf_counter() - started)


def goals_of(points: Sequence[Point]) -> tuple[Point, Point]:
    """Where the classic loop reached its last training loss, and its lowest held-out loss."""
    return points[-1], min(points, key=lambda point: point.held_out)


def reached(points: Sequence[Point], goal: Point, measure: str) -> str:
    """After how many epochs and seconds, and in which share of the classic loop's time."""
    found = next((point for point in points if getattr(point, measure) <= getattr(goal, measure)), None)
    if found is None:
        return f"not in {points[-1].epoch} epochs"
    return f"{found.epoch} epochs, {found.seconds:.1f} s, {found.seconds / goal.seconds:.2f}"


def measure(corpus: Corpus, device: torch.device, console: Console, *, quick: bool) -> None:
    """Print the table of one device."""
    first = recipe_of(SMALL[0])
    assert first is not None
    plain = PoemTask(SMALL[0], first, corpus, 0, device)
    poems, symbols = len(plain.training_poems), len(plain.vocabulary)
    precision = choose_precision(device)
    points = list(classic(plain, 4 if quick else 30))
    training, held_out = goals_of(points)
    characters = float((plain.training_poems.lengths - 1).sum())
    baseline = characters * points[-1].epoch / points[-1].seconds
    table = Table(
        "recipe",
        "characters a second",
        "× classic loop",
        "× products",
        f"held-out loss {held_out.held_out:.3f}",
        f"training loss {training.training:.3f}",
        "lowest held-out loss",
        caption=f"{poems:,} poems, {symbols:,} symbols, {device.type}, {precision}; epochs, seconds, share of the time",
    )
    own = [reached(points, goal, name) for goal, name in ((held_out, "held_out"), (training, "training"))]
    table.add_row("classic loop", f"{baseline:,.0f}", "1.00", "", *own, f"{held_out.held_out:.3f}")
    for name in QUICK if quick else recipe_names():
        recipe = recipe_of(name)
        if recipe is None:
            continue
        task = MeasuredTask(name, recipe, corpus, 0, device)
        task.goals = (training.training, held_out.held_out)
        network = task.network.configuration
        rate = speed(PoemTask(name, recipe, corpus, 0, device), 2.0 if quick else 10.0)
        limit = training_products(network, recipe.batch, plain.training_poems.lengths.max() - 1, device, precision)
        times = ["", "", ""]
        if name in SMALL:
            found = by_recipe(task)
            times = [reached(found, held_out, "held_out"), reached(found, training, "training")]
            times.append(f"{min(point.held_out for point in found):.3f}")
        table.add_row(name, f"{rate:,.0f}", f"{rate / baseline:.2f}", f"{rate / limit:.2f}", *times)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="in any format that python -m model corpus reads")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--device", choices=("cpu", "cuda"), help="on this alone; on both, where both are, if left out")
    options = parser.parse_args()
    corpus = load_corpus(options.corpus)
    corpus = replace(corpus, poems=[poem for poem in corpus.poems if poem.form is Form.WUJUE])
    console = Console()
    console.print(machine(), highlight=False)
    for device in (options.device,) if options.device else ("cpu", "cuda"):
        if device == "cuda" and not torch.cuda.is_available():
            console.print("There is no GPU here: nothing is measured on one.")
        else:
            measure(corpus, torch.device(device), console, quick=options.quick)


if __name__ == "__main__":
    main()
