"""Processes that stand in for a training: they hold the folder and tell their events as one does, but learn nothing.

The recipe says how one behaves.
"""

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pytest

from bot.sections import TrainingSection
from bot.services.jobs import jobs
from bot.services.jobs.process import JobFolder, Sources
from bot.store.jobs import Job

TRAINING = TrainingSection(
    threads=1, processes=1, niceness=0, device="cpu", precision="float32", checkpoint_every=5, on_lost="resume"
)

_PROGRAM = """
import os, signal, sys, time
from pathlib import Path
from model.errors import NotANumberError
from model.session import train_in
from model.team import Team
folder, how = Path(sys.argv[1]), sys.argv[2]
asked = []
if how == "deaf":
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
elif how != "rude":
    signal.signal(signal.SIGTERM, lambda *_: asked.append(1))
if how == "mute":
    sys.exit(2)
def work(log):
    log.record(event="begin", step=0, epoch=0, steps=4, epochs=2, unit="characters")
    for step in (1, 2):
        log.record(event="progress", step=step, loss=5.0 - step, characters_per_second=100)
    shares = {"plain": 1.0, "handed": 0.97, "exact": 0.9}
    log.record(event="epoch", step=2, epoch=1, loss=3.5, sample="月", **shares)
    if how == "fail":
        raise NotANumberError("the loss is no number at step 2")
    if how == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    while how in ("wait", "deaf", "rude") and not asked:
        time.sleep(0.01)
    return 130 if asked else 0
sys.exit(train_in(folder, work, Team()))
"""


@contextmanager
def pupils(behaviour: Mapping[str, str] | None = None) -> Iterator[None]:
    """Jobs start these in place of trainings. They behave as their recipes say, or all as `how` of what is given."""

    def command(job: Job, folder: JobFolder, _sources: Sources, _settings: TrainingSection) -> list[str]:
        return [sys.executable, "-c", _PROGRAM, str(folder.folder), (behaviour or {}).get("how", job.recipe)]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(jobs, "command", command)
        yield
