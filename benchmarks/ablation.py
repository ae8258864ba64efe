"""What each thing that a poet is told is worth: small networks that learn with and without it, told alike else.

python -m benchmarks.ablation --corpus PATH [--quick]

Each reads the Tang poems of the four forms in the same order from the same first weights. The figure is the perplexity
per character of held-out poems of which only the forms are told; what stands above and what is rhymed with follows from
the characters before.
"""

import argparse
import io
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from benchmarks.machine import machine
from model.batches import Batch
from model.corpus import Corpus, SourcePoem, load_corpus
from model.poem_task import PoemTask
from model.progress import Display, StopRequest
from model.recipes import PoemRecipe, load_recipe
from model.run import RunOptions
from model.slots import ECHOES, Told
from model.training import Trainer
from model.verses import VerseTable

CHANGES = (
    "embedding=128",
    "hidden=192",
    "slot=32",
    "echo=32",
    "dropout=0.1",
    "batch=64",
    'dynasties=["tang"]',
    "focus_from=0",
    "warmup=0.03",
    "decay=0.9",
    "epochs=6",
)
HIDDEN: dict[str, tuple[Told, ...]] = {
    "all": (),
    "no character above": (Told.ABOVE,),
    "no rhyme": (Told.RHYME,),
    "no goal": (Told.GOAL,),
    "no tones": (Told.TONE,),
    "the place alone": (Told.TONE, *ECHOES),
}


class BlindTable(VerseTable):
    """Poems of which some columns are never told."""

    hidden: Collection[Told] = ()

    def batch(self, rows: np.ndarray, random: np.random.Generator | None = None) -> Batch:
        batch = super().batch(rows, random)
        if batch.told is not None:
            batch.told[..., list(self.hidden)] = 0
        return batch


class BlindTask(PoemTask):
    """A poet's task whose network is never told some columns, neither while it learns nor when it is judged."""

    def __init__(self, recipe: PoemRecipe, corpus: Corpus, hidden: Collection[Told]) -> None:
        self._hidden = hidden
        super().__init__("ablation", recipe, corpus, 0, torch.device("cpu"))

    def _table(self, poems: Sequence[SourcePoem]) -> BlindTable:
        table = BlindTable(poems, self.vocabulary, self.recipe.focus)
        table.hidden = self._hidden
        return table


def held_out(recipe: PoemRecipe, corpus: Corpus, hidden: Collection[Told]) -> float:
    """The lowest held-out loss of a run, in nats a character."""
    task = BlindTask(recipe, corpus, hidden)
    with tempfile.TemporaryDirectory() as folder, Display(Console(file=io.StringIO()), task.unit) as display:
        trainer = Trainer(task, RunOptions(Path(folder) / "run", seed=0, device=task.device, checkpoint_every=10**9))
        trainer.train(display, StopRequest())
        return trainer.position.best


def compare(recipe: PoemRecipe, corpus: Corpus, console: Console) -> None:
    """Print the table, a line as soon as it is known."""
    table = Table("told", "perplexity per character", "of all")
    whole = 0.0
    for name, hidden in HIDDEN.items():
        perplexity = float(np.exp(held_out(recipe, corpus, hidden)))
        whole = whole or perplexity
        table.add_row(name, f"{perplexity:.1f}", f"{perplexity / whole:.3f}")
        console.print(f"{name}: {perplexity:.1f}", highlight=False)
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="in any format that python -m model corpus reads")
    parser.add_argument("--quick", action="store_true", help="one epoch each")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    recipe = load_recipe("poet", [*CHANGES, *(["epochs=1"] if options.quick else [])])
    assert isinstance(recipe, PoemRecipe)
    console = Console()
    console.print(machine(), highlight=False)
    compare(recipe, load_corpus(options.corpus, dynasties=recipe.dynasties), console)


if __name__ == "__main__":
    main()
