"""`python -m model evaluate`: every character of the file counts, and what is told is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from model.script import Script
from model.vocabulary import Vocabulary
from tests.model.learning import call, network, poet, poet_of, quatrains, save_poet


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_poet(tmp_path_factory.mktemp("weights") / "plain.safetensors", poet("gru"))


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    vocabulary = Vocabulary.build(quatrains(60))
    writer = poet_of(network("lstm", len(vocabulary), slot=5, echo=4), vocabulary, Script.HANS)
    return save_poet(tmp_path_factory.mktemp("weights") / "told.safetensors", writer)


def write(path: Path, *texts: str) -> Path:
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def figures(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[dict[str, Any], str]:
    assert call("evaluate", *words, "--json") == 0
    said = capsys.readouterr()
    [line] = said.out.splitlines()
    answer: dict[str, Any] = json.loads(line)
    return answer, said.err


def test_repeated_long_and_damaged_poems_count(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    texts = [*quatrains(3), *quatrains(3), "月" * 300 + "。", "月□山，风花。", "龘饕餮。"]
    found, said = figures(capsys, "--weights", plain, "--poems", write(tmp_path / "poems.txt", *texts))
    assert found["poems"] == 9
    assert found["characters"] == sum(len(text) - 4 for text in texts[:6]) + 300 + 4 + 3
    assert found["by_form"]["other"]["poems"] == 3
    assert said == ""


def test_what_is_left_out_is_said(plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write(tmp_path / "poems.txt", "月山（一作山月）风花。", "——", "春秋。")
    found, said = figures(capsys, "--weights", plain, "--poems", path)
    assert (found["poems"], found["characters"]) == (2, 6)
    assert said.splitlines() == [
        "left out: poems without Chinese characters (1)",
        "left out: notes in brackets, which are no part of the poems (1)",
    ]


def test_a_network_can_be_told_more(
    plain: Path, told: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = write(tmp_path / "poems.txt", *(f"月夜:{text}" for text in quatrains(4)), "春:月山。")
    without, _ = figures(capsys, "--weights", told, "--poems", path)
    assert "told" not in without
    found, _ = figures(capsys, "--weights", told, "--poems", path, "--told")
    assert {name: row["poems"] for name, row in found["told"].items()} == {"titles": 4, "tones": 4}
    assert found["perplexity_per_character"] == without["perplexity_per_character"]
    assert figures(capsys, "--weights", plain, "--poems", path, "--told")[0]["told"] == {}
    assert call("evaluate", "--weights", told, "--poems", path, "--told") == 0
    table = capsys.readouterr().out
    assert "told their titles" in table
    assert "told their tones" in table


def test_a_file_without_poems_is_told_in_a_line(
    plain: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "poems.json"
    path.write_text('[{"paragraphs": ["abc"]}]', encoding="utf-8")
    assert call("evaluate", "--weights", plain, "--poems", path) == 1
    assert "has no poem in Chinese characters" in capsys.readouterr().err
