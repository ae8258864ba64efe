"""What is learnt, as the training loop sees it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from torch import Tensor, nn

from model.device import Precision
from model.header import Header
from model.recipes import Recipe


class Task(Protocol):
    """What is learnt: the loop knows nothing else of it."""

    @property
    def network(self) -> nn.Module: ...

    @property
    def recipe(self) -> Recipe: ...

    @property
    def seed(self) -> int: ...

    @property
    def epochs(self) -> int: ...

    @property
    def steps(self) -> int:
        """Batches of the whole run."""

    @property
    def unit(self) -> str:
        """What is counted for the speed: characters, or pairs."""

    def batches(self, epoch: int) -> Sequence[Any]:
        """The batches of an epoch, always the same ones for the same seed and epoch."""

    def loss(self, batch: Any, precision: Precision) -> tuple[Tensor, int]:
        """The loss to lower, a scalar, and how many units the batch has."""

    def evaluate(self) -> dict[str, float]:
        """Held-out figures; `loss` is what decides which weights are best."""

    @property
    def keeps_newest(self) -> bool:
        """Whether the weights that are kept are always the newest ones, and not the best by held-out loss."""

    def sample(self) -> str:
        """A line or more that shows a person what the network can do by now."""

    def header(self, step: int, figures: Mapping[str, float]) -> Header:
        """What the weights say of themselves."""


class Lesson(nn.Module):
    """What a team learns, as DistributedDataParallel wants it: its forward pass is the loss."""

    def __init__(self, task: Task) -> None:
        super().__init__()
        self.network = task.network
        self._loss = task.loss

    def forward(self, batch: Any, precision: Precision) -> tuple[Tensor, int]:
        return self._loss(batch, precision)
