"""The process of a job: started, looked for and stopped in its folder. All of this blocks: it belongs into a thread."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from bot.sections import ROOT, TrainingSection
from bot.store.jobs import Job
from model.errors import CheckpointError
from model.header import read_header
from model.run_lock import holder_of
from model.run_log import RunLog

LOG: Final = "log.txt"
CHECKPOINT: Final = "checkpoint.safetensors"
WEIGHTS: Final = "weights.safetensors"
GRACE_SECONDS: Final = 1.5
"""So long a process may take to save what it has when it is told to stop; its last checkpoint is there in any case."""
SILENCE_SECONDS: Final = 30.0
"""A process that lives gives a sign of it every second."""
_LOOK_SECONDS: Final = 0.02
_LOWEST: Final = 19
_SECRET: Final = ("DISCORD_", "TANGPOET_")


@dataclass(frozen=True, slots=True)
class Sources:
    """The files that a job reads."""

    corpus: Path | None
    origin: Path | None


class JobFolder:
    """What is on disk of a job."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = RunLog(folder)
        self.output = folder / LOG
        self.weights = folder / WEIGHTS
        self.checkpoint = folder / CHECKPOINT

    def saved_step(self) -> int | None:
        """The step of the checkpoint; None where there is none that could be gone on with."""
        if not self.checkpoint.exists():
            return None
        try:
            return read_header(self.checkpoint, "run").step
        except CheckpointError:  # not ours, or tampered with: whoever goes on with it says so
            return 0

    def size(self) -> int:
        """Bytes of the events so far."""
        return self.log.path.stat().st_size if self.log.path.exists() else 0


def command(job: Job, folder: JobFolder, sources: Sources, settings: TrainingSection) -> list[str]:
    """What is started. It goes on where there is something to go on with."""
    words: list[object] = ["--recipe", job.recipe, "--out", folder.folder, "--seed", job.seed]
    words += ["--threads", settings.threads, "--device", settings.device, "--precision", settings.precision]
    words += ["--checkpoint-every", settings.checkpoint_every]
    words += ["--corpus", sources.corpus] if sources.corpus else []
    words += ["--from", sources.origin] if sources.origin else []
    words += [word for change in job.changes for word in ("--set", change)]
    words += ["--resume"] if folder.saved_step() is not None else []
    team = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(settings.processes)]
    # An adder learns in one process.
    together = team if settings.processes > 1 and job.kind == "retrain" else []
    return [sys.executable, *together, "-m", "model", "train", *map(str, words)]


def environment(variables: Mapping[str, str], threads: int, secret: str | None) -> dict[str, str]:
    """The bot's own, without its settings and without whatever holds the token."""
    kept = {
        name: value
        for name, value in variables.items()
        if not name.upper().startswith(_SECRET) and not (secret and secret in value)
    }
    return kept | {"OMP_NUM_THREADS": str(threads), "PYTHONUNBUFFERED": "1", "PYTHONUTF8": "1"}


def start(
    words: Sequence[str], folder: JobFolder, variables: Mapping[str, str], niceness: int
) -> subprocess.Popen[bytes]:
    """Start a process that outlives this one, at a lower priority.

    Raises:
        OSError: the disk is full, or no process can be had.
    """
    with folder.output.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 - our own words
            words,
            cwd=ROOT,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C in the bot's terminal is none of its business
        )
    with suppress(ProcessLookupError):
        own = os.getpriority(os.PRIO_PROCESS, 0)
        os.setpriority(os.PRIO_PROCESS, process.pid, min(own + niceness, _LOWEST))
    return process


def is_alive(folder: JobFolder, process: subprocess.Popen[bytes] | None) -> bool:
    """Whether somebody works in the folder: our own process, which may not have come to the lock yet, or another."""
    if process is not None and process.poll() is None:
        return True
    return holder_of(folder.folder) is not None


def silent_since(folder: JobFolder) -> datetime | None:
    """Since when whoever works in the folder gives no sign of life; None where one came lately, or nobody does."""
    holder = holder_of(folder.folder)
    if holder is None or time.time() - holder.seen_at < SILENCE_SECONDS:
        return None
    return datetime.fromtimestamp(holder.seen_at, UTC)


def stop(folder: JobFolder, process: subprocess.Popen[bytes] | None) -> None:
    """Have the process save and end; one that takes too long is killed. Returns when it is gone."""
    until = time.perf_counter() + GRACE_SECONDS
    asked = False
    while is_alive(folder, process):
        if time.perf_counter() > until:
            _signal(folder, process, signal.SIGKILL)
        elif not asked:
            asked = _signal(folder, process, signal.SIGTERM)
        time.sleep(_LOOK_SECONDS)


def _signal(folder: JobFolder, process: subprocess.Popen[bytes] | None, number: signal.Signals) -> bool:
    """To the process and those that it started itself, which are a group of their own. Returns whether it is known."""
    holder = holder_of(folder.folder)
    pid = process.pid if process is not None and process.poll() is None else holder.pid if holder is not None else 0
    if not pid:  # gone, or it has not said yet who it is
        return False
    with suppress(ProcessLookupError):
        group = os.getpgid(pid)
        if group == os.getpgrp():
            os.kill(pid, number)
        else:
            os.killpg(group, number)
    return True
