"""The table of what was measured: what is shipped fits the weights, and the command that makes it."""

import tomllib
from pathlib import Path
from typing import get_args

import pytest

from model.configuration import NetworkConfiguration
from model.header import fingerprint, read_header
from model.insight.facts import CellFacts, Facts, measured
from model.recipes import Cell, PoemRecipe, load_recipe
from model.script import Script
from model.shipped import SHIPPED
from model.vocabulary import Vocabulary
from tests.model.learning import call, header_of, is_one_line, network, poet_of, quatrains, save_poet

CELLS: tuple[Cell, ...] = get_args(Cell)
RECIPE = PoemRecipe(cell="rnn", embedding=6, hidden=10, learning_rate=1e-3, batch=4, epochs=1)


def curve(*influences: float) -> CellFacts:
    return CellFacts(weights="0", parameters=1, hidden=1, perplexity=2, trained=influences, untrained=influences)


def test_the_table_fits_the_shipped_weights() -> None:
    facts = measured()
    assert list(facts.cells) == list(CELLS)
    assert facts.poems == 500
    for cell, own in facts.cells.items():
        path = SHIPPED / f"compare-{cell}.safetensors"
        header = read_header(path, "poem")
        assert own.weights == fingerprint(path)
        assert own.hidden == header.configuration["hidden"]
        assert header.settings == load_recipe(f"compare-{cell}").model_dump(mode="json")
        assert path.stat().st_size < 2_000_000
        assert len(own.trained) == len(own.untrained) == 30
        assert all(later < own.untrained[0] for later in own.untrained[1:])


def test_the_shipped_networks_have_equally_many_weights() -> None:
    for cell, own in measured().cells.items():
        header = read_header(SHIPPED / f"compare-{cell}.safetensors", "poem")
        assert NetworkConfiguration.model_validate(header.configuration).size == own.parameters
    counts = [own.parameters for own in measured().cells.values()]
    assert max(counts) < 1.001 * min(counts)


def test_how_far_a_curve_reaches() -> None:
    own = curve(1.0, 0.5, 0.2, 0.3, 0.05)
    assert own.reach(own.trained, 0.4) == 2
    assert own.reach(own.trained, 0.25) == 4  # it comes back
    assert own.reach(own.trained, 0.01) == 5


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Untrained networks: what they were drawn from is what they are."""
    folder = tmp_path_factory.mktemp("compared")
    vocabulary = Vocabulary.build(quatrains(60))
    for cell in CELLS:
        writer = poet_of(network(cell, len(vocabulary), seed=5), vocabulary, Script.HANS)
        settings = RECIPE.model_copy(update={"cell": cell}).model_dump(mode="json")
        header = header_of(writer).model_copy(update={"settings": settings, "seed": 5})
        save_poet(folder / f"compare-{cell}.safetensors", writer, **header.model_dump(include={"settings", "seed"}))
    return folder


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("corpus") / "poems.txt"
    path.write_text("\n".join(quatrains(900, seed=6)), encoding="utf-8")
    return path


def test_the_command_writes_the_table(folder: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert call("influence", "--folder", folder, "--poems", corpus, "--count", 3) == 0
    facts = Facts.model_validate(tomllib.loads(capsys.readouterr().out))
    assert facts.poems == 3
    assert facts.foretold > 3
    for cell, own in facts.cells.items():
        assert own.weights == fingerprint(folder / f"compare-{cell}.safetensors")
        assert own.trained == own.untrained
        assert own.perplexity > 10


def test_what_the_command_cannot_do_is_said_in_a_line(
    folder: Path, corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert call("influence", "--folder", folder, "--poems", corpus, "--count", 500) == 1
    assert is_one_line(capsys.readouterr().err, "held-out poems that are long enough", "--count")
    assert call("influence", "--folder", folder, "--poems", corpus, "--count", 0) == 1
    assert is_one_line(capsys.readouterr().err, "a larger --count")
    few = tmp_path / "few.txt"
    few.write_text(quatrains(1)[0], encoding="utf-8")
    assert call("influence", "--folder", folder, "--poems", few) == 1
    assert is_one_line(capsys.readouterr().err, "no poem of the test split")
    for cell in CELLS:
        (tmp_path / f"compare-{cell}.safetensors").write_bytes((folder / "compare-gru.safetensors").read_bytes())
    assert call("influence", "--folder", tmp_path, "--poems", corpus) == 1
    assert is_one_line(capsys.readouterr().err, "compare-rnn.safetensors", "no weights of a plain RNN")
