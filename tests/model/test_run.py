"""The folder of a run: its events, its picture, and what goes wrong with a disk."""

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from model.errors import DiskError, TrainingError
from model.run import RunFolder
from model.run_log import RunLog


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.fixture
def run(tmp_path: Path) -> RunFolder:
    run = RunFolder(tmp_path / "run")
    run.begin()
    for step in (1, 2):
        run.log.record(event="progress", step=step, loss=5.0 - step, characters_per_second=9)
    run.log.record(event="epoch", step=2, epoch=1, loss=3.5, sample="月\n山")
    run.log.record(event="progress", step=3, loss=2.5, characters_per_second=9)
    return run


def test_an_event_is_a_line(run: RunFolder) -> None:
    lines = run.log.path.read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == run.log.results()
    assert '"sample": "月\\n山"' in lines[2]


def test_a_line_that_was_cut_short_is_left_out_and_the_next_one_is_whole(run: RunFolder) -> None:
    whole = run.log.path.read_bytes()
    run.log.path.write_bytes(whole[:-20])
    assert [event["step"] for event in run.log.results()] == [1, 2, 2]
    run.log.record(event="progress", step=4, loss=1.0)
    assert [event["step"] for event in run.log.results()] == [1, 2, 2, 4]
    run.log.path.write_bytes(whole + "月".encode()[:2])
    assert len(run.log.results()) == 4


def test_no_file_and_odd_lines_are_no_events(tmp_path: Path) -> None:
    log = RunLog(tmp_path)
    assert log.read() == ([], 0)
    log.path.write_text('3\n{"event": 3}\n{"event": "tick", "step": 1}\n', encoding="utf-8")
    assert log.read()[0] == [{"event": "tick", "step": 1}]


@settings(max_examples=25)
@given(st.lists(st.integers(0, 60), max_size=6), st.integers(1, 5))
def test_a_reader_that_comes_again_reads_each_event_once(
    tmp_path_factory: pytest.TempPathFactory, cuts: list[int], count: int
) -> None:
    """Whatever part of the file is there when it comes."""
    log = RunLog(tmp_path_factory.mktemp("log"))
    for step in range(count):
        log.record(event="tick", step=step)
    whole, found, offset = log.path.read_bytes(), [], 0
    for cut in [*sorted(cut * len(whole) // 60 for cut in cuts), len(whole)]:
        log.path.write_bytes(whole[:cut])
        events, offset = log.read(offset)
        found += events
    assert [event["step"] for event in found] == list(range(count))
    assert offset == len(whole)


@pytest.mark.parametrize(("step", "epoch", "left"), [(3, 1, 4), (2, 1, 3), (2, 0, 2), (1, 0, 1), (0, 0, 0)])
def test_what_came_after_a_checkpoint_counts_no_more(run: RunFolder, step: int, epoch: int, left: int) -> None:
    before, size = run.log.results(), run.log.path.stat().st_size
    run.log.record(event="begin", step=step, epoch=epoch, steps=9, epochs=3, unit="characters")
    assert run.log.results() == before[:left]
    assert len(run.log.read()[0]) == 5
    assert run.log.read(size)[0][0]["event"] == "begin"


def test_a_full_disk_loses_no_events(run: RunFolder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = run.log.path.read_bytes()
    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DiskError, match=r"events\.jsonl cannot be written \(No space left.*go on with --resume"):
        run.log.record(event="progress", step=4, loss=1.0)
    monkeypatch.undo()
    assert run.log.path.read_bytes() == before


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
