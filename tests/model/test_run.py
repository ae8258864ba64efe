"""The folder of a run: its metrics, its picture, and what goes wrong with a disk."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from model.errors import TrainingError
from model.run import RunFolder


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.begin()
    for step in (1, 2):
        run.record(event="progress", step=step, loss=5.0 - step, characters_per_second=9)
    run.record(event="epoch", step=2, epoch=1, loss=3.5, sample="月\n山")
    run.record(event="progress", step=3, loss=2.5, characters_per_second=9)
    return run


def test_an_event_is_a_line(run: RunFolder) -> None:
    lines = run.metrics.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == run.events()
    assert '"sample": "月\\n山"' in lines[2]


def test_a_line_that_was_cut_short_is_left_out(run: RunFolder) -> None:
    whole = run.metrics.read_bytes()
    run.metrics.write_bytes(whole[:-20])
    assert [event["step"] for event in run.events()] == [1, 2, 2]
    run.metrics.write_bytes(whole + "月".encode()[:2])
    assert len(run.events()) == 4


def test_no_metrics_are_no_events(tmp_path: Path) -> None:
    assert RunFolder(tmp_path / "none").events() == []


@pytest.mark.parametrize(("step", "epochs", "left"), [(3, 1, 4), (2, 1, 3), (2, 0, 2), (1, 0, 1), (0, 0, 0)])
def test_what_came_after_a_checkpoint_is_forgotten(run: RunFolder, step: int, epochs: int, left: int) -> None:
    before = run.events()
    run.forget_after(step, epochs)
    assert run.events() == before[:left]
    assert [path.name for path in run.folder.iterdir()] == ["metrics.jsonl"]


def test_a_full_disk_loses_no_metrics(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run.metrics.read_bytes()
    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(TrainingError, match=r"metrics\.jsonl cannot be written \(No space left.*go on with --resume"):
        run.forget_after(1, 0)
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(TrainingError, match="cannot be written"):
        run.record(event="progress", step=4, loss=1.0)
    monkeypatch.undo()
    assert run.metrics.read_bytes() == before


def test_the_curve_is_a_picture(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    run.draw()
    assert run.curve.read_bytes().startswith(b"\x89PNG")
    monkeypatch.setattr("matplotlib.figure.Figure.savefig", full)
    with pytest.raises(TrainingError, match=r"loss\.png cannot be written"):
        run.draw()


def test_nothing_can_be_drawn_too(tmp_path: Path) -> None:
    run = RunFolder(tmp_path)
    run.begin()
    run.draw()
    assert run.curve.stat().st_size > 1000


@pytest.mark.parametrize("name", ["x" * 300, "file/inside"])
def test_a_folder_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(TrainingError, match=r"cannot be written .*; name another folder"):
        RunFolder(tmp_path / name).begin()


def test_a_folder_that_may_not_be_entered_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stat(*_: Any, **__: Any) -> os.stat_result:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "stat", stat)
    monkeypatch.setattr(Path, "mkdir", stat)
    with pytest.raises(TrainingError, match=r"cannot be written \(Permission denied\)"):
        RunFolder(tmp_path / "mine").begin()
