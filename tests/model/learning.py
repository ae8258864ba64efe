"""Small corpora and networks for tests: poems with a structure that a network finds in a second."""

import random
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from rich.console import Console
from torch import Tensor

from model import checkpoint, learner, training
from model.__main__ import main
from model.batches import PoemTable, in_order
from model.configuration import NetworkConfiguration
from model.corpus import CleaningReport, Corpus, SourcePoem
from model.device import Precision
from model.generation import Poet
from model.header import Header
from model.network import PoemNetwork
from model.poem_task import PoemTask, poem_loss
from model.progress import Display, StopRequest
from model.recipes import Cell, PoemRecipe
from model.run import RunFolder, RunOptions
from model.run_log import RunLog
from model.script import Script
from model.torch_stepping import make_stepper
from model.training import Trainer
from model.vocabulary import Vocabulary

CHARACTERS = (
    "月山风花春秋江水云天日夜人心来归何处不知青白红长清明时节雨纷光草木石松竹酒愁思远近高低东南西北梦声照客舟门马道城楼"
)
CPU = torch.device("cpu")
# Two threads that wait for each other on a busy machine take many times as long as one.
torch.set_num_threads(1)
TINY = PoemRecipe(
    cell="gru", embedding=8, hidden=12, learning_rate=1e-2, batch=16, epochs=2, layers=2, dropout=0.2, clip=1.0
)


def quatrains(count: int, seed: int = 0) -> list[str]:
    """Poems of four lines of five or seven characters; eight characters may follow each."""
    chance = random.Random(seed)
    follows = {char: random.Random(char).sample(CHARACTERS, 8) for char in CHARACTERS}

    def line(length: int) -> str:
        written = chance.choice(CHARACTERS)
        while len(written) < length:
            written += chance.choice(follows[written[-1]])
        return written

    lengths = [chance.choice((5, 7)) for _ in range(count)]
    return [f"{line(n)}，{line(n)}。{line(n)}，{line(n)}。" for n in lengths]


def write_corpus(path: Path, count: int = 300, seed: int = 0) -> Path:
    path.write_text("\n".join(quatrains(count, seed)) + "\n", encoding="utf-8")
    return path


def corpus(count: int = 104, seed: int = 0, fingerprint: str = "made here") -> Corpus:
    poems = [SourcePoem(text, "", "", "") for text in quatrains(count, seed)]
    return Corpus(poems, [], CleaningReport(), fingerprint, Script.HANS)


def network(cell: Cell = "gru", symbols: int = 20, *, seed: int = 0, **shape: Any) -> PoemNetwork:
    """An untrained network in evaluation mode."""
    torch.manual_seed(seed)
    values = {"embedding": 6, "hidden": 10, "layers": 1, **shape}
    return PoemNetwork(NetworkConfiguration(cell=cell, symbols=symbols, **values)).eval()


def poet_of(reader: PoemNetwork, vocabulary: Vocabulary, script: Script, weights: str = "") -> Poet:
    """A poet that writes with this network."""
    return Poet(make_stepper(reader), vocabulary, script, weights)


@cache
def poet(cell: Cell = "gru", script: Script = Script.HANS, seed: int = 0) -> Poet:
    """A poet that has read a little."""
    poems = quatrains(200, seed)
    vocabulary = Vocabulary.build(poems)
    pupil = network(cell, len(vocabulary), embedding=16, hidden=24, seed=seed)
    optimizer = torch.optim.Adam(pupil.parameters(), 2e-2)
    table = PoemTable(poems, vocabulary)
    for rows in in_order(table.lengths, 20) * 3:
        loss, _ = poem_loss(pupil, table.batch(rows), "float32", per_poem=False)
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        optimizer.step()
    return poet_of(pupil, vocabulary, script, "0123456789abcdef")


def save_poet(path: Path, writer: Poet, **fields: Any) -> Path:
    header = header_of(writer)
    checkpoint.save(path, checkpoint.parameters_of(writer.network), header.model_copy(update=fields))
    return path


def header_of(writer: Poet) -> Header:
    return Header(
        kind="poem",
        configuration=writer.configuration.model_dump(),
        characters="".join(writer.vocabulary.characters),
        script=writer.script.value,
        recipe="tiny",
        corpus="made here",
        seed=0,
        step=30,
        figures={"loss": 3.0},
    )


class Interruptible(PoemTask):
    """Asks for a stop, or does anything else, at the beginning of a batch, counted from 1."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self.at: dict[int, Callable[[], None]] = {}
        self._count = 0

    def loss(self, batch: Any, precision: Precision) -> tuple[Tensor, int]:
        self._count += 1
        self.at.get(self._count, lambda: None)()
        return super().loss(batch, precision)


def changed(**values: Any) -> PoemRecipe:
    """The tiny recipe with other values."""
    return PoemRecipe.model_validate(TINY.model_dump() | values)


def hasten(patch: pytest.MonkeyPatch) -> None:
    """Runs without pictures, in one precision, with a report every four batches."""
    patch.setattr(learner, "choose_precision", lambda _: "float32")
    patch.setattr(training, "REPORT_EVERY", 4)
    patch.setattr(RunFolder, "draw", lambda _: None)


def train(
    out: Path,
    recipe: PoemRecipe = TINY,
    *,
    poems: Corpus | None = None,
    seed: int = 3,
    stop_after: int = 0,
    at: dict[int, Callable[[], None]] | None = None,
    resume: bool = False,
    checkpoint_every: int = 7,
    origin: Path | None = None,
    device: torch.device = CPU,
) -> bool:
    """Train in a folder, in this process; stopped after so many batches of this call, if any."""
    task = Interruptible("tiny", recipe, poems or corpus(), seed, device, origin)
    stop = StopRequest()

    def ask() -> None:
        stop.asked = True

    task.at = {stop_after: ask, **(at or {})}
    trainer = Trainer(task, RunOptions(out, seed, device, resume, checkpoint_every))
    return trainer.train(Display(Console(quiet=True), task.unit), stop)


def events(folder: Path) -> list[dict[str, Any]]:
    """What came of a run, the clock's part left out."""
    return [
        {name: value for name, value in event.items() if name != "at" and not name.endswith("per_second")}
        for event in RunLog(folder).results()
    ]


def tensors(folder: Path) -> dict[str, Tensor]:
    """All that a run needs to go on."""
    return checkpoint.load(folder / "checkpoint.safetensors", "run")[1]


def same(some: dict[str, Tensor], others: dict[str, Tensor]) -> bool:
    """Whether two sets of tensors are equal bit for bit."""
    return some.keys() == others.keys() and all(torch.equal(some[name], others[name]) for name in some)


def call(*arguments: object) -> int:
    """Run a command line in this process. Returns its exit code."""
    try:
        return main([str(argument) for argument in arguments])
    except SystemExit as leave:
        return leave.code if isinstance(leave.code, int) else 1


def is_one_line(text: str, *parts: str) -> bool:
    """Whether a fault was told in one line, without a trace, with these parts."""
    return text.startswith("error: ") and text.count("\n") == 1 and all(part in text for part in parts)


def changes(*pairs: str) -> list[str]:
    """`--set` before each pair."""
    return [word for pair in pairs for word in ("--set", pair)]
