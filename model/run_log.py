"""What happens in a training run, an event a line: written by who trains, read by whoever looks on. Needs no torch."""

import json
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from model.errors import DiskError

NAME: Final = "events.jsonl"

Event = dict[str, Any]

_RESULTS: Final = ("progress", "epoch")


class RunLog:
    """The file `events.jsonl` of a run's folder. It only grows, so that a reader can go on where it stopped.

    Each event has its kind as `event`, and `at`, seconds since 1970:

    - `stage`: a part of the work begins that has no steps, `loading`, `reading`, `testing` or `proving`
    - `begin`: training begins at `step` with `epoch` epochs closed, of `steps` and `epochs` in all. Where this is not
      the first one, a crash lost what came behind that step: `counting()` leaves it out, for it comes again.
    - `progress`: `loss` and speed of the last batches up to `step`
    - `tick`: only a sign of life, between two of those
    - `epoch`: `epoch` epochs are closed, with held-out figures and a `sample`
    - `end`: `outcome` is `finished`, `stopped` or `failed`, the last with the `kind` of fault and a `text`
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def record(self, **event: Any) -> None:
        """Append an event.

        Raises:
            DiskError: if the disk is full.
        """
        line = json.dumps(event | {"at": round(time.time(), 3)}, ensure_ascii=False) + "\n"
        with told(self.path), self.path.open("ab+") as file:
            if _is_cut_short(file):
                line = "\n" + line
            file.write(line.encode())

    def read(self, offset: int = 0) -> tuple[list[Event], int]:
        """The events from a byte on, and the byte behind the last of them.

        A line without its end is left for the next time. One that is no event, as a crash leaves it, is passed over.
        """
        try:
            with self.path.open("rb") as file:
                file.seek(offset)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return [], offset
        return list(_events(whole)), offset + len(whole) + len(newline)

    def results(self) -> list[Event]:
        """What came of the run so far: progress and closed epochs, without what a crash undid."""
        return [event for event in counting(self.read()[0]) if event["event"] in _RESULTS]


class NoLog(RunLog):
    """Of a process that leaves it to another one to tell what happens."""

    def record(self, **event: Any) -> None:
        """Tell nothing."""


def counting(events: list[Event]) -> list[Event]:
    """The events without those that a later `begin` undid."""
    kept: list[Event] = []
    for event in events:
        if event["event"] == "begin":
            kept = [earlier for earlier in kept if not undone(earlier, event)]
        kept.append(event)
    return kept


def undone(event: Event, begin: Event) -> bool:
    """Whether a run that begins again there does once more what this event tells of."""
    if event["event"] not in _RESULTS:
        return False
    return bool(event["step"] > begin["step"] or event.get("epoch", 0) > begin["epoch"])


@contextmanager
def told(path: Path) -> Iterator[None]:
    """A fault of the disk told as one that a person can mend."""
    try:
        yield
    except OSError as error:
        raise DiskError(
            f"{path} cannot be written ({error.strerror}); free some space and go on with --resume"
        ) from None


def _is_cut_short(file: Any) -> bool:
    if not file.tell():
        return False
    file.seek(-1, 2)
    return bool(file.read(1) != b"\n")


def _events(lines: bytes) -> Iterator[Event]:
    for line in lines.splitlines():
        try:
            event = json.loads(line)
        except ValueError:
            continue
        if isinstance(event, Mapping) and isinstance(event.get("event"), str):
            yield dict(event)
