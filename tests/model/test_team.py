"""Several processes that train one network: together they do what one does alone."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model import checkpoint
from model.batches import PoemTable
from model.poem_task import poem_loss
from model.run_log import RunLog
from model.team import Team
from model.vocabulary import Vocabulary
from tests.model.learning import call, changes, is_one_line, network, quatrains, write_corpus

POEMS = quatrains(12)
VOCABULARY = Vocabulary.build(POEMS)
TABLE = PoemTable(POEMS, VOCABULARY)
SMALL = changes("embedding=8", "hidden=12", "epochs=2", "batch=5", "floor=1", "dropout=0.0", "clip=1.0")


def gradients(poems: int, size: int, *, per_poem: bool) -> tuple[float, list[torch.Tensor]]:
    """The losses of a team and its gradients, added up."""
    pupil = network("gru", len(VOCABULARY))
    batch = TABLE.batch(torch.arange(poems).numpy())
    total = 0.0
    for rank in range(size):
        loss, symbols = poem_loss(pupil, batch, "float32", per_poem=per_poem, team=Team(rank, size))
        assert symbols == int((batch.targets != 0).sum())
        torch.autograd.backward(loss)
        total += loss.item()
    return total, [parameter.grad for parameter in pupil.parameters() if parameter.grad is not None]


@settings(max_examples=8)
@given(st.integers(1, 12), st.integers(2, 5), st.booleans())
def test_a_team_does_what_one_does_alone(poems: int, size: int, per_poem: bool) -> None:  # noqa: FBT001
    """Also where it has more processes than there are poems."""
    loss, slopes = gradients(poems, size, per_poem=per_poem)
    alone, own = gradients(poems, 1, per_poem=per_poem)
    assert loss == pytest.approx(alone, rel=1e-5)
    assert len(slopes) == len(own)
    for slope, one in zip(slopes, own, strict=True):
        torch.testing.assert_close(slope, one, rtol=1e-4, atol=1e-6)


def test_torchrun_tells_who_is_who() -> None:
    assert Team.of({}) == Team()
    assert Team().is_alone
    assert Team().leads
    second = Team.of({"RANK": "1", "WORLD_SIZE": "4", "LOCAL_RANK": "1"})
    assert second == Team(1, 4, 1)
    assert not second.leads


def together(words: Sequence[object], count: int) -> list[int]:
    """What torchrun does: as many processes, each told which one it is. Returns their exit codes."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "model", *map(str, words)]
    told = {"OMP_NUM_THREADS": "1", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(count)}
    started = [
        subprocess.Popen(command, env=os.environ | told | {"RANK": str(rank), "LOCAL_RANK": str(rank)})
        for rank in range(count)
    ]
    return [process.wait() for process in started]


def by_torchrun(words: Sequence[object], count: int) -> list[int]:
    team = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", str(count), "-m", "model"]
    own = os.environ | {"OMP_NUM_THREADS": "1"}
    return [subprocess.run([sys.executable, *team, *map(str, words)], check=False, env=own).returncode]


@pytest.mark.parametrize("start", [together, pytest.param(by_torchrun, marks=pytest.mark.soak)])
def test_two_processes_learn_what_one_learns(
    tmp_path: Path, start: Callable[[Sequence[object], int], list[int]]
) -> None:
    """Real ones, by gloo: within rounding the same losses, and one folder as of one."""
    corpus = write_corpus(tmp_path / "poems.txt", 60)
    words = ["train", "--recipe", "gru", "--corpus", corpus, *SMALL, "--precision", "float32", "--device", "cpu"]
    words += ["--threads", 1, "--seed", 3, "--checkpoint-every", 4]
    assert call(*words, "--out", tmp_path / "alone") == 0
    assert set(start([*words, "--out", tmp_path / "team"], 2)) == {0}
    alone, team = (RunLog(tmp_path / name).read()[0] for name in ("alone", "team"))
    assert [event["event"] for event in team if event["event"] in ("begin", "end")] == ["begin", "end"]
    losses = [[event["loss"] for event in some if "loss" in event] for some in (alone, team)]
    assert len(losses[0]) == len(losses[1]) > 4
    assert losses[1] == pytest.approx(losses[0], rel=1e-4)
    saved = [checkpoint.load(tmp_path / name / "checkpoint.safetensors", "run")[1] for name in ("alone", "team")]
    for name, tensor in saved[0].items():
        if name.startswith("network."):
            torch.testing.assert_close(saved[1][name], tensor, rtol=1e-3, atol=1e-4)


def test_an_adder_learns_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("WORLD_SIZE", "2")
    assert call("train", "--recipe", "adder", "--out", tmp_path / "run") == 1
    assert is_one_line(capsys.readouterr().err, "an adder learns in one process")
