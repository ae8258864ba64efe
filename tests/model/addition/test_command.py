import json
from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.__main__ import main
from model.addition.folded import AdderConfiguration
from model.addition.network import AdderNetwork
from model.header import Header


@pytest.fixture
def weights(run: Path) -> str:
    return str(run / "weights.safetensors")


def test_columns_and_sum_are_printed(weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "123", "458", "--weights", weights]) == 0
    out = capsys.readouterr().out
    assert "123 + 458 = 581" in out
    assert "right" in out
    assert "10^3" in out
    assert "3 + 8" in out


def test_a_wrong_sum_is_called_wrong(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    torch.manual_seed(0)
    untrained = AdderNetwork(AdderConfiguration(embedding=4, hidden=8))
    header = Header(
        kind="adder", configuration={"embedding": 4, "hidden": 8}, recipe="none", corpus="none", seed=0, step=0
    )
    path = tmp_path / "untrained.safetensors"
    checkpoint.save(path, checkpoint.parameters_of(untrained), header)
    assert main(["add", "123", "4" * 3_000, "--weights", str(path)]) == 0
    out = capsys.readouterr().out
    assert f"wrong: the true sum is {'4' * 2_997}567\n" in out
    assert "right" not in out
    assert "2,941 more columns" in out


def test_json_is_one_object(weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "99", "1", "--json", "--weights", weights]) == 0
    addition = json.loads(capsys.readouterr().out)
    assert addition["text"] == addition["expected"] == "100"
    assert addition["digits"] == [0, 0, 1]
    assert addition["carries"] == [1, 1, 0]
    assert addition["correct"] is True


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["1"], "two"),
        ([], "two"),
        (["1", "2", "3"], "too many"),
        (["1", "-2"], "negative"),
        (["1", "2.5"], "decimal"),
        (["1", "x"], "cannot be read as a whole number"),
    ],
)
def test_bad_numbers_get_one_line(
    weights: str, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str
) -> None:
    assert main(["add", *arguments, "--weights", weights]) == 1
    captured = capsys.readouterr()
    assert captured.out == ""
    assert message in captured.err
    assert captured.err.count("\n") == 1


def test_missing_weights_get_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["add", "1", "2", "--weights", str(tmp_path / "none.safetensors")]) == 1
    assert "none.safetensors" in capsys.readouterr().err


def test_the_shipped_weights_for_the_operation_are_taken(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subtract", "1000", "7"]) == 0
    out = capsys.readouterr().out
    assert "1000 − 7 = 993" in out
    assert "right: it is the true difference" in out
    assert "proven: " in out
    assert main(["add", "5", "7", "9"]) == 0
    out = capsys.readouterr().out
    assert "5 + 7 + 9 = 21" in out
    assert "\nproven: " in out


def test_nothing_goes_below_zero(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subtract", "7", "1000"]) == 1
    assert "below zero" in capsys.readouterr().err


def test_weights_that_add_do_not_subtract(weights: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["subtract", "7", "1", "--weights", weights]) == 1
    assert "these weights add" in capsys.readouterr().err
