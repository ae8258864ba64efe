"""What is done on a graphics processor is what a processor does, but for the rounding. Only where there is one."""

from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import torch
from torch import Tensor

from model import learner
from model.checker import check
from model.device import Precision, choose_device, choose_precision
from model.forms import Form
from model.generation import Poet
from model.network import PoemNetwork
from model.poem_task import PoemTask, mean_loss
from model.recipes import Cell
from model.requests import PoemRequest
from model.torch_stepping import TorchStepper, make_stepper, network_of, weights_of
from tests.model.learning import CPU, call, changed, corpus, events, hasten, network, same, save_poet, tensors, train
from tests.model.verse import verse_poet

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no graphics processor of NVIDIA's here")

CUDA = torch.device("cuda")
CELLS: list[Cell] = ["rnn", "gru", "lstm"]


def on_cuda(reader: PoemNetwork) -> PoemNetwork:
    return network_of(weights_of(reader)).to(CUDA)


def test_it_is_found() -> None:
    assert choose_device().type == "cuda"
    assert choose_precision(CUDA) in get_args(Precision)


def lesson(cell: Cell, device: torch.device, *, tied: bool) -> tuple[float, int, float, dict[str, Tensor]]:
    """Loss and symbols of a batch, the loss on held-out poems, and the gradients."""
    task = PoemTask("tiny", changed(cell=cell, dropout=0.0, tied=tied), corpus(), 3, device)
    task.network.to(device)
    loss, count = task.loss(task.batches(0)[0], "float32")
    torch.autograd.backward(loss)
    slopes = {name: own.grad.cpu() for name, own in task.network.named_parameters() if own.grad is not None}
    return loss.item(), count, mean_loss(task.network, task.validation_poems), slopes


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("tied", [False, True])
def test_losses_and_gradients_are_those_of_a_processor(cell: Cell, *, tied: bool) -> None:
    loss, count, judged, slopes = lesson(cell, CPU, tied=tied)
    other, same_count, same_judged, others = lesson(cell, CUDA, tied=tied)
    assert count == same_count
    assert other == pytest.approx(loss, rel=1e-4)
    assert same_judged == pytest.approx(judged, rel=1e-4)
    for name, slope in slopes.items():
        torch.testing.assert_close(others[name], slope, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("precision", get_args(Precision))
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_every_precision_learns_and_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, precision: Precision, dropout: float
) -> None:
    """Exactly so, but for what cuDNN leaves out between the layers: nobody can tell it where it stood."""
    hasten(monkeypatch)
    monkeypatch.setattr(learner, "choose_precision", lambda _: precision)
    recipe = changed(cell="lstm", average=0.9, dropout=dropout)
    assert train(tmp_path / "whole", recipe, device=CUDA)
    assert not train(tmp_path / "parts", recipe, device=CUDA, stop_after=4)
    assert train(tmp_path / "parts", recipe, device=CUDA, resume=True)
    if not dropout:
        assert same(tensors(tmp_path / "whole"), tensors(tmp_path / "parts"))
    whole, parts = (
        [event["loss"] for event in events(tmp_path / name) if event["event"] == "epoch"] for name in ("whole", "parts")
    )
    assert parts == pytest.approx(whole, rel=0.02)
    assert whole[-1] < whole[0]


@pytest.mark.parametrize("cell", CELLS)
def test_steps_are_those_of_a_processor(cell: Cell) -> None:
    reader = network(cell, symbols=50, layers=2, embedding=20, hidden=40)
    ids = np.random.default_rng(0).integers(0, 50, (64, 9))
    targets = np.roll(ids, -1, axis=1)
    ours, theirs = make_stepper(on_cuda(reader)), make_stepper(reader)
    assert isinstance(ours, TorchStepper)
    np.testing.assert_allclose(
        ours.log_probabilities(ids, targets), theirs.log_probabilities(ids, targets), atol=2e-2, rtol=2e-2
    )


@pytest.mark.parametrize("form", Form)
def test_poems_keep_the_rules_and_are_the_same_in_any_batch(form: Form) -> None:
    model = verse_poet()
    writer = Poet(TorchStepper(on_cuda(model.network)), model.vocabulary, model.script)
    requests = [PoemRequest(form=form, seed=seed, candidates=4, temperature=1.0) for seed in range(6)]
    poems = writer.compose_all(requests)
    assert all(check(poem.text).strict for poem in poems)
    assert [poem.text for poem in poems] == [writer.compose_all([own])[0].text for own in requests]


def test_the_command_line_writes_and_judges_on_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    weights = save_poet(tmp_path / "poet.safetensors", verse_poet())
    assert call("generate", "--weights", weights, "--device", "cuda", "--count", "2", "--seed", "1") == 0
    written = capsys.readouterr().out
    assert call("generate", "--weights", weights, "--device", "cuda", "--count", "2", "--seed", "1") == 0
    assert capsys.readouterr().out == written
