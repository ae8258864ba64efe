"""What a person sees while a network trains, and how they stop it."""

import signal
from collections.abc import Mapping
from types import FrameType, TracebackType
from typing import Any, Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class StopRequest:
    """Notes a Ctrl-C or SIGTERM, so that the loop can end between two batches. A second Ctrl-C stops at once."""

    def __init__(self) -> None:
        self.asked = False
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            self._before[number] = signal.signal(number, self._ask)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        del frame
        self.asked = True
        signal.signal(number, self._before[signal.Signals(number)])


class Display:
    """A progress bar with loss, speed and time left; a line after each epoch."""

    def __init__(self, console: Console, unit: str) -> None:
        self.console = console
        self.unit = unit
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TextColumn("loss {task.fields[loss]:.3f} · {task.fields[speed]:,.0f} " + unit + "/s ·"),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", loss=float("nan"), speed=0.0, total=None)

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def epoch(self, done: int, epochs: int, steps: int) -> None:
        """An epoch begins; `done` are over, and the whole run has so many steps."""
        self._bar.update(self._task, description=f"epoch {done + 1}/{epochs}", total=steps)

    def progress(self, step: int, loss: float, speed: float) -> None:
        self._bar.update(self._task, completed=step, loss=loss, speed=speed)

    def result(self, epoch: int, figures: Mapping[str, float], sample: str) -> None:
        """An epoch is over."""
        shown = " · ".join(f"{name.replace('_', ' ')} {value:.4g}" for name, value in figures.items())
        self.console.print(f"epoch {epoch}: {shown}", highlight=False)
        self.console.print(sample, style="dim", highlight=False)
