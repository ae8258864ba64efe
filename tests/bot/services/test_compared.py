"""The three networks that are compared: where they come from, and what is said where they are not there."""

import math
import shutil
from pathlib import Path

import pytest

from bot.services.compared import COMPARED_CELLS, ComparedNetworks
from bot.services.contests import perplexities
from bot.services.refusals import NoNetwork
from model.header import read_header
from model.insight.facts import measured
from model.recipes import Cell
from model.shipped import SHIPPED


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


def test_the_shipped_ones_are_told_by_what_was_measured_and_others_by_their_own_training(weights: Path) -> None:
    shipped, own = (ComparedNetworks(folder, "cpu") for folder in (SHIPPED, weights))
    poets = {cell: shipped.poet(cell) for cell in COMPARED_CELLS}
    assert perplexities(poets) == {cell: found.perplexity for cell, found in measured().cells.items()}

    # One that is another's makes all of them stand on their own training.
    found = perplexities(poets | {"rnn": own.poet("rnn")})
    paths = {cell: SHIPPED / f"compare-{cell}.safetensors" for cell in COMPARED_CELLS}
    paths["rnn"] = weights / "compare-rnn.safetensors"
    losses = {cell: read_header(path).figures["loss"] for cell, path in paths.items()}
    assert found == pytest.approx({cell: math.exp(loss) for cell, loss in losses.items()})
