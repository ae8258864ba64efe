"""Which weights are taken where none are named."""

import logging
from pathlib import Path

import pytest

from model.errors import CheckpointError
from model.generation import Poet
from model.shipped import best_weights, ranked_weights
from tests.model.learning import poet, save_poet
from tests.model.verse import verse_poet


def test_the_lowest_held_out_loss_wins(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    for name, loss in (("a", 5.0), ("b", 4.5), ("c", 4.75)):
        save_poet(tmp_path / f"{name}.safetensors", poet("gru"), figures={"loss": loss})
    save_poet(tmp_path / "d.safetensors", poet("gru"), figures={})
    save_poet(tmp_path / "e.safetensors", poet("gru"), kind="adder", figures={"loss": 0.1})
    save_poet(tmp_path / "f.weights", poet("gru"), figures={"loss": 0.1})
    assert caplog.messages == []
    (tmp_path / "g.safetensors").write_bytes(b"damaged")
    with caplog.at_level(logging.WARNING):
        assert ranked_weights(tmp_path) == [tmp_path / f"{name}.safetensors" for name in "bca"]
    assert "g.safetensors: not a safetensors file" in caplog.text
    assert len(caplog.messages) == 1


def test_weights_that_know_form_and_place_come_first(tmp_path: Path) -> None:
    save_poet(tmp_path / "plain.safetensors", poet("gru"), figures={"loss": 4.0})
    save_poet(tmp_path / "told.safetensors", verse_poet("gru"), figures={"loss": 5.0})
    assert [path.stem for path in ranked_weights(tmp_path)] == ["told", "plain"]
    assert Poet.load(best_weights(tmp_path)).compose(form="七绝", seed=1)[0].pattern


def test_weights_to_be_compared_come_last(tmp_path: Path) -> None:
    save_poet(tmp_path / "a.safetensors", poet("lstm"), recipe="compare-lstm", figures={"loss": 3.0})
    save_poet(tmp_path / "b.safetensors", poet("rnn"), recipe="compare-rnn", figures={"loss": 4.0})
    save_poet(tmp_path / "plain.safetensors", poet("gru"), figures={"loss": 5.0})
    save_poet(tmp_path / "told.safetensors", verse_poet("gru"), figures={"loss": 6.0})
    assert [path.stem for path in ranked_weights(tmp_path)] == ["told", "plain", "a", "b"]


def test_the_best_is_the_first(tmp_path: Path) -> None:
    for name, loss in (("a", 5.0), ("b", 4.5)):
        save_poet(tmp_path / f"{name}.safetensors", poet("gru"), figures={"loss": loss})
    assert best_weights(tmp_path) == tmp_path / "b.safetensors"


def test_no_weights_are_told(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no weights for poems here; train some with python -m model train"):
        best_weights(tmp_path)
    with pytest.raises(CheckpointError, match="no weights for poems here"):
        best_weights(tmp_path / "none")
