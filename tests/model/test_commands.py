"""The command line in this process: train, generate, evaluate, and every wrong word answered in one line."""

import io
import json
import shlex
from pathlib import Path
from typing import Any

import pytest
import torch

from model import generate
from model.__main__ import main
from model.forms import Form
from model.header import fingerprint, read_header
from model.progress import StopRequest
from model.shipped import best_weights
from tests.model.learning import call, changes, is_one_line, poet, quatrains, save_poet, write_corpus

SMALL = changes("embedding=8", "hidden=12", "epochs=2", "batch=40", "floor=1")


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_corpus(tmp_path_factory.mktemp("corpus") / "poems.txt", 300)


@pytest.fixture(scope="module")
def trained(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that the command line made."""
    out = tmp_path_factory.mktemp("out") / "run"
    assert call("train", "--recipe", "gru", "--corpus", corpus, "--out", out, "--seed", 5, *SMALL) == 0
    return out


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights that know a little."""
    return save_poet(tmp_path_factory.mktemp("weights") / "poet.safetensors", poet("gru"))


def answer(capsys: pytest.CaptureFixture[str], *words: object) -> list[dict[str, Any]]:
    """What a command prints as JSON, an object a line."""
    assert call(*words, "--json") == 0
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_a_run_leaves_all_its_files(trained: Path) -> None:
    names = ["checkpoint.safetensors", "events.jsonl", "lock", "loss.png", "weights.safetensors"]
    assert sorted(path.name for path in trained.iterdir()) == names
    header = read_header(trained / "weights.safetensors", "poem")
    assert (header.recipe, header.seed, header.script) == ("gru", 5, "hans")
    assert header.settings["hidden"] == 12
    assert len(header.corpus) == 64
    assert 3 < header.figures["loss"] < 4.2
    lines = [json.loads(line) for line in (trained / "events.jsonl").read_text(encoding="utf-8").splitlines()]
    told = [line.get("stage") or line.get("outcome") or line["event"] for line in lines]
    assert told[:3] == ["loading", "reading", "begin"]
    assert told[-1] == "finished"
    assert {"progress", "epoch", "tick"} == set(told[3:-1])
    assert all(line["characters_per_second"] > 0 for line in lines if line["event"] == "progress")


def test_training_tells_what_it_does(corpus: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["--recipe", "simple-rnn", "--corpus", corpus, "--out", tmp_path / "run", *SMALL, "--threads", 1]
    assert call("train", *words, *changes("epochs=1", "layers=2")) == 0
    said = capsys.readouterr()
    assert said.out == ""
    assert "epoch 1: loss" in said.err
    assert "。" in said.err
    assert said.err.rstrip().endswith(f"weights: {tmp_path / 'run' / 'weights.safetensors'}")


def test_an_adder_is_trained_by_the_same_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small = changes("steps=20", "hidden=8", "below=1000", "ordinary=10")
    assert call("train", "--recipe", "adder", "--out", tmp_path / "run", *small) == 0
    assert read_header(tmp_path / "run" / "weights.safetensors", "adder").step == 20
    assert "weights: " in capsys.readouterr().err


def test_poems_are_printed_one_after_another(trained: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "--weights", trained / "weights.safetensors", "--start", "月", "--form", "五绝", "--count", 2]
    assert call(*words, "--seed", 7) == 0
    first = capsys.readouterr().out
    poems = first.split("\n\n")
    assert poems.pop() == ""
    assert all(poem.startswith("月") and poem.count("，") == poem.count("。") == 2 for poem in poems)
    assert call(*words, "--seed", 7) == 0
    assert capsys.readouterr().out == first
    assert call(*words, "--seed", 8) == 0
    assert capsys.readouterr().out.split("\n\n")[0] == poems[1]


def test_poems_as_json(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "--weights", weights, "--start", "月", "--form", "七绝", "--count", 4, "--seed", 7]
    poems = answer(capsys, *words, "--top-k", 20, "--temperature", 0.9, "--candidates", 2, "--device", "cpu")
    assert [poem["seed"] for poem in poems] == [7, 8, 9, 10]
    for poem in poems:
        assert poem["text"].replace("\n", "").replace("，", "").replace("。", "") == "".join(poem["lines"])
        assert [len(line) for line in poem["lines"]] == [7] * 4
        assert poem["form"] == "七绝"
        assert poem["start"] == "月"
        assert poem["script"] == "hans"
        assert poem["weights"] == fingerprint(weights)
        assert poem["unknown"] == []
        drawn = {"temperature": 0.9, "top_k": 20, "top_p": 0.9, "candidates": 2}
        assert poem["options"] == {"theme": None, "heads": None, "rules": "verse", **drawn}


def test_a_theme_and_heads_are_asked_for(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "--weights", weights, "--form", "五绝", "--theme", "春雨", "--heads", "江月"]
    [poem] = answer(capsys, *words, "--rules", "length")
    assert [line[0] for line in poem["lines"]][:2] == ["江", "月"]
    assert (poem["options"]["heads"], poem["options"]["theme"]) == ("江月", "春雨")
    assert call("generate", "--weights", weights, "--heads", "江月") == 1
    assert is_one_line(capsys.readouterr().err, "heads need a form", "五绝")
    assert call("generate", "--weights", weights, "--form", "五绝", "--theme", "rain") == 1
    assert is_one_line(capsys.readouterr().err, "the theme may hold Chinese characters only", "思乡")


def test_several_starts_give_poems_for_each(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    starts = [word for start in ("月", "清明时节雨", "風雲") for word in ("--start", start)]
    poems = answer(capsys, "generate", "--weights", weights, *starts, "--count", 2)
    assert [poem["start"] for poem in poems] == ["月", "月", "清明时节雨", "清明时节雨", "風雲", "風雲"]
    assert [poem["script"] for poem in poems] == ["hans"] * 4 + ["hant"] * 2
    assert len(answer(capsys, "generate", "--weights", weights)) == 1


def test_the_script_can_be_chosen(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "--weights", weights, "--form", "七律", "--seed", 3, "--script"]
    simple, traditional = (answer(capsys, *words, script)[0]["text"] for script in ("hans", "hant"))
    assert "风" in simple + "风"
    assert simple != traditional
    assert set("风云长时门东").isdisjoint(traditional)
    assert set("風雲長時門東").isdisjoint(simple)


def test_an_unknown_start_is_refused_or_kept(weights: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["generate", "--weights", weights, "--start", "月龘"]
    assert call(*words) == 1
    assert is_one_line(capsys.readouterr().err, "do not know '龘'", "choose another start")
    [poem] = answer(capsys, *words, "--on-unknown", "keep")
    assert poem["text"].startswith("月龘")
    assert poem["unknown"] == ["龘"]


def test_the_best_weights_are_taken_where_none_are_named(
    trained: Path, weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, source in (("a", trained / "weights.safetensors"), ("b", weights)):
        (tmp_path / f"{name}.safetensors").write_bytes(source.read_bytes())
    monkeypatch.setattr(generate, "best_weights", lambda: best_weights(tmp_path))
    assert answer(capsys, "generate")[0]["weights"] == fingerprint(weights)
    monkeypatch.setattr(generate, "best_weights", lambda: best_weights(tmp_path / "none"))
    assert call("generate") == 1
    assert is_one_line(capsys.readouterr().err, "no weights for poems here; train some with python -m model train")


def test_weights_are_measured_on_poems(weights: Path, corpus: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [figures] = answer(capsys, "evaluate", "--weights", weights, "--poems", corpus)
    assert figures["poems"] == 300
    assert figures["characters"] == sum(len(poem) - 4 for poem in quatrains(300))
    assert 10 < figures["low"] < figures["perplexity_per_character"] < figures["high"] < 60
    assert figures["weights"] == fingerprint(weights)
    assert set(figures["by_form"]) == {"五绝", "七绝"}
    assert sum(row["characters"] for row in figures["by_form"].values()) == figures["characters"]
    assert call("evaluate", "--weights", weights, "--poems", corpus) == 0
    table = capsys.readouterr().out
    assert f"{figures['perplexity_per_character']:.1f}" in table
    assert "七绝" in table


def test_only_the_test_split_is_measured_where_asked(
    weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    many = write_corpus(tmp_path / "many.txt", 300)
    [figures] = answer(capsys, "evaluate", "--weights", weights, "--poems", many, "--held-out")
    assert 0 < figures["poems"] < 20
    one = write_corpus(tmp_path / "one.txt", 1)
    assert call("evaluate", "--weights", weights, "--poems", one, "--held-out") == 1
    assert is_one_line(capsys.readouterr().err, "no poem of the test split; leave out --held-out")


def test_a_stop_says_how_to_go_on(
    corpus: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "a run"
    words = ["train", "--recipe", "gru", "--corpus", str(corpus), "--out", str(out), *SMALL]

    class Stopped(StopRequest):
        def __init__(self) -> None:
            super().__init__()
            self.asked = True

    monkeypatch.setattr("sys.argv", ["model", *words])
    monkeypatch.setattr("model.poem_task.StopRequest", Stopped)
    assert main(words) == 130
    said = capsys.readouterr().err.splitlines()
    assert said[-2] == "stopped and saved; go on with:"
    assert said[-1] == f"python -m model {shlex.join([*words, '--resume'])}"
    monkeypatch.undo()
    assert main([*shlex.split(said[-1])[3:]]) == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("train --recipe gru --out {out}", ["this recipe needs poems; add --corpus PATH"]),
        ("train --recipe gru --out {out} --corpus {none}", ["there is no corpus at"]),
        ("train --recipe gru --out {out} --corpus {empty}", ["is empty"]),
        ("train --recipe gru --out {out} --corpus {latin}", ["poems.gbk"]),
        ("train --recipe gru --out {out} --corpus {few}", ["the corpus is too small", "give a larger one"]),
        ("train --recipe sonnet --out {out} --corpus {poems}", ["no recipe 'sonnet'; choose one of: simple-rnn"]),
        ("train --recipe gru --out {out} --corpus {poems} --set epochs", ["'epochs' is no change", "key=value"]),
        ("train --recipe gru --out {out} --corpus {poems} --set epoch=3", ["wrong values: epoch: Extra inputs"]),
        ("train --recipe gru --out {out} --corpus {poems} --set floor=9999", ["a lower floor"]),
        ("train --recipe gru --out {out} --corpus {poems} --device tpu", ["'tpu' is not available here; choose auto"]),
        (
            "train --recipe gru --out {out} --corpus {poems} --resume",
            ["holds no run to go on with; leave out --resume"],
        ),
        ("train --recipe gru --out {empty} --corpus {poems}", ["cannot be written", "name another folder"]),
        ("train --recipe gru --out {trained} --corpus {poems}", ["holds a run already; add --resume"]),
        ("train --recipe gru --out {trained} --corpus {poems} --seed 5 --resume", ["other values in its recipe"]),
        ("train --recipe lstm --out {trained} --corpus {poems} --seed 5 --resume", ["has another recipe"]),
        ("generate --weights {none}", ["cannot be read (No such file or directory)"]),
        ("generate --weights {poems}", ["not a safetensors file"]),
        ("generate --weights {trained}", ["cannot be read (Is a directory)"]),
        ("generate --weights {trained}/checkpoint.safetensors", ["kind 'run', not 'poem'"]),
        ("generate --weights {cut}", ["cut short or damaged"]),
        ("generate --weights {weights} --form 十四行", ["no form '十四行'; choose one of: 五绝 七绝 五律 七律"]),
        ("generate --weights {weights} --temperature 11", ["a temperature lies between 0 and 10, not at 11.0"]),
        ("generate --weights {weights} --temperature nan", ["a temperature lies between 0 and 10"]),
        ("generate --weights {weights} --top-p 0", ["top_p is more than 0"]),
        ("generate --weights {weights} --top-k -1", ["top_k is zero"]),
        ("generate --weights {weights} --candidates 0", ["there are 1 to 1024 candidates"]),
        ("generate --weights {weights} --seed -1", ["a seed is a whole number from 0"]),
        ("generate --weights {weights} --start moon", ["Chinese characters only"]),
        ("generate --weights {weights} --start ''", ["the start is empty"]),
        ("generate --weights {weights} --device cuda:99", ["'cuda:99' is not available here"]),
        ("evaluate --weights {weights} --poems {none}", ["there is no corpus at"]),
        ("evaluate --weights {weights} --poems {empty}", ["is empty"]),
        ("evaluate --weights {none} --poems {poems}", ["cannot be read"]),
    ],
)
def test_every_fault_is_one_line(
    words: str, said: list[str], corpus: Path, trained: Path, weights: Path, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "empty").touch()
    (tmp_path / "poems.gbk").write_bytes("\n".join(quatrains(20)).encode("gbk"))
    (tmp_path / "cut").write_bytes(weights.read_bytes()[:-100])
    places = {
        "out": tmp_path / "out",
        "none": tmp_path / "none",
        "empty": tmp_path / "empty",
        "latin": tmp_path / "poems.gbk",
        "few": write_corpus(tmp_path / "few.txt", 3),
        "cut": tmp_path / "cut",
        "poems": corpus,
        "trained": trained,
        "weights": weights,
    }
    before = {path: path.read_bytes() for path in trained.glob("*.safetensors")}
    capsys.readouterr()
    assert call(*shlex.split(words.format(**places))) == 1
    captured = capsys.readouterr()
    assert is_one_line(captured.err, *said), captured.err
    assert captured.out == ""
    assert {path: path.read_bytes() for path in trained.glob("*.safetensors")} == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("", "COMMAND"),
        ("paint", "invalid choice: 'paint'"),
        ("train --recipe gru", "--out"),
        (
            "train --recipe gru --out x --seed -1",
            "argument --seed: '-1' is no whole number from 0 to 9223372036854775807",
        ),
        ("train --recipe gru --out x --seed 9223372036854775808", "argument --seed: '9223372036854775808' is no"),
        ("train --recipe gru --out x --seed one", "argument --seed"),
        ("train --recipe gru --out x --threads 0", "argument --threads: '0' is no whole number from 1 to"),
        ("train --recipe gru --out x --checkpoint-every 0", "argument --checkpoint-every: '0' is no whole number"),
        ("generate --count 0", "argument --count: '0' is no whole number from 1 to"),
        ("generate --count -3", "argument --count"),
        ("generate --count many", "argument --count"),
        ("generate --script latin", "argument --script: invalid choice"),
        ("generate --on-unknown ignore", "argument --on-unknown: invalid choice"),
        ("evaluate", "--weights"),
    ],
)
def test_wrong_usage_ends_with_two(words: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert call(*shlex.split(words)) == 2
    assert said in capsys.readouterr().err


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert call("--help") == 0
    shown = capsys.readouterr().out
    assert all(command in shown for command in ("corpus", "train", "generate", "evaluate", "add"))
    assert call("generate", "--help") == 0
    shown = capsys.readouterr().out
    assert all(form in shown for form in Form)


def test_a_terminal_without_chinese_characters_is_told(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdout", io.TextIOWrapper(io.BytesIO(), encoding="latin-1"))
    assert call("generate", "--weights", weights) == 1
    assert is_one_line(capsys.readouterr().err, "latin-1 has no Chinese characters; set PYTHONUTF8=1")


def test_an_interruption_is_no_trace(
    weights: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("model.evaluate.Poet.load", interrupt)
    assert call("generate", "--weights", weights) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_the_threads_can_be_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    numbers: list[int] = []
    monkeypatch.setattr(torch, "set_num_threads", numbers.append)
    assert call("train", "--recipe", "gru", "--out", tmp_path, "--threads", 2) == 1
    assert numbers == [2]
