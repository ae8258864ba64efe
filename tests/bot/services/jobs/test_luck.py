"""Trainings that are killed, their bots that are killed, and both: the weights are those of an undisturbed run."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from bot.config import ROOT
from model import checkpoint
from model.header import Kind
from model.run_lock import holder_of
from model.run_log import RunLog
from tests.bot.job_host import ORDER
from tests.bot.training import end_all
from tests.model.learning import call, changes, write_corpus

SECONDS = 180.0
VICTIMS = ("child", "bot", "both")


class Run:
    """A job in a folder, and the process that sees to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.job = folder / "jobs" / "1"
        folder.mkdir()
        write_corpus(folder / "tang.txt", 120)
        self.bot = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        words = [sys.executable, "-m", "tests.bot.job_host", str(self.folder)]
        return subprocess.Popen(words, cwd=ROOT, env={**os.environ, "OMP_NUM_THREADS": "1"})

    def kill(self, victim: str) -> bool:
        """Returns whether there was still anything to be killed."""
        if self.bot.poll() is not None:
            return False
        holder = holder_of(self.job) if self.job.exists() else None
        if victim in ("bot", "both"):
            self.bot.kill()
            self.bot.wait()
        if victim in ("child", "both") and holder is not None and holder.pid:
            with suppress(ProcessLookupError):
                os.kill(holder.pid, signal.SIGKILL)
        kept: dict[str, Kind] = {"checkpoint": "run", "weights": "poem"}
        for name, kind in kept.items():
            path = self.job / f"{name}.safetensors"
            if path.exists():
                checkpoint.load(path, kind)
        with sqlite3.connect(self.folder / "jobs.db") as database:
            assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        database.close()
        if self.bot.returncode is not None:
            self.bot = self._started()
        return True

    def wait_for_steps(self) -> None:
        """Until the training has come further than it was."""
        log, until = RunLog(self.job), time.monotonic() + SECONDS
        _, offset = log.read()
        while not any(event["event"] == "progress" for event in log.read(offset)[0]):
            assert time.monotonic() < until
            if self.bot.poll() is not None:
                return
            time.sleep(0.02)

    def finish(self) -> bytes:
        """The weights at the end."""
        assert self.bot.wait(SECONDS) == 0
        with sqlite3.connect(self.folder / "jobs.db") as database:
            [(state, reason, detail)] = database.execute("SELECT state, reason, detail FROM jobs").fetchall()
        database.close()
        assert (state, reason, detail) == ("done", "", "")
        return (self.job / "weights.safetensors").read_bytes()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """By the same words, in this process: nothing of a job is to be seen in the weights."""
    folder = tmp_path_factory.mktemp("luck")
    corpus = write_corpus(folder / "tang.txt", 120)
    words = ["--recipe", ORDER.recipe, "--corpus", corpus, "--out", folder / "run", "--seed", ORDER.seed]
    words += ["--threads", 1, "--device", "cpu", "--precision", "float32", "--checkpoint-every", 5]
    assert call("train", *words, *changes(*ORDER.changes)) == 0
    return (folder / "run" / "weights.safetensors").read_bytes()


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    run = Run(tmp_path / "run")
    yield run
    run.bot.kill()
    run.bot.wait()
    end_all(tmp_path / "run")


def test_a_few_kills_change_nothing(run: Run, undisturbed: bytes) -> None:
    for victim in ("child", "both"):
        run.wait_for_steps()
        run.kill(victim)
    assert run.finish() == undisturbed


@pytest.mark.soak
def test_a_hundred_kills_change_nothing(tmp_path: Path, undisturbed: bytes) -> None:
    """At random moments of as many runs as it takes."""
    chance, kills, runs = random.Random(1), dict.fromkeys(VICTIMS, 0), 0
    while sum(kills.values()) < 100:
        run, runs = Run(tmp_path / f"run-{runs}"), runs + 1
        for _ in range(chance.randint(3, 8)):
            time.sleep(chance.uniform(0.0, 5.0))
            victim = chance.choice(VICTIMS)
            kills[victim] += run.kill(victim)
        assert run.finish() == undisturbed
    print(f"{sum(kills.values())} kills {kills} in {runs} runs: all weights are those of the undisturbed run")
