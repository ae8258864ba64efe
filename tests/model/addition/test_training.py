import signal
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console
from threadpoolctl import threadpool_info, threadpool_limits

from model.addition import Adder, training
from model.addition.certificate import certificate_of
from model.addition.evaluation import fit_probe
from model.addition.folded import Array
from model.addition.numbers import Digits, written
from model.addition.training import AdderTask, Batch, train_adder
from model.device import Precision
from model.errors import CheckpointError, TrainingError
from model.header import read_header
from model.recipes import AdderRecipe, OperationName, load_recipe
from model.run import RunOptions
from model.run_log import RunLog

CPU = torch.device("cpu")
SHORT = AdderRecipe(embedding=4, hidden=8, learning_rate=1e-2, batch=20, steps=60, below=555)
CERTIFIED = SHORT.model_copy(update={"below": 1000, "draw": "lengths", "ordinary": 10, "sparsity": 1e-4})
FORMED = CERTIFIED.model_copy(update={"shared": True, "carrying": 2, "settling": 10, "closure": 0.3, "decision": 1.0})


def train(out: Path, *, seed: int = 5, resume: bool = False, recipe: AdderRecipe = SHORT) -> bool:
    console = Console(quiet=True)
    return train_adder("short", recipe, RunOptions(out, seed, CPU, resume, checkpoint_every=20), console)


def losses(folder: Path) -> dict[tuple[str, int], float]:
    return {(event["event"], event["step"]): event["loss"] for event in events(folder)}


def events(folder: Path) -> list[dict[str, Any]]:
    return RunLog(folder).results()


def interrupt_at(patch: pytest.MonkeyPatch, step: int, how: Any) -> None:
    """Let something happen at the beginning of a step, counted from 1."""
    plain, steps = AdderTask.loss, iter(range(1, 10**6))

    def loss(self: AdderTask, batch: Batch, precision: Precision) -> Any:
        if next(steps) == step:
            how()
        return plain(self, batch, precision)

    patch.setattr(AdderTask, "loss", loss)


def test_a_run_leaves_weights_events_and_a_picture(run: Path) -> None:
    header = read_header(run / "weights.safetensors", "adder")
    assert header.recipe == "small"
    assert header.step == 500
    assert header.seed == 1
    assert header.corpus == "random numbers below 555"
    assert {"loss", "exact", "margin", "probe", "test_exact", "test_margin", "test_probe"} <= header.figures.keys()
    assert header.figures["test_exact"] == 1
    assert header.figures["test_probe"] == 1
    assert (run / "loss.png").stat().st_size > 1000
    curve = [loss for (event, _), loss in losses(run).items() if event == "progress"]
    assert curve[-1] < curve[0] / 10


def test_weights_are_stored_in_single_precision(run: Path, adder: Adder) -> None:
    table = adder._network.output
    assert (table == table.astype(np.float32)).all()
    assert (table != table.astype(np.float16)).any()


@pytest.mark.parametrize("recipe", [SHORT, CERTIFIED, FORMED])
def test_ctrl_c_and_resume_give_the_uninterrupted_run(tmp_path: Path, recipe: AdderRecipe) -> None:
    assert train(tmp_path / "whole", recipe=recipe)
    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 33, lambda: signal.raise_signal(signal.SIGINT))
        assert not train(tmp_path / "cut", recipe=recipe)
    assert not (tmp_path / "cut" / "weights.safetensors").exists()
    assert train(tmp_path / "cut", resume=True, recipe=recipe)
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    whole, cut = (tmp_path / name / "weights.safetensors" for name in ("whole", "cut"))
    assert cut.read_bytes() == whole.read_bytes()


def test_a_crash_and_resume_give_the_uninterrupted_run(tmp_path: Path) -> None:
    assert train(tmp_path / "whole")

    def crash() -> None:
        raise MemoryError

    with pytest.MonkeyPatch.context() as patch:
        interrupt_at(patch, 55, crash)
        with pytest.raises(MemoryError):
            train(tmp_path / "cut")
    assert train(tmp_path / "cut", resume=True)
    whole, cut = (tmp_path / name / "weights.safetensors" for name in ("whole", "cut"))
    assert losses(tmp_path / "cut") == losses(tmp_path / "whole")
    assert cut.read_bytes() == whole.read_bytes()


def test_a_finished_run_can_be_resumed_to_no_effect(tmp_path: Path) -> None:
    assert train(tmp_path)
    before = (tmp_path / "weights.safetensors").read_bytes()
    assert train(tmp_path, resume=True)
    assert (tmp_path / "weights.safetensors").read_bytes() == before


def test_another_seed_gives_another_network_and_is_not_resumed(tmp_path: Path) -> None:
    assert train(tmp_path / "one")
    assert train(tmp_path / "two", seed=6)
    assert losses(tmp_path / "one") != losses(tmp_path / "two")
    with pytest.raises(TrainingError, match="seed"):
        train(tmp_path / "one", seed=6, resume=True)


def test_the_threads_are_as_before(tmp_path: Path) -> None:
    before = torch.get_num_threads()
    assert train(tmp_path)
    with pytest.raises(TrainingError):
        train(tmp_path)
    assert torch.get_num_threads() == before


def test_blas_has_one_thread_meanwhile(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its threads wait for each other without resting: beside other work they cost many times what they gain."""
    seen = []

    def looking(states: Array, carries: Digits) -> tuple[Array, float]:
        seen.append(blas_threads())
        return fit_probe(states, carries)

    monkeypatch.setattr(training, "fit_probe", looking)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        assert train(tmp_path)
        assert blas_threads() == before
    assert seen
    assert all(found == {1} for found in seen)


def blas_threads() -> set[int]:
    return {library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"}


def test_a_file_in_the_way_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises((TrainingError, CheckpointError), match="file"):
        train(tmp_path / "file")


@pytest.mark.parametrize(("steps", "epochs"), [(60, 1), (500, 1), (501, 1), (3000, 6)])
def test_epochs_are_of_one_length(steps: int, epochs: int) -> None:
    recipe = SHORT.model_copy(update={"steps": steps})
    task = AdderTask("short", recipe, 0, CPU)
    assert task.epochs == epochs
    assert len(task.batches(0)) * epochs == steps


def test_batches_are_new_pairs_below_the_bound_with_their_sums() -> None:
    task = AdderTask("short", SHORT, 0, CPU)
    first, again, other = task.batches(0), task.batches(0), task.batches(1)
    met = set()
    for columns, digits, _ in first:
        assert columns.shape == (4, 20, 2)
        for pair, said in zip(columns.transpose(1, 2, 0), digits.T, strict=True):
            a, b = (int(written(number.tolist())) for number in pair)
            assert max(a, b) < 555
            assert int(written(said.tolist())) == a + b
            met.add((a, b))
    assert len(met) > 1_100
    assert all((x[0] == y[0]).all() and (x[1] == y[1]).all() for x, y in zip(first, again, strict=True))
    assert any((x[0] != y[0]).any() for x, y in zip(first, other, strict=True))


def test_batches_know_their_step() -> None:
    task = AdderTask("short", SHORT.model_copy(update={"steps": 1000}), 0, CPU)
    assert [step for epoch in range(2) for _, _, step in task.batches(epoch)] == list(range(1000))


@pytest.mark.parametrize("operation", ["subtract", "add-3"])
def test_other_operations_are_learnt_by_the_same_loop(tmp_path: Path, operation: OperationName) -> None:
    recipe = SHORT.model_copy(update={"operation": operation})
    assert train(tmp_path, recipe=recipe)
    adder = Adder.load(tmp_path / "weights.safetensors")
    assert adder.operation.name == operation
    assert losses(tmp_path)["progress", 60] < losses(tmp_path)["progress", 20]


def test_the_worst_case_is_told_after_each_epoch(tmp_path: Path) -> None:
    assert train(tmp_path, recipe=CERTIFIED)
    [epoch] = [event for event in events(tmp_path) if event["event"] == "epoch"]
    assert epoch["worst_case"] < epoch["margin"]


def test_weights_that_cannot_be_proven_have_no_certificate(tmp_path: Path) -> None:
    out = StringIO()
    options = RunOptions(tmp_path, 5, CPU)
    assert train_adder("short", CERTIFIED, options, Console(file=out, width=200))
    assert "not proven: " in out.getvalue()
    assert not certificate_of(tmp_path / "weights.safetensors").exists()
    assert Adder.load(tmp_path / "weights.safetensors").proof is None


def test_the_exercises_recipe_is_kept() -> None:
    recipe = load_recipe("learn2carry")
    assert isinstance(recipe, AdderRecipe)
    assert (recipe.embedding, recipe.hidden, recipe.batch, recipe.steps) == (32, 64, 200, 3000)
    assert (recipe.optimizer, recipe.learning_rate, recipe.below) == ("adam", 1e-3, 555_555_555)
    assert recipe.ordinary is None
    network = AdderTask("learn2carry", recipe, 0, CPU).network
    assert network.embedding.weight.shape == (10, 32)
    assert network.input.weight.shape == (64, 64)
    assert network.output.weight.shape == (10, 64)
