"""The folder of a training run: checkpoint, best weights, metrics, loss curve."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model import checkpoint
from model.corpus.files import write_whole
from model.errors import TrainingError
from model.header import Header


@dataclass(frozen=True, slots=True)
class RunOptions:
    """What does not belong to a recipe: where, from which seed, on what, and from where on."""

    out: Path
    seed: int
    device: torch.device
    resume: bool = False
    """Whether to go on with the run that is there."""
    checkpoint_every: int = 500
    """Batches between two checkpoints."""
    origin: Path | None = None
    """Weights to begin from."""


class RunFolder:
    """The files of one run.

    `checkpoint.safetensors` is all that is needed to go on; `weights.safetensors` are the best weights so far by
    held-out loss; `metrics.jsonl` holds an event a line; `loss.png` is the loss curve.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint.safetensors"
        self.weights = folder / "weights.safetensors"
        self.metrics = folder / "metrics.jsonl"
        self.curve = folder / "loss.png"

    def begin(self) -> None:
        """Claim the folder for a new run.

        Raises:
            TrainingError: if it holds a run already, or cannot be made.
        """
        if self._holds_run():
            raise TrainingError(
                f"{self.folder} holds a run already; add --resume to go on with it, or name another folder"
            )
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.metrics.write_text("", encoding="utf-8")
        except OSError as error:
            raise TrainingError(f"{self.folder} cannot be written ({error.strerror}); name another folder") from None

    def save(self, tensors: Mapping[str, Tensor], header: Header) -> None:
        checkpoint.save(self.checkpoint, tensors, header)

    def load(self) -> tuple[Header, dict[str, Tensor]]:
        """The last checkpoint.

        Raises:
            TrainingError: if there is none.
            CheckpointError: if it cannot be read.
        """
        if not self._holds_run():
            raise TrainingError(f"{self.folder} holds no run to go on with; leave out --resume to begin one")
        return checkpoint.load(self.checkpoint, "run")

    def _holds_run(self) -> bool:
        try:
            return self.checkpoint.exists()
        except OSError:  # a name that is too long, a folder that may not be entered
            return False

    def record(self, **event: Any) -> None:
        """Append an event; it has a `step`.

        Raises:
            TrainingError: if the disk is full.
        """
        with _told(self.metrics), self.metrics.open("a", encoding="utf-8") as file:
            file.write(_line(event))

    def forget_after(self, step: int, epochs: int) -> None:
        """Drop the events after a checkpoint at this step, when so many epochs were closed: they will come again.

        Raises:
            TrainingError: if the disk is full.
        """
        kept = [event for event in self.events() if event["step"] <= step and event.get("epoch", 0) <= epochs]
        with _told(self.metrics):
            write_whole(self.metrics, "".join(map(_line, kept)).encode())

    def events(self) -> list[dict[str, Any]]:
        """All events so far; a line that a crash cut short is left out."""
        if not self.metrics.exists():
            return []
        found = []
        for line in self.metrics.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
        return found

    def draw(self) -> None:
        """Draw the loss curve: the training loss between, the held-out loss at the ends of epochs.

        Raises:
            TrainingError: if the disk is full.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, first needed here
        from matplotlib.figure import Figure  # noqa: PLC0415

        figure = Figure(figsize=(7, 4), layout="constrained")
        FigureCanvasAgg(figure)
        axes = figure.subplots()
        for kind, label in (("progress", "training"), ("epoch", "held out")):
            points = [(event["step"], event["loss"]) for event in self.events() if event["event"] == kind]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, marker="o" if kind == "epoch" else None)
        axes.set_xlabel("step")
        axes.set_ylabel("loss (nats)")
        axes.grid(alpha=0.3)
        if axes.has_data():
            axes.legend()
        with _told(self.curve):
            figure.savefig(self.curve, dpi=120)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """A fault of the disk told as one that a person can mend."""
    try:
        yield
    except OSError as error:
        raise TrainingError(
            f"{path} cannot be written ({error.strerror}); free some space and go on with --resume"
        ) from None


def _line(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False) + "\n"
