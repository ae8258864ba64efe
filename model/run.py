"""The folder of a training run: checkpoint, best weights, metrics, loss curve."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from model import checkpoint
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
        if self.checkpoint.exists():
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
        """The last checkpoint; metrics written after it are dropped, since their steps will be done again.

        Raises:
            TrainingError: if there is none.
            CheckpointError: if it cannot be read.
        """
        if not self.checkpoint.exists():
            raise TrainingError(f"{self.folder} holds no run to go on with; leave out --resume to begin one")
        header, tensors = checkpoint.load(self.checkpoint, "run")
        kept = [event for event in self.events() if event["step"] <= header.step]
        self.metrics.write_text("".join(_line(event) for event in kept), encoding="utf-8")
        return header, tensors

    def record(self, **event: Any) -> None:
        """Append an event; it has a `step`.

        Raises:
            TrainingError: if the disk is full.
        """
        try:
            with self.metrics.open("a", encoding="utf-8") as file:
                file.write(_line(event))
        except OSError as error:
            raise TrainingError(
                f"{self.metrics} cannot be written ({error.strerror}); the last checkpoint is kept"
            ) from None

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
        """Draw the loss curve: the training loss between, the held-out loss at the ends of epochs."""
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
        figure.savefig(self.curve, dpi=120)


def _line(event: Mapping[str, Any]) -> str:
    return json.dumps(event, ensure_ascii=False) + "\n"
