"""What learns: a network with all that changes while it does, taken apart into tensors and put together again."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from typing import Any, Literal, cast, get_args

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from model import checkpoint
from model.averaging import RunningAverage
from model.device import Precision, autocast, choose_precision
from model.optimisation import make_optimizer, optimizer_tensors, restore_optimizer
from model.run_state import RunState, random_state, set_random_state
from model.task import Lesson, Task
from model.team import Team


class Learner:
    """A network, its optimizer, the running average of its weights, the scale of its gradients, and chance.

    Attributes:
        device: where it learns.
        network: there.
        precision: what it computes in.
    """

    def __init__(self, task: Task, device: torch.device, precision: Precision | Literal["auto"], team: Team) -> None:
        self._task = task
        self.device = device
        self._team = team
        self.network = task.network.to(device)
        self._optimizer = make_optimizer(self.network, task.recipe)
        self._average = RunningAverage(self.network, task.recipe.average) if task.recipe.average else None
        self._compute_in(self._agreed(precision))
        self._loss: Callable[[Any, Precision], tuple[Tensor, int]] = task.loss

    def _agreed(self, wanted: Precision | Literal["auto"]) -> Precision:
        """What a run that begins computes in: a team does what its first one would."""
        if wanted != "auto":
            return wanted
        names = get_args(Precision)
        mine = torch.tensor(names.index(choose_precision(self.device)), device=self.device)
        return cast("Precision", names[int(self._team.leaders(mine))])

    def _compute_in(self, precision: Precision) -> None:
        self.precision = precision
        self._scaler = torch.amp.GradScaler(self.device.type, enabled=precision == "float16")

    def join(self) -> None:
        """From now on learn together with the others of the team; what each has learnt so far is the same."""
        if not self._team.is_alone:
            self._loss = DistributedDataParallel(Lesson(self._task), broadcast_buffers=False)

    def step(self, batch: Any, rate: float) -> tuple[Tensor, int]:
        """Learn from a batch; gives its loss, on the device, and how many units it has."""
        for group in self._optimizer.param_groups:
            group["lr"] = rate
        with autocast(self.device, self.precision):
            loss, count = self._loss(batch, self.precision)
        self._optimizer.zero_grad(set_to_none=True)
        # A team's gradients are averaged, and its losses are parts of a sum.
        torch.autograd.backward(self._scaler.scale(loss * self._team.size))
        if self._task.recipe.clip is not None:
            self._scaler.unscale_(self._optimizer)
            nn.utils.clip_grad_norm_(self.network.parameters(), self._task.recipe.clip)
        self._scaler.step(self._optimizer)
        self._scaler.update()
        return loss.detach(), count

    def average(self, step: int) -> None:
        """Take the weights after this step, counted from 0, into their average, where the recipe has one."""
        if self._average:
            self._average.update(step)

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """The network as it is judged and kept: averaged weights, no dropout. A look changes nothing of the run."""
        self.network.eval()
        averaged = self._average.applied() if self._average else nullcontext()
        with torch.random.fork_rng(), torch.inference_mode(), averaged:
            yield
        self.network.train()

    def is_finite(self) -> bool:
        """Whether all weights are numbers."""
        return all(torch.isfinite(tensor).all() for tensor in checkpoint.parameters_of(self.network).values())

    def state(self) -> dict[str, Any]:
        """What is to be known of it beside the tensors."""
        return {"precision": self.precision, "device": self.device.type, "scaler": self._scaler.state_dict()}

    def tensors(self) -> dict[str, Tensor]:
        """All that it takes to go on, each kind under a name of its own."""
        parts: dict[str, Mapping[str, Tensor]] = {
            "network": checkpoint.parameters_of(self.network),
            "optimizer": optimizer_tensors(self._optimizer),
            "average": self._average.tensors() if self._average else {},
            "buffer": dict(self.network.named_buffers()),
            "random": random_state(self.device),
        }
        return {f"{part}.{name}": tensor for part, tensors in parts.items() for name, tensor in tensors.items()}

    def restore(self, state: RunState, tensors: Mapping[str, Tensor]) -> None:
        """Be as it was that `state` and `tensors` tell of; on another device in the precision that was chosen here.

        Raises:
            LookupError, TypeError, ValueError, RuntimeError: they are of something else.
        """
        with torch.no_grad():
            for name, parameter in self.network.named_parameters():
                parameter.copy_(tensors[f"network.{name}"])
            for name, buffer in self.network.named_buffers():
                buffer.copy_(tensors[f"buffer.{name}"])
        restore_optimizer(self._optimizer, _under("optimizer.", tensors))
        if self._average:
            self._average.restore(_under("average.", tensors))
        if state.device == self.device.type:
            self._compute_in(state.precision)
        if state.scaler:
            self._scaler.load_state_dict(state.scaler)
        if self._team.leads:
            set_random_state(_under("random.", tensors), self.device)
        else:
            torch.manual_seed(self._task.seed + self._team.rank + self._team.size * state.position.step)


def _under(prefix: str, tensors: Mapping[str, Tensor]) -> dict[str, Tensor]:
    return {name.removeprefix(prefix): tensor for name, tensor in tensors.items() if name.startswith(prefix)}
