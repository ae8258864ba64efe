"""One process in a folder: the lock, who holds it, and how the work ends."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from model import run_lock
from model.errors import DiskError, FolderTakenError, NotANumberError, NotSavedError, TrainingError
from model.run_lock import holder_of, holding
from model.run_log import RunLog
from model.session import train_in
from model.team import Team


@contextmanager
def another(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that holds the folder."""
    program = f"import model.run_lock as r, pathlib\nwith r.holding(pathlib.Path({str(folder)!r})):\n print(1); input()"
    with subprocess.Popen(
        [sys.executable, "-uc", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()


def told(folder: Path) -> list[dict[str, Any]]:
    return [{name: value for name, value in event.items() if name != "at"} for event in RunLog(folder).read()[0]]


def test_a_folder_has_one_holder_who_can_be_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "PATIENCE_SECONDS", 0.01)
    assert holder_of(tmp_path) is None
    with another(tmp_path) as process:
        holder = holder_of(tmp_path)
        assert holder is not None
        assert holder.pid == process.pid
        assert abs(holder.started_at - holder.seen_at) < 30
        with pytest.raises(FolderTakenError, match="another process trains in"), holding(tmp_path):
            pass
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert holder_of(tmp_path) is None
    with holding(tmp_path):
        own = holder_of(tmp_path)
        assert own is not None
        assert own.pid == os.getpid()
    assert holder_of(tmp_path) is None


def test_a_holder_that_has_not_said_who_it_is(tmp_path: Path) -> None:
    with another(tmp_path):
        (tmp_path / "lock").write_text("")
        holder = holder_of(tmp_path)
        assert holder is not None
        assert holder.pid == 0


def test_a_look_at_the_lock_keeps_nobody_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held for a moment then, and the process that wants it tries again."""
    with another(tmp_path) as process:

        def leave(_: float) -> None:
            process.kill()
            process.wait()

        monkeypatch.setattr("model.run_lock.time.sleep", leave)
        with holding(tmp_path):
            assert process.returncode is not None


def test_it_gives_signs_of_life(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_lock, "HEARTBEAT_SECONDS", 0.001)
    with holding(tmp_path):
        os.utime(tmp_path / "lock", (0, 0))
        while not (tmp_path / "lock").stat().st_mtime:
            pass


@pytest.mark.parametrize(("code", "outcome"), [(0, "finished"), (130, "stopped")])
def test_the_end_is_told(tmp_path: Path, code: int, outcome: str) -> None:
    assert train_in(tmp_path / "run", lambda _: code, Team()) == code
    assert told(tmp_path / "run") == [{"event": "stage", "stage": "loading"}, {"event": "end", "outcome": outcome}]


@pytest.mark.parametrize(
    ("error", "ending"),
    [
        (NotANumberError("x"), {"outcome": "failed", "kind": "no_number", "text": "x"}),
        (NotSavedError("x"), {"outcome": "failed", "kind": "disk", "text": "x"}),
        (TrainingError("x"), {"outcome": "failed", "kind": "training", "text": "x"}),
        (MemoryError(), {"outcome": "failed", "kind": "memory", "text": "MemoryError"}),
        (
            RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
            {
                "outcome": "failed",
                "kind": "memory",
                "text": "DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes",
            },
        ),
        (OSError(28, "No space"), {"outcome": "failed", "kind": "disk", "text": "[Errno 28] No space"}),
        (ValueError("x"), {"outcome": "failed", "kind": "unexpected", "text": "x"}),
        (KeyboardInterrupt(), {"outcome": "stopped"}),
    ],
)
def test_a_fault_is_told_and_goes_on(tmp_path: Path, error: BaseException, ending: dict[str, str]) -> None:
    def work(_: RunLog) -> int:
        raise error

    with pytest.raises(type(error)):
        train_in(tmp_path, work, Team())
    assert told(tmp_path)[-1] == {"event": "end", **ending}


def test_whoever_does_not_lead_leaves_no_trace(tmp_path: Path) -> None:
    def work(log: RunLog) -> int:
        log.record(event="tick", step=1)
        return 3

    assert train_in(tmp_path / "run", work, Team(rank=1, size=2)) == 3
    assert not (tmp_path / "run").exists()


def test_a_full_disk_has_no_room_for_the_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def work(log: RunLog) -> int:
        monkeypatch.setattr(RunLog, "record", lambda *_, **__: fail())
        log.record(event="tick", step=1)
        return 0

    def fail() -> None:
        raise DiskError("full")

    with pytest.raises(DiskError, match="full"):
        train_in(tmp_path, work, Team())
    assert [event["event"] for event in told(tmp_path)] == ["stage"]


def test_a_folder_that_cannot_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match="cannot be written"):
        train_in(tmp_path / "file" / "inside", lambda _: 0, Team())
