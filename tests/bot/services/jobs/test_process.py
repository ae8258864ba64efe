"""The process of a job: what it is told, what it must not know, and how it is found and stopped."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.services.jobs import process
from bot.services.jobs.process import JobFolder, Sources, command, environment, is_alive, start, stop
from bot.store.jobs import Job, State
from model.__main__ import _parser
from model.run_lock import holder_of
from tests.bot.pupils import TRAINING
from tests.bot.training import end_all

NOW = datetime(2026, 1, 1, tzinfo=UTC)
TOKEN = "abc.def.ghi"
WAITING = """
import sys, time, pathlib
from model.run_lock import holding
with holding(pathlib.Path(sys.argv[1])):
    print("here", flush=True)
    time.sleep(60)
"""


def job(**values: Any) -> Job:
    fields: dict[str, Any] = {
        "id": 3, "kind": "retrain", "recipe": "gru", "corpus": "tang", "origin": "", "changes": (), "seed": 5,
        "state": State.RUNNING, "reason": "", "detail": "", "starts": 1, "step": 0, "event_offset": 0, "result": {},
        "asked_at": NOW, "began_at": NOW, "ended_at": None,
    }  # fmt: skip
    return Job(**fields | values)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[JobFolder]:
    folder = JobFolder(tmp_path / "jobs" / "3")
    folder.folder.mkdir(parents=True)
    yield folder
    end_all(tmp_path)


def test_the_words_are_those_of_the_command_line(folder: JobFolder, tmp_path: Path) -> None:
    sources = Sources(tmp_path / "tang", tmp_path / "old.safetensors")
    words = command(job(changes=("epochs=3",)), folder, sources, TRAINING)
    assert words[:4] == [sys.executable, "-m", "model", "train"]
    options = _parser().parse_args(words[3:])
    assert (options.recipe, options.corpus, options.origin) == ("gru", sources.corpus, sources.origin)
    assert (options.out, options.seed, options.changes, options.threads) == (folder.folder, 5, ["epochs=3"], 1)
    assert (options.checkpoint_every, options.precision, options.device) == (5, "float32", "cpu")
    assert not options.resume
    folder.checkpoint.write_bytes(b"something else")
    assert folder.saved_step() == 0
    assert _parser().parse_args(command(job(), folder, Sources(None, None), TRAINING)[3:]).resume


def test_several_processes_are_started_by_torchrun(folder: JobFolder, tmp_path: Path) -> None:
    several = TRAINING.model_copy(update={"processes": 3})
    words = command(job(), folder, Sources(tmp_path, None), several)
    assert words[1:8] == ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "3", "-m", "model"]
    assert words[8:] == command(job(), folder, Sources(tmp_path, None), TRAINING)[3:]
    alone = command(job(kind="adder"), folder, Sources(None, None), several)
    assert alone == command(job(kind="adder"), folder, Sources(None, None), TRAINING)


def test_the_environment_has_no_token_and_no_settings() -> None:
    own = {
        "PATH": "/bin",
        "DISCORD_TOKEN": TOKEN,
        "discord_token_file": "/x",
        "TANGPOET_OWNER__USERS": "[1]",
        "COPY": f"Bot {TOKEN}",
    }
    assert environment(own, 2, TOKEN) == {
        "PATH": "/bin",
        "OMP_NUM_THREADS": "2",
        "PYTHONUNBUFFERED": "1",
        "PYTHONUTF8": "1",
    }
    assert "COPY" in environment(own, 2, None)


def test_it_stands_back_and_writes_what_it_says(folder: JobFolder) -> None:
    program = "import os; print(os.getpriority(os.PRIO_PROCESS, 0), os.getsid(0) == os.getpid(), 'TOKEN' in os.environ)"
    program = f"import time; time.sleep(0.3); {program}"
    for _ in range(2):
        started = start([sys.executable, "-c", program], folder, environment(os.environ, 1, None), 2)
        started.wait()
    nice = min(os.getpriority(os.PRIO_PROCESS, 0) + 2, 19)
    assert folder.output.read_text().splitlines() == [f"{nice} True False"] * 2


def test_a_process_is_found_by_its_handle_and_by_its_lock(folder: JobFolder) -> None:
    assert not is_alive(folder, None)
    started = start([sys.executable, "-uc", WAITING, str(folder.folder)], folder, os.environ, 0)
    assert is_alive(folder, started)  # though it may hold nothing yet
    while holder_of(folder.folder) is None:
        pass
    assert is_alive(folder, None)
    stop(folder, None)
    assert not is_alive(folder, None)
    assert started.wait() == -signal.SIGTERM


def test_one_that_has_not_said_yet_who_it_is_is_asked_once_it_has(
    folder: JobFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    started = start([sys.executable, "-uc", WAITING, str(folder.folder)], folder, os.environ, 0)
    while (holder := holder_of(folder.folder)) is None or not holder.pid:
        pass
    nobody = [replace(holder, pid=0)] * 4
    monkeypatch.setattr(process, "holder_of", lambda own: nobody.pop() if nobody else holder_of(own))
    stop(folder, None)
    assert started.wait() == -signal.SIGTERM


def test_one_that_does_not_listen_is_killed(folder: JobFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "GRACE_SECONDS", 0.05)
    deaf = f"import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\n{WAITING}"
    started = start([sys.executable, "-uc", deaf, str(folder.folder)], folder, os.environ, 0)
    while holder_of(folder.folder) is None:
        pass
    stop(folder, started)
    assert started.returncode == -signal.SIGKILL


def test_one_of_our_own_group_is_stopped_alone(folder: JobFolder) -> None:
    """Somebody started it by hand where the bot was started: the bot is not to stop itself."""
    words = [sys.executable, "-uc", WAITING, str(folder.folder)]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as started:
        assert started.stdout is not None
        started.stdout.readline()
        stop(folder, started)
    assert started.returncode == -signal.SIGTERM


def test_nobody_is_stopped_where_nobody_is(folder: JobFolder) -> None:
    stop(folder, None)
    (folder.folder / "lock").touch()
    stop(folder, None)
