"""Runs that begin from weights that were trained before."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from model import checkpoint
from model.corpus import Corpus
from model.errors import ModelError, TrainingError
from model.header import fingerprint, read_header
from model.poem_task import PoemTask
from model.script import Script, convert, script_of
from tests.model.learning import (
    CPU,
    call,
    changed,
    corpus,
    events,
    hasten,
    is_one_line,
    same,
    tensors,
    train,
    write_corpus,
)


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished run."""
    folder = tmp_path_factory.mktemp("first")
    with pytest.MonkeyPatch.context() as patch:
        hasten(patch)
        train(folder)
    return folder


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    hasten(monkeypatch)


def task(weights: Path, poems: Corpus | None = None, **changes: object) -> PoemTask:
    return PoemTask("tiny", changed(**changes), poems or corpus(), 3, CPU, weights)


def without_script(weights: Path) -> Path:
    """The same weights, in a file that does not say what they write."""
    header, tensors = checkpoint.load(weights, "poem")
    checkpoint.save(weights.with_name("mute"), tensors, header.model_copy(update={"script": None}))
    return weights.with_name("mute")


def test_the_run_begins_with_the_weights_and_their_characters(first: Path) -> None:
    weights = first / "weights.safetensors"
    # Other poems have other characters: ids would no longer mean the same.
    begun = task(weights, corpus(seed=5), floor=4, dropout=0.0)

    assert "".join(begun.vocabulary.characters) == read_header(weights).characters
    _, kept = checkpoint.load(weights, "poem")
    assert all(torch.equal(kept[name].float(), own) for name, own in checkpoint.parameters_of(begun.network).items())


def test_it_goes_on_from_there_and_says_from_which(first: Path, tmp_path: Path) -> None:
    weights = first / "weights.safetensors"
    train(tmp_path / "second", origin=weights)

    assert read_header(tmp_path / "second" / "weights.safetensors").origin == fingerprint(weights)
    assert read_header(weights).origin == ""
    began, went_on = (
        next(event["loss"] for event in events(folder) if event["event"] == "epoch")
        for folder in (first, tmp_path / "second")
    )
    assert went_on < began


def test_a_corpus_in_the_other_script_is_read_in_that_of_the_weights(first: Path) -> None:
    weights, own = first / "weights.safetensors", corpus()
    turned = [replace(poem, text=convert(poem.text, Script.HANT)) for poem in own.poems]
    other = Corpus(turned, [], own.report, "other", Script.HANT)
    assert [poem.text for poem in turned] != [poem.text for poem in own.poems]

    begun = task(weights, other)

    assert begun.evaluate() == task(weights, own).evaluate()
    assert begun.header(0, {}).script == "hans"
    assert script_of(begun.sample()) is not Script.HANT


def test_a_stopped_run_goes_on_as_if_uninterrupted(first: Path, tmp_path: Path) -> None:
    weights = first / "weights.safetensors"
    train(tmp_path / "whole", origin=weights)
    assert not train(tmp_path / "parts", origin=weights, stop_after=5)
    assert train(tmp_path / "parts", origin=weights, resume=True)

    assert same(tensors(tmp_path / "whole"), tensors(tmp_path / "parts"))


def test_a_run_that_began_elsewhere_is_not_gone_on_with(first: Path, tmp_path: Path) -> None:
    assert not train(tmp_path, stop_after=5)
    with pytest.raises(TrainingError, match="has other weights that it began from"):
        train(tmp_path, origin=first / "weights.safetensors", resume=True)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda weights: task(weights, hidden=13), "hidden is 12 in the file and 13 in the recipe"),
        (lambda weights: task(weights, cell="lstm"), "cell is gru in the file and lstm in the recipe"),
        (lambda weights: task(weights, tied=True), "tied is False in the file"),
        (lambda weights: task(weights.with_name("none")), "cannot be read"),
        (lambda weights: task(without_script(weights)), "the header names no script"),
        (lambda weights: task(weights.with_name("checkpoint.safetensors")), "holds weights of kind 'run'"),
    ],
)
def test_weights_that_do_not_fit(first: Path, spoil: Callable[[Path], object], said: str) -> None:
    with pytest.raises(ModelError) as caught:
        spoil(first / "weights.safetensors")
    assert said in str(caught.value)


def test_the_command_line_takes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    poems = write_corpus(tmp_path / "poems.txt")
    small = ("--set", "epochs=1", "--set", "hidden=8", "--set", "embedding=8", "--threads", 1)
    told = ("train", "--recipe", "gru", "--corpus", poems, *small)
    assert call(*told, "--out", tmp_path / "first") == 0
    weights = tmp_path / "first" / "weights.safetensors"
    assert call(*told, "--out", tmp_path / "second", "--from", weights) == 0
    assert read_header(tmp_path / "second" / "weights.safetensors").origin == fingerprint(weights)

    capsys.readouterr()
    assert call("train", "--recipe", "adder", "--out", tmp_path / "third", "--from", weights) == 1
    assert is_one_line(capsys.readouterr().err, "an adder learns from nothing", "--from")
