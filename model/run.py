"""The folder of a training run: checkpoint, best weights, events, loss curve."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import torch
from torch import Tensor

from model import checkpoint
from model.device import Precision
from model.errors import TrainingError
from model.header import Header
from model.run_log import RunLog, told
from model.team import Team


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
    precision: Precision | Literal["auto"] = "auto"
    """What a run computes in that begins; one that goes on keeps its own."""
    team: Team = Team()  # noqa: RUF009 - it is frozen
    """The processes that train together."""


class RunFolder:
    """The files of one run.

    `checkpoint.safetensors` is all that is needed to go on; `weights.safetensors` are the best weights so far by
    held-out loss; `events.jsonl` tells what happened; `loss.png` is the loss curve.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.checkpoint = folder / "checkpoint.safetensors"
        self.weights = folder / "weights.safetensors"
        self.curve = folder / "loss.png"
        self.log = RunLog(folder)

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

    def draw(self) -> None:
        """Draw the loss curve: the training loss between, the held-out loss at the ends of epochs.

        Raises:
            DiskError: if the disk is full.
        """
        from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415 - half a second, first needed here
        from matplotlib.figure import Figure  # noqa: PLC0415

        figure = Figure(figsize=(7, 4), layout="constrained")
        FigureCanvasAgg(figure)
        axes, events = figure.subplots(), self.log.results()
        for kind, label in (("progress", "training"), ("epoch", "held out")):
            points = [(event["step"], event["loss"]) for event in events if event["event"] == kind]
            if points:
                axes.plot(*zip(*points, strict=True), label=label, marker="o" if kind == "epoch" else None)
        axes.set_xlabel("step")
        axes.set_ylabel("loss (nats)")
        axes.grid(alpha=0.3)
        if axes.has_data():
            axes.legend()
        with told(self.curve):
            figure.savefig(self.curve, dpi=120)
