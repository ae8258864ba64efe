"""What ends a run before its time, and runs that do not fit: nothing good is lost, and one line says what to do."""

import errno
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from model import checkpoint
from model.errors import CheckpointError, TrainingError
from model.header import read_header
from model.learner import Learner
from tests.model.learning import changed, corpus, events, hasten, tensors, train

BATCHES = 7


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch)
        yield


def poisoned(batch: int, when: str) -> dict[int, Any]:
    """A loss that is no number, or weights that are none after a loss that was one."""

    def poison() -> None:
        def spoil(self: Learner, *_: Any) -> tuple[Tensor, int]:
            if when == "weights":
                with torch.no_grad():
                    next(self.network.parameters()).fill_(math.nan)
            return torch.tensor(math.nan if when == "loss" else 1.0), 1

        patch.setattr(Learner, "step", spoil)

    patch = pytest.MonkeyPatch()
    return {batch: poison, 0: patch.undo}


@pytest.mark.parametrize("when", ["loss", "weights"])
@pytest.mark.parametrize("batch", [2, 5, BATCHES])
def test_no_number_stops_with_the_last_good_checkpoint(tmp_path: Path, when: str, batch: int) -> None:
    at = poisoned(batch, when)
    try:
        with pytest.raises(TrainingError, match=r"no number.*last good checkpoint is kept in .*lower learning rate"):
            train(tmp_path, at=at, checkpoint_every=3)
    finally:
        at[0]()
    assert all(torch.isfinite(tensor).all() for tensor in tensors(tmp_path).values())
    assert all(math.isfinite(event["loss"]) for event in events(tmp_path))
    assert train(tmp_path, resume=True, checkpoint_every=3)


def test_a_stop_does_not_save_what_is_no_number(tmp_path: Path) -> None:
    at = poisoned(2, "loss")
    try:
        with pytest.raises(TrainingError, match="no number"):
            train(tmp_path, at=at, stop_after=3, checkpoint_every=100)
    finally:
        at[0]()
    assert read_header(tmp_path / "checkpoint.safetensors", "run").step == 0


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("seed", {"seed": 4}),
        ("other values in its recipe", {"recipe": changed(learning_rate=0.5)}),
        ("corpus", {"poems": corpus(fingerprint="another")}),
    ],
)
def test_another_run_is_not_gone_on_with(tmp_path: Path, name: str, values: dict[str, Any]) -> None:
    assert not train(tmp_path, stop_after=2)
    with pytest.raises(TrainingError, match=f"{name}; give the options that it was begun with"):
        train(tmp_path, **values, resume=True)
    assert train(tmp_path, resume=True)


def test_a_folder_with_a_run_is_not_begun_again(tmp_path: Path) -> None:
    assert not train(tmp_path, stop_after=2)
    before = (tmp_path / "checkpoint.safetensors").read_bytes()
    with pytest.raises(TrainingError, match="holds a run already; add --resume"):
        train(tmp_path)
    assert (tmp_path / "checkpoint.safetensors").read_bytes() == before


def test_no_run_cannot_be_gone_on_with(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match="holds no run to go on with; leave out --resume"):
        train(tmp_path, resume=True)
    with pytest.raises(TrainingError, match="holds no run to go on with"):
        train(tmp_path / ("x" * 300), resume=True)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda run, saved: (run | {"position": {}}, saved),
        lambda run, saved: (run | {"device": 3}, saved),
        lambda _, saved: ({}, saved),
        lambda run, saved: (run | {"position": {"speed": 3}}, saved),
        lambda run, saved: (run | {"position": None}, saved),
        lambda run, _: (run, {}),
        lambda run, saved: (run, saved | {"network.output.bias": torch.ones(3)}),
        lambda run, saved: (run, saved | {"optimizer.x.step": torch.ones(1)}),
        lambda run, saved: (run, saved | {"random.cpu": torch.ones(1)}),
        lambda run, saved: (run | {"precision": "float1"}, saved),
    ],
)
def test_a_checkpoint_that_does_not_fit_is_named(tmp_path: Path, spoil: Any) -> None:
    assert not train(tmp_path, stop_after=2)
    path = tmp_path / "checkpoint.safetensors"
    header, saved = checkpoint.load(path, "run")
    run, saved = spoil(header.run, saved)
    checkpoint.save(path, saved, header.model_copy(update={"run": run}))
    with pytest.raises(CheckpointError, match=r"checkpoint\.safetensors: damaged"):
        train(tmp_path, resume=True)


def test_a_full_disk_keeps_the_last_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    with pytest.raises(CheckpointError, match="No space left on device"):
        train(tmp_path, at={6: lambda: monkeypatch.setattr("model.checkpoint.os.fsync", full)}, checkpoint_every=5)
    monkeypatch.undo()
    assert read_header(tmp_path / "checkpoint.safetensors", "run").step == 5
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.safetensors", "events.jsonl"]
