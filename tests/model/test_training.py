"""The training loop: exact resume, whatever stops it; the best weights; no bad checkpoint."""

import errno
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from model import checkpoint, training
from model.device import Precision
from model.errors import CheckpointError, TrainingError
from model.header import Header, read_header
from model.poem_task import PoemTask
from model.recipes import Optimizer, PoemRecipe
from model.run import RunFolder
from model.training import Trainer
from tests.model.learning import TINY, corpus, events, same, tensors, train

# A corpus of 100 poems to train on in batches of 16: two epochs of 7 batches. A checkpoint every 5, a report every 4.
BATCHES = 7
LAST = 2 * BATCHES


@pytest.fixture(scope="module", autouse=True)
def quick() -> Any:
    """No pictures, one precision, short windows."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "choose_precision", lambda _: "float32")
        patch.setattr(training, "REPORT_EVERY", 4)
        patch.setattr(RunFolder, "draw", lambda _: None)
        yield


@pytest.fixture(scope="module")
def whole(quick: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    assert train(folder, checkpoint_every=5)
    return folder


class Crash(BaseException):
    """The process is gone: nothing is saved any more."""


def crash() -> None:
    raise Crash


def assert_same_run(folder: Path, other: Path) -> None:
    assert events(folder) == events(other)
    assert same(tensors(folder), tensors(other))
    assert (folder / "weights.safetensors").read_bytes() == (other / "weights.safetensors").read_bytes()


def changed(**values: Any) -> PoemRecipe:
    return PoemRecipe.model_validate(TINY.model_dump() | values)


@pytest.mark.parametrize("stop", [1, 3, 5, BATCHES, BATCHES + 1, LAST - 1, LAST])
def test_a_stop_and_resume_give_the_uninterrupted_run(tmp_path: Path, whole: Path, stop: int) -> None:
    """In the middle of a window, at a checkpoint, at the end of an epoch, at the end of the run."""
    finished = train(tmp_path, stop_after=stop, checkpoint_every=5)
    assert finished == (stop == LAST)
    assert read_header(tmp_path / "checkpoint.safetensors", "run").step == stop
    assert train(tmp_path, resume=True, checkpoint_every=5)
    assert_same_run(tmp_path, whole)


@given(
    st.lists(st.tuples(st.sampled_from(["stop", "crash"]), st.integers(1, 9)), min_size=2, max_size=4),
    st.integers(2, 6),
)
@settings(deadline=None, max_examples=10)
def test_any_number_of_stops_and_crashes_changes_nothing(
    tmp_path_factory: pytest.TempPathFactory, interruptions: list[tuple[str, int]], every: int
) -> None:
    straight, cut = tmp_path_factory.getbasetemp() / f"straight-{every}", tmp_path_factory.mktemp("cut")
    assert straight.exists() or train(straight, checkpoint_every=every)
    resume = finished = False
    for kind, batch in interruptions:
        try:
            stop, at = (batch, {}) if kind == "stop" else (0, {batch: crash})
            finished = train(cut, stop_after=stop, at=at, resume=resume, checkpoint_every=every)
        except Crash:
            pass
        resume = True
    if not finished:
        assert train(cut, resume=True, checkpoint_every=every)
    assert_same_run(cut, straight)


@pytest.mark.parametrize("optimizer", get_args(Optimizer))
@pytest.mark.parametrize("cell", ["rnn", "lstm"])
def test_every_optimizer_goes_on_exactly(tmp_path: Path, optimizer: str, cell: str) -> None:
    recipe = changed(optimizer=optimizer, cell=cell, weight_decay=0.01, warmup=0.2, decay=0.5, epochs=1)
    assert train(tmp_path / "whole", recipe)
    assert not train(tmp_path / "cut", recipe, stop_after=4)
    assert train(tmp_path / "cut", recipe, resume=True)
    assert_same_run(tmp_path / "cut", tmp_path / "whole")


@pytest.mark.parametrize("precision", get_args(Precision))
def test_every_precision_goes_on_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: Precision) -> None:
    recipe = changed(epochs=1, loss="poem", tied=True)
    monkeypatch.setattr(training, "choose_precision", lambda _: precision)
    assert train(tmp_path / "whole", recipe)
    assert not train(tmp_path / "cut", recipe, stop_after=4)
    # A device measured anew may choose another precision: the run keeps its own.
    monkeypatch.setattr(training, "choose_precision", lambda _: "float32" if precision == "float16" else "float16")
    assert train(tmp_path / "cut", recipe, resume=True)
    assert_same_run(tmp_path / "cut", tmp_path / "whole")


@pytest.mark.parametrize("precision", get_args(Precision))
def test_a_checkpoint_of_another_device_is_continued(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: Precision
) -> None:
    assert not train(tmp_path, stop_after=4)
    path = tmp_path / "checkpoint.safetensors"
    header, saved = checkpoint.load(path, "run")
    elsewhere = header.run | {"device": "mps", "precision": "bfloat16"}
    checkpoint.save(path, saved, header.model_copy(update={"run": elsewhere}))
    monkeypatch.setattr(training, "choose_precision", lambda _: precision)
    assert train(tmp_path, resume=True)
    assert read_header(path, "run").run["precision"] == precision


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    assert train(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert train(tmp_path, resume=True)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_the_same_seed_trains_the_same_network(tmp_path: Path, whole: Path) -> None:
    assert train(tmp_path / "again", checkpoint_every=5)
    assert train(tmp_path / "other", seed=4, checkpoint_every=5)
    assert_same_run(tmp_path / "again", whole)
    assert events(tmp_path / "other") != events(whole)


def test_what_a_run_tells(whole: Path) -> None:
    told = events(whole)
    progress = [event for event in told if event["event"] == "progress"]
    assert [event["step"] for event in progress] == [4, 5, 7, 8, 10, 12, 14]
    assert [event["epoch"] for event in told if event["event"] == "epoch"] == [1, 2]
    end = told[-1]
    assert {"loss", "training_loss", "sample", "step", "epoch", "event"} == end.keys()
    # Losses between reports are means over their batches: weighted, they make the epoch's.
    second = [(progress[0]["loss"], 4), (progress[1]["loss"], 1), (progress[2]["loss"], 2)]
    mean = sum(loss * count for loss, count in second) / BATCHES
    assert told[3]["training_loss"] == pytest.approx(mean, rel=1e-6)


def test_the_last_weights_are_the_best_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = iter([3.0, 1.5, 2.5, 1.5])
    monkeypatch.setattr(PoemTask, "evaluate", lambda _: {"loss": next(held_out)})
    assert train(tmp_path, changed(epochs=4))
    header = read_header(tmp_path / "weights.safetensors", "poem")
    assert header.figures["loss"] == 1.5
    assert header.step == 2 * BATCHES


def test_best_is_remembered_across_a_resume(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    held_out = iter([1.5, 2.5])
    monkeypatch.setattr(PoemTask, "evaluate", lambda _: {"loss": next(held_out)})
    assert not train(tmp_path, stop_after=BATCHES + 1)
    assert train(tmp_path, resume=True)
    assert read_header(tmp_path / "weights.safetensors", "poem").step == BATCHES


def poisoned(batch: int, when: str) -> dict[int, Any]:
    """A loss that is no number, or weights that are none after a loss that was one."""

    def poison() -> None:
        def spoil(self: Trainer, *_: Any) -> tuple[Tensor, int]:
            if when == "weights":
                with torch.no_grad():
                    next(self.network.parameters()).fill_(math.nan)
            return torch.tensor(math.nan if when == "loss" else 1.0), 1

        patch.setattr(Trainer, "_step", spoil)

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
        ("settings", {"recipe": changed(learning_rate=0.5)}),
        ("settings", {"recipe": changed(epochs=3)}),
        ("corpus", {"poems": corpus(fingerprint="another")}),
    ],
)
def test_another_run_is_not_gone_on_with(tmp_path: Path, name: str, values: dict[str, Any]) -> None:
    assert not train(tmp_path, stop_after=2)
    with pytest.raises(TrainingError, match=f"has another {name}; give the options that it was begun with"):
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
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint.safetensors", "metrics.jsonl"]


def test_a_crash_while_an_epoch_is_closed_changes_nothing(
    tmp_path: Path, whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checkpoint at the last batch is older than the epoch's line in the metrics."""
    plain = checkpoint.save

    def save(path: Path, contents: Mapping[str, Tensor], header: Header, *, half: bool = False) -> None:
        if half:
            raise Crash
        plain(path, contents, header, half=half)

    monkeypatch.setattr(checkpoint, "save", save)
    with pytest.raises(Crash):
        train(tmp_path, checkpoint_every=BATCHES)
    monkeypatch.undo()
    assert [event["event"] for event in events(tmp_path)][-1] == "epoch"
    assert train(tmp_path, resume=True, checkpoint_every=BATCHES)
    ends = [[event for event in events(folder) if event["event"] == "epoch"] for folder in (tmp_path, whole)]
    assert ends[0] == ends[1]


def test_the_shape_of_the_learning_rate_is_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rates: list[float] = []
    plain = Trainer._step

    def step(self: Trainer, batch: Any, rate: float) -> tuple[Tensor, int]:
        found = plain(self, batch, rate)
        rates.extend({group["lr"] for group in self.optimizer.param_groups})
        return found

    monkeypatch.setattr(Trainer, "_step", step)
    assert train(tmp_path, changed(warmup=0.25, decay=0.5, learning_rate=0.01))
    assert len(rates) == LAST
    assert max(rates) == 0.01
    assert rates[0] == pytest.approx(0.01 * (0.5 / LAST) / 0.25)
    assert rates[-1] == pytest.approx(0.01 * (0.5 / LAST) / 0.5)


def test_long_gradients_are_clipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    norms: list[float] = []

    def measure(self: torch.optim.SGD) -> None:
        gradients = [p.grad for group in self.param_groups for p in group["params"] if p.grad is not None]
        norms.append(torch.cat([gradient.flatten() for gradient in gradients]).norm().item())

    monkeypatch.setattr(torch.optim.SGD, "step", measure)
    assert train(tmp_path / "short", changed(optimizer="sgd", clip=0.01))
    assert max(norms) <= 0.01 * 1.001
    norms.clear()
    assert train(tmp_path / "long", changed(optimizer="sgd", clip=None))
    assert max(norms) > 0.02
