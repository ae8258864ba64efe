"""A process that trains in a folder, from the lock to the last event. Needs no torch until the work begins."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Final

from model.errors import DiskError, ModelError
from model.run_lock import holding
from model.run_log import NoLog, RunLog
from model.team import Team

STOPPED: Final = 130
"""What `work` returns when somebody asked it to stop."""


def train_in(folder: Path, work: Callable[[RunLog], int], team: Team) -> int:
    """Do the work as the only process in the folder, or as the one that leads a team, and tell there how it ends.

    Raises:
        FolderTakenError: another process trains there.
        TrainingError: the folder cannot be written.
    """
    if not team.leads:
        return work(NoLog(folder))
    with holding(folder):
        log = RunLog(folder)
        log.record(event="stage", stage="loading")
        try:
            code = work(log)
        except BaseException as error:
            # A disk that is full has no room for this either; then the error is told on the console alone.
            with suppress(DiskError):
                log.record(event="end", **_ending(error))
            raise
        log.record(event="end", outcome="stopped" if code == STOPPED else "finished")
        return code


def _ending(error: BaseException) -> dict[str, str]:
    if isinstance(error, KeyboardInterrupt):
        return {"outcome": "stopped"}
    return {"outcome": "failed", "kind": _kind(error), "text": str(error) or type(error).__name__}


def _kind(error: BaseException) -> str:
    if isinstance(error, ModelError):
        return error.kind
    # PyTorch says it with errors of other types: RuntimeError on a processor, a subclass of it on a GPU.
    if isinstance(error, MemoryError) or "memory" in str(error):
        return "memory"
    return "disk" if isinstance(error, OSError) else "unexpected"
