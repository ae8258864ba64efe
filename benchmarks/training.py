"""Time to the same training loss: the recipe `lstm-fast` against the classic loop, on the 五绝 of a corpus.

python -m benchmarks.training --corpus PATH [--quick]

Both train the same network on the same poems, with as many threads. The classic loop takes 30 epochs (6 with --quick);
the recipe trains until its loss over all training poems, in evaluation mode, is as low. Evaluation is not counted.
"""

import argparse
import io
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.classic import ClassicNetwork, mean_loss, train_epoch
from benchmarks.machine import machine
from model.batches import PoemTable
from model.corpus import load_corpus
from model.device import choose_device
from model.forms import Form
from model.poem_task import PoemTask
from model.poem_task import mean_loss as task_loss
from model.progress import Display, StopRequest
from model.recipes import PoemRecipe, load_recipe
from model.run import RunOptions
from model.training import Trainer


@dataclass(frozen=True, slots=True)
class Point:
    """Where a training run stands after an epoch."""

    epoch: int
    seconds: float
    training_loss: float
    held_out_loss: float


class MeasuredTask(PoemTask):
    """The recipe's task, which also measures the loss over all training poems and stops when it is low enough."""

    goal = 0.0
    stop = StopRequest()

    def evaluate(self) -> dict[str, float]:
        training_loss = task_loss(self.network, self.training_poems, self.device)
        self.stop.asked = training_loss <= self.goal
        return super().evaluate() | {"full_training_loss": training_loss}


def classic(task: PoemTask, epochs: int) -> Iterator[Point]:
    """The exercise's way, on the task's poems."""

    def whole(table: PoemTable) -> torch.Tensor:
        return table.padded(np.arange(len(table))).to(task.device)

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


def by_recipe(task: MeasuredTask) -> Point:
    """The project's way, until the task's goal is reached."""
    with tempfile.TemporaryDirectory() as folder:
        options = RunOptions(Path(folder) / "run", seed=0, device=task.device)
        trainer = Trainer(task, options)
        with Display(Console(file=io.StringIO()), task.unit) as display:
            trainer.train(display, task.stop)
        last = [event for event in trainer.run.log.results() if event["event"] == "epoch"][-1]
        return Point(last["epoch"], trainer.position.seconds, last["full_training_loss"], last["loss"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="in any format that python -m model corpus reads")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    recipe = load_recipe("lstm-fast", ["floor=1", *(["epochs=4"] if options.quick else [])])
    assert isinstance(recipe, PoemRecipe)
    corpus = load_corpus(options.corpus)
    corpus = replace(corpus, poems=[poem for poem in corpus.poems if poem.form is Form.WUJUE])
    task = MeasuredTask("lstm-fast", recipe, corpus, 0, choose_device(options.device))
    console = Console()
    console.print(f"{len(task.training_poems):,} poems, {len(task.vocabulary):,} symbols; {machine()}", highlight=False)

    *_, goal = classic(task, 6 if options.quick else 30)
    task.goal = goal.training_loss
    table = Table("", "epochs", "seconds", "seconds an epoch", "training loss", "held-out loss", "share of the time")
    for name, point in (("classic loop", goal), ("lstm-fast", by_recipe(task))):
        table.add_row(
            name,
            str(point.epoch),
            f"{point.seconds:.1f}",
            f"{point.seconds / point.epoch:.2f}",
            f"{point.training_loss:.3f}",
            f"{point.held_out_loss:.3f}",
            f"{point.seconds / goal.seconds:.2f}",
        )
    console.print(table)


if __name__ == "__main__":
    main()
