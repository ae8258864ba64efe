"""How far a training is, put together from its events."""

from collections import deque
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from model.run_log import Event, undone

RECENT_SECONDS: Final = 120.0
"""The time left is told by how fast the last steps went."""
FOUND: Final = 0.95
"""An adder has found the carry when so many digits are right in columns that are handed one."""


@dataclass(slots=True)
class Progress:
    """Of one job. `take()` each event in its order."""

    stage: str = ""
    """`loading`, `reading`, `training`, `testing` or `proving`; empty before the first event."""
    step: int = 0
    steps: int = 0
    epoch: int = 0
    epochs: int = 0
    unit: str = ""
    speed: float | None = None
    """Units a second."""
    losses: list[Event] = field(default_factory=list)
    closed: list[Event] = field(default_factory=list)
    """The epochs that are closed."""
    end: Event | None = None
    """How the present process ended; None while it has not said so."""
    _recent: deque[tuple[float, int]] = field(default_factory=deque)

    def take(self, event: Event) -> None:
        """Take one more event into account; kinds that are not known change nothing."""
        match event["event"]:
            case "stage":
                self._stage(event)
            case "begin":
                self._begin(event)
            case "progress":
                self.losses.append(event)
                speeds = [value for name, value in event.items() if name.endswith("_per_second")]
                self.speed = float(speeds[0]) if speeds else self.speed
                self._advance(event)
            case "tick":
                self._advance(event)
            case "epoch":
                self.closed.append(event)
                self.epoch = event["epoch"]
            case "end":
                self.end = event

    def _stage(self, event: Event) -> None:
        self.stage = event["stage"]
        if self.stage == "loading":  # a new process
            self.end = None
            self._recent.clear()

    def _begin(self, event: Event) -> None:
        self.stage = "training"
        self.losses = [one for one in self.losses if not undone(one, event)]
        self.closed = [one for one in self.closed if not undone(one, event)]
        self.step, self.steps = event["step"], event["steps"]
        self.epoch, self.epochs, self.unit = event["epoch"], event["epochs"], event["unit"]
        self._advance(event)

    def _advance(self, event: Event) -> None:
        self.step = event["step"]
        self._recent.append((event["at"], event["step"]))
        while self._recent[0][0] < event["at"] - RECENT_SECONDS:
            self._recent.popleft()

    @property
    def share(self) -> float:
        """Of the steps that are done, 0 to 1."""
        return min(1.0, self.step / self.steps) if self.steps else 0.0

    @property
    def left(self) -> timedelta | None:
        """How long the steps that are left will take; None while there is no telling."""
        if len(self._recent) < 2:
            return None
        (began, first), (now, last) = self._recent[0], self._recent[-1]
        if last <= first or now <= began:
            return None
        return timedelta(seconds=(now - began) / (last - first) * (self.steps - last))

    @property
    def sample(self) -> str:
        """What the network could do after the last epoch; empty before that."""
        return str(self.closed[-1]["sample"]) if self.closed else ""

    @property
    def best(self) -> float | None:
        """The lowest held-out loss."""
        return min((float(event["loss"]) for event in self.closed), default=None)

    @property
    def found_at(self) -> int | None:
        """The step by which an adder had found the carry."""
        return next((int(event["step"]) for event in self.closed if event.get("handed", 0.0) >= FOUND), None)

    def latest(self, name: str) -> Any:
        """A figure of the last closed epoch; None where there is none."""
        return self.closed[-1].get(name) if self.closed else None
