"""The three networks that are compared: where they come from, and what is said where they are not there."""

import shutil
from pathlib import Path

import pytest

from bot.services.compared import COMPARED_CELLS, ComparedNetworks
from bot.services.refusals import NoNetwork
from model.recipes import Cell


def reason(networks: ComparedNetworks, cell: Cell) -> str:
    with pytest.raises(NoNetwork) as refused:
        networks.poet(cell)
    return str(refused.value.values["reason"])


def test_each_cell_has_its_network(weights: Path) -> None:
    networks = ComparedNetworks(weights, "cpu")

    assert [networks.poet(cell).configuration.cell for cell in COMPARED_CELLS] == ["rnn", "gru", "lstm"]
    assert networks.poet("gru") is networks.poet("gru")
    assert len({networks.poet(cell).weights for cell in COMPARED_CELLS}) == 3


def test_what_is_missing_is_looked_for_again(weights: Path, tmp_path: Path) -> None:
    networks = ComparedNetworks(tmp_path, "cpu")
    assert "compare-rnn.safetensors" in reason(networks, "rnn")

    shutil.copy(weights / "compare-rnn.safetensors", tmp_path)
    assert networks.poet("rnn").configuration.cell == "rnn"


@pytest.mark.parametrize("other", ["compare-gru", "adder"])
def test_weights_of_something_else_are_refused(weights: Path, tmp_path: Path, other: str) -> None:
    shutil.copy(weights / f"{other}.safetensors", tmp_path / "compare-lstm.safetensors")

    assert "compare-lstm.safetensors" in reason(ComparedNetworks(tmp_path, "cpu"), "lstm")
