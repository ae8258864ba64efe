"""The training loop, for poems and sums alike: checkpoints, exact resume, progress, a clean stop."""

import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any, NoReturn

import torch

from model import checkpoint
from model.errors import CheckpointError, NotANumberError, TrainingError
from model.header import Header
from model.learner import Learner
from model.optimisation import learning_rate
from model.progress import Display, StopRequest
from model.run import RunFolder, RunOptions
from model.run_log import NoLog
from model.run_state import Position, RunState
from model.task import Task

_IDENTITY = {
    "recipe": "another recipe",
    "settings": "other values in its recipe",
    "corpus": "another corpus",
    "origin": "other weights that it began from",
    "seed": "another seed",
}

_LENGTH = {"epochs", "steps"}

REPORT_EVERY = 20
"""Batches between two reports of loss and speed."""

TICK_SECONDS = 2.0
"""After so long without a report there is a sign of life. Losses are not read for it, so that it changes none."""


DRAWN_SECONDS = 10.0
"""So long the loss curve stays as it is: an epoch may take less time than its drawing."""


class _Clock:
    """Counts units of work over time."""

    def __init__(self) -> None:
        self.units = 0
        self._started = time.perf_counter()

    def lap(self) -> float:
        """Seconds since the last lap."""
        now = time.perf_counter()
        seconds, self._started = now - self._started, now
        return seconds


class Trainer:
    """Trains a task in a folder."""

    def __init__(self, task: Task, options: RunOptions) -> None:
        """Begin a run in the folder, or go on with the one that is there.

        Raises:
            TrainingError: if the folder holds a run already, none to go on with, or another one.
            CheckpointError: if its checkpoint cannot be read.
        """
        self.task = task
        self.team = options.team
        self.run = RunFolder(options.out)
        if not self.team.leads:
            self.run.log = NoLog(options.out)
        self.checkpoint_every = options.checkpoint_every
        self.position = Position()
        self.learner = Learner(task, options.device, options.precision, options.team)
        if options.resume:
            self._resume()
        else:
            self._begin()
        self.learner.join()
        done, all_steps = self.position, task.steps
        self.run.log.record(
            event="begin", step=done.step, epoch=done.epoch, steps=all_steps, epochs=task.epochs, unit=task.unit
        )
        self._told_at = self._drawn_at = -math.inf

    def _begin(self) -> None:
        if self.team.leads:
            self.run.begin()
        # Each drops out other units than the others.
        torch.manual_seed(self.task.seed + self.team.rank)
        self._save()

    def _resume(self) -> None:
        """Go on from the last checkpoint as if nothing had happened: exactly so on the same device and thread count.

        On an NVIDIA card exactly so without dropout between layers only: cuDNN draws it, and tells nobody its state.
        """
        header, tensors = self.run.load()
        mine = self.task.header(0, {})
        for name, called in _IDENTITY.items():
            if _identity(header, name) != _identity(mine, name):
                raise TrainingError(
                    f"the run in {self.run.folder} has {called}; "
                    "give the options that it was begun with, or name another folder"
                )
        try:
            state = RunState.model_validate(header.run)
            if state.position.step != header.step:
                raise ValueError("two different steps")
            self.learner.restore(state, tensors)
        except (LookupError, TypeError, ValueError, RuntimeError):
            raise CheckpointError(
                f"{self.run.checkpoint}: damaged (it does not fit this run); begin again in another folder"
            ) from None
        self.position = state.position
        if not self.team.leads:
            self.position.waiting_sum = 0.0  # the first one has it

    def train(self, display: Display, stop: StopRequest) -> bool:
        """Train to the end, or until a stop is asked for.

        Returns:
            Whether the end was reached; if not, the run is saved.

        Raises:
            NotANumberError: if the loss is none; the last good checkpoint is kept.
        """
        position = self.position
        while position.epoch < self.task.epochs:
            batches = self.task.batches(position.epoch)
            display.epoch(position.epoch, self.task.epochs, self.task.steps)
            if not self._finish_epoch(batches, display, stop):
                self._save()
                return False
            self._close_epoch(len(batches), display)
        return True

    def _finish_epoch(self, batches: Sequence[Any], display: Display, stop: StopRequest) -> bool:
        position = self.position
        self.learner.network.train()
        # The losses stay on the device between reports: reading one waits for all that is under way.
        waiting_sum = torch.tensor(position.waiting_sum, device=self.learner.device)
        clock = _Clock()
        while position.batch < len(batches) and not self._is_asked(stop):
            rate = learning_rate(self.task.recipe, position.step, self.task.steps)
            loss, units = self.learner.step(batches[position.batch], rate)
            self.learner.average(position.step)
            waiting_sum += loss
            clock.units += units
            position.waiting += 1
            position.batch += 1
            position.step += 1
            due = position.step % self.checkpoint_every == 0
            if position.step % REPORT_EVERY == 0 or due or position.batch == len(batches):
                self._report(self.team.total(waiting_sum), clock, display)
                waiting_sum.zero_()
            self._tick()
            if due:
                self._save()
                clock = _Clock()
        position.waiting_sum = self.team.total(waiting_sum)
        self._check(position.waiting_sum)
        return position.batch == len(batches)

    def _is_asked(self, stop: StopRequest) -> bool:
        """Whether any of the team was asked to stop: they stop at the same step, or the others would wait for it."""
        if self.team.is_alone:
            return stop.asked
        return self.team.total(torch.tensor(float(stop.asked), device=self.learner.device)) > 0

    def _report(self, loss_sum: float, clock: _Clock, display: Display) -> None:
        self._check(loss_sum)
        position = self.position
        loss = loss_sum / position.waiting
        seconds = clock.lap()
        position.seconds += seconds
        position.loss_sum += loss_sum
        position.waiting, position.waiting_sum = 0, 0.0
        speed = clock.units / seconds
        clock.units = 0
        self.run.log.record(
            event="progress", step=position.step, loss=loss, **{f"{self.task.unit}_per_second": round(speed)}
        )
        self._told_at = time.monotonic()
        display.progress(position.step, loss, speed)

    def _tick(self) -> None:
        if time.monotonic() - self._told_at > TICK_SECONDS:
            self.run.log.record(event="tick", step=self.position.step)
            self._told_at = time.monotonic()

    def _check(self, loss_sum: float) -> None:
        if not math.isfinite(loss_sum):
            self._fail("loss is")

    def _fail(self, what: str) -> NoReturn:
        raise NotANumberError(
            f"the {what} no number at step {self.position.step}; the last good checkpoint is kept in "
            f"{self.run.folder}; try a lower learning rate or a clip"
        )

    def _close_epoch(self, batches: int, display: Display) -> None:
        position = self.position
        if not self.team.leads:
            position.epoch, position.batch, position.loss_sum = position.epoch + 1, 0, 0.0
            return
        with self.learner.at_rest():
            figures = self.task.evaluate() | {"training_loss": position.loss_sum / max(batches, 1)}
            sample = self.task.sample()
            weights = {name: tensor.clone() for name, tensor in checkpoint.parameters_of(self.learner.network).items()}
        self._check(figures["loss"])
        position.epoch += 1
        position.batch = 0
        position.loss_sum = 0.0
        self.run.log.record(event="epoch", step=position.step, epoch=position.epoch, sample=sample, **figures)
        better = figures["loss"] < position.best
        position.best = min(figures["loss"], position.best)
        if better or self.task.keeps_newest:
            checkpoint.save(self.run.weights, weights, self.task.header(position.step, figures), half=True)
        self._save()
        if position.epoch == self.task.epochs or time.monotonic() - self._drawn_at > DRAWN_SECONDS:
            self.run.draw()
            self._drawn_at = time.monotonic()
        display.result(position.epoch, figures, sample)

    def _save(self) -> None:
        # A step may spoil the weights after a loss that was a number.
        if not self.learner.is_finite():
            self._fail("weights are")
        if not self.team.leads:
            return
        # JSON has no infinity.
        position = asdict(self.position) | {"best": min(self.position.best, 1e300)}
        state = self.learner.state() | {"position": position}
        header = self.task.header(self.position.step, {}).model_copy(update={"kind": "run", "run": state})
        self.run.save(self.learner.tensors(), header)


def _identity(header: Header, name: str) -> Any:
    """What must stay as it was. The length may change: a run is cut short, or goes on for longer."""
    value = getattr(header, name)
    return {key: own for key, own in value.items() if key not in _LENGTH} if name == "settings" else value
