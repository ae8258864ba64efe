"""The training loop: exact resume, whatever stops it; the best weights; no bad checkpoint."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from model import checkpoint, learner, run_state
from model.device import Precision
from model.header import Header, read_header
from model.learner import Learner
from model.poem_task import PoemTask
from tests.model.learning import CPU, changed, events, hasten, same, tensors, train

# A corpus of 100 poems to train on in batches of 16: two epochs of 7 batches. A checkpoint every 5, a report every 4.
BATCHES = 7
LAST = 2 * BATCHES


@pytest.fixture(scope="module", autouse=True)
def quick() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch)
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
@settings(deadline=None, max_examples=6)
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


@pytest.mark.parametrize(
    ("optimizer", "cell"), [("adam", "lstm"), ("adamw", "rnn"), ("rmsprop", "lstm"), ("sgd", "gru")]
)
def test_every_optimizer_goes_on_exactly(tmp_path: Path, optimizer: str, cell: str) -> None:
    recipe = changed(optimizer=optimizer, cell=cell, weight_decay=0.01, warmup=0.2, decay=0.5, epochs=1)
    assert train(tmp_path / "whole", recipe)
    assert not train(tmp_path / "cut", recipe, stop_after=4)
    assert train(tmp_path / "cut", recipe, resume=True)
    assert_same_run(tmp_path / "cut", tmp_path / "whole")


@pytest.mark.parametrize("precision", get_args(Precision))
def test_every_precision_goes_on_exactly(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: Precision) -> None:
    recipe = changed(epochs=1, loss="poem", tied=True)
    monkeypatch.setattr(learner, "choose_precision", lambda _: precision)
    assert train(tmp_path / "whole", recipe)
    assert not train(tmp_path / "cut", recipe, stop_after=4)
    # A device measured anew may choose another precision: the run keeps its own.
    monkeypatch.setattr(learner, "choose_precision", lambda _: "float32" if precision == "float16" else "float16")
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
    monkeypatch.setattr(learner, "choose_precision", lambda _: precision)
    assert train(tmp_path, resume=True)
    assert read_header(path, "run").run["precision"] == precision


def test_a_finished_run_is_left_as_it_is(tmp_path: Path) -> None:
    assert train(tmp_path)
    weights, told = {path: path.read_bytes() for path in tmp_path.glob("*.safetensors")}, events(tmp_path)
    assert train(tmp_path, resume=True)
    assert {path: path.read_bytes() for path in tmp_path.glob("*.safetensors")} == weights
    assert events(tmp_path) == told


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
    plain = Learner.step

    def step(self: Learner, batch: Any, rate: float) -> tuple[Tensor, int]:
        found = plain(self, batch, rate)
        rates.extend({group["lr"] for group in self._optimizer.param_groups})
        return found

    monkeypatch.setattr(Learner, "step", step)
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


def test_a_graphics_processors_random_numbers_go_on_too(monkeypatch: pytest.MonkeyPatch) -> None:
    device, state = torch.device("cuda"), torch.arange(16, dtype=torch.uint8)
    restored: list[tuple[Tensor, torch.device]] = []
    monkeypatch.setattr(torch.cuda, "get_rng_state", lambda _: state)
    monkeypatch.setattr(torch.cuda, "set_rng_state", lambda *values: restored.append(values))
    states = run_state.random_state(device)
    run_state.set_random_state(states, device)
    assert restored == [(state, device)]
    # A run from a processor has none to restore.
    run_state.set_random_state(run_state.random_state(CPU), device)
    assert len(restored) == 1


def test_a_run_is_cut_short_or_made_longer(tmp_path: Path) -> None:
    """The schedule is that of the new length from then on."""
    recipe = changed(epochs=4, decay=0.5)
    assert not train(tmp_path / "run", recipe, stop_after=9)
    assert train(tmp_path / "run", changed(epochs=2, decay=0.5), resume=True)
    assert [event["epoch"] for event in events(tmp_path / "run") if event["event"] == "epoch"] == [1, 2]
    header, _ = checkpoint.load(tmp_path / "run" / "weights.safetensors", "poem")
    assert header.settings["epochs"] == 2
    assert train(tmp_path / "run", changed(epochs=3, decay=0.5), resume=True)
    assert [event["epoch"] for event in events(tmp_path / "run") if event["event"] == "epoch"] == [1, 2, 3]
