"""A small adder, trained in a second or two."""

from pathlib import Path

import pytest
import torch
from rich.console import Console

from model.addition import Adder
from model.addition.training import train_adder
from model.recipes import AdderRecipe
from model.run import RunOptions

RECIPE = AdderRecipe(embedding=16, hidden=64, learning_rate=1e-2, batch=100, steps=500, below=555)


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a finished run."""
    folder = tmp_path_factory.mktemp("adder")
    console = Console(quiet=True)
    assert train_adder("small", RECIPE, RunOptions(folder, 1, torch.device("cpu")), console)
    return folder


@pytest.fixture(scope="session")
def adder(run: Path) -> Adder:
    return Adder.load(run / "weights.safetensors")
