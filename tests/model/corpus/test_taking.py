"""Corpora that are taken into the bot's folder, the listed poems of one, and loved poems mixed with old ones."""

import json
from pathlib import Path
from typing import Any

import pytest

from model.corpus import HeldOut, SourcePoem, load_corpus, split_corpus
from model.corpus.json_layout import parse_poems
from model.corpus.mixing import HELD_OUT, TRAINING, mix_corpora
from model.corpus.taking import take, take_listed
from model.errors import CorpusError
from model.script import Script, convert
from tests.model.learning import call, quatrains

OLD = quatrains(60)


def write(path: Path, texts: list[str], **more: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([{"paragraphs": [text], **more} for text in texts]), encoding="utf-8")
    return path


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> HeldOut:
    """Two poems are held out for testing, two for validation."""
    poems = [SourcePoem(text) for text in OLD[:4]]
    held_out = HeldOut.of(poems[:2], poems[2:])
    for module in ("taking", "splits", "mixing"):
        monkeypatch.setattr(f"model.corpus.{module}.shipped", lambda: held_out)
    return held_out


@pytest.mark.usefixtures("listed")
def test_what_is_taken_reads_the_same(tmp_path: Path) -> None:
    write(tmp_path / "source" / "poet.tang.0.json", OLD[:20], title="题", author="人")
    write(tmp_path / "source" / "poet.song.0.json", quatrains(20, seed=1))
    taken = take(tmp_path / "source", tmp_path / "taken")
    before, after = load_corpus(tmp_path / "source"), load_corpus(tmp_path / "taken")

    assert after.fingerprint == before.fingerprint
    assert after.poems == before.poems
    assert taken.statistics.poems == 40
    assert taken.held_out >= 4
    assert set(taken.samples) <= {poem.text for poem in before.poems}
    assert load_corpus(tmp_path / "taken", ["tang"]).poems == load_corpus(tmp_path / "source", ["tang"]).poems


@pytest.mark.usefixtures("listed")
def test_the_listed_poems_are_found_in_any_script(tmp_path: Path) -> None:
    write(tmp_path / "a.json", [convert(text, Script.HANT) for text in OLD[:20]])
    assert take_listed(tmp_path / "a.json", tmp_path / "listed.json") == 2
    found = [poem.text for poem in load_corpus(tmp_path / "listed.json").poems]
    assert [convert(text, Script.HANS) for text in found] == OLD[:2]


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    write(tmp_path / "a.json", quatrains(3))
    (tmp_path / "file").write_text("")
    with pytest.raises(CorpusError, match="cannot be written"):
        take(tmp_path / "a.json", tmp_path / "file")


@pytest.mark.parametrize(("stated", "weight"), [(3, 3), (0, 1), (-5, 1), (10**9, 100), ("7", 1), (True, 1), (None, 1)])
def test_a_weight_has_bounds(stated: object, weight: int) -> None:
    entries = [{"paragraphs": ["月。"], "weight": stated}, {"paragraphs": ["山。"]}]
    assert [poem.weight for poem in parse_poems(json.dumps(entries).encode(), "x.json")] == [weight, 1]


# Loved poems.


def loved(path: Path, texts: list[str], weight: int = 3) -> Path:
    return write(path, texts, weight=weight)


@pytest.mark.usefixtures("listed")
def test_loved_poems_are_mixed_with_old_ones(tmp_path: Path) -> None:
    old = write(tmp_path / "old" / "poet.tang.0.json", OLD).parent
    write(old / "poet.song.0.json", quatrains(60, seed=5))
    texts = quatrains(40, seed=9)
    mixture = mix_corpora(loved(tmp_path / "loved.json", texts), old, tmp_path / "mixed")
    training = load_corpus(tmp_path / "mixed" / TRAINING).poems
    held_out = load_corpus(tmp_path / "mixed" / HELD_OUT).poems

    own = [poem for poem in training if poem.text in texts]
    assert {poem.weight for poem in own} == {3}
    assert (mixture.loved, mixture.readings, mixture.held_out) == (len(own), 3 * len(own), len(held_out))
    assert mixture.loved + mixture.held_out <= 40
    assert not {line for poem in own for line in poem.lines} & {line for poem in held_out for line in poem.lines}
    # Old poems: of the Tang alone, the listed ones to choose the best epoch by among them, none that is for testing.
    others = [poem for poem in training if poem.text not in texts]
    assert {poem.dynasty for poem in others} == {"tang"}
    assert mixture.old == len(others)
    assert set(OLD[2:4]) <= {poem.text for poem in others}
    assert not set(OLD[:2]) & {poem.text for poem in training}


@pytest.mark.usefixtures("listed")
def test_a_mixture_is_the_same_every_time_and_grows_steadily(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", quatrains(30))
    texts = quatrains(60, seed=9)
    held_out = []
    for number, some in enumerate((texts[:50], texts[:50], texts)):
        mix_corpora(loved(tmp_path / "loved.json", some), old, tmp_path / str(number))
        held_out.append({poem.text for poem in load_corpus(tmp_path / str(number) / HELD_OUT).poems})
    assert held_out[0] == held_out[1]
    # A poem that was held out once is not learnt from later.
    later = {poem.text for poem in load_corpus(tmp_path / "2" / TRAINING).poems}
    assert not held_out[0] & later


@pytest.mark.usefixtures("listed")
def test_poems_that_share_lines_are_on_one_side(tmp_path: Path) -> None:
    """Lines were written anew, with the others kept: one of two such poems must not judge the other."""
    first = quatrains(30, seed=9)
    others = {len(text): text for text in first[::-1]}
    endings = [text for text in quatrains(200, seed=10) if len(text) in others]
    second = [
        text[: -len(text) // 4]
        + next(other for other in endings[number:] if len(other) == len(text))[-len(text) // 4 :]
        for number, text in enumerate(first)
    ]
    old = write(tmp_path / "old.json", quatrains(30))
    mix_corpora(loved(tmp_path / "loved.json", [*first, *second]), old, tmp_path / "mixed")
    held_out = {poem.lines[0] for poem in load_corpus(tmp_path / "mixed" / HELD_OUT).poems}
    learnt = {poem.lines[0] for poem in load_corpus(tmp_path / "mixed" / TRAINING).poems}
    assert held_out
    assert not held_out & learnt


@pytest.mark.usefixtures("listed")
def test_all_of_it_is_in_the_script_of_the_old_poems(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", [convert(text, Script.HANT) for text in OLD])
    mix_corpora(loved(tmp_path / "loved.json", quatrains(30, seed=9)), old, tmp_path / "mixed")
    training = load_corpus(tmp_path / "mixed" / TRAINING)

    assert training.script is Script.HANT
    assert all(convert(poem.text, Script.HANT) == poem.text for poem in training.poems)


@pytest.mark.usefixtures("listed")
def test_too_few_loved_poems_are_told(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", quatrains(30))
    with pytest.raises(CorpusError, match="too few") as told:
        mix_corpora(loved(tmp_path / "loved.json", quatrains(1, seed=9)), old, tmp_path / "mixed")
    assert told.value.fault == "no_poems"


@pytest.mark.usefixtures("listed")
def test_the_commands_answer_in_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    old = write(tmp_path / "old.json", OLD)
    own = loved(tmp_path / "loved.json", quatrains(30, seed=9))

    def answer(*words: object, code: int = 0) -> dict[str, Any]:
        assert call("corpus", *words) == code
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    assert answer("take", old)["statistics"]["poems"] == 60
    assert answer("take", old, "--out", tmp_path / "taken")["held_out"] >= 4
    assert answer("listed", old, "--out", tmp_path / "x.json") == {"poems": 2}
    assert answer("mix", own, "--base", old, "--out", tmp_path / "mixed")["readings"] > 30
    assert answer("take", tmp_path / "none", code=1) == {"fault": "missing"}
    (tmp_path / "bad.txt").write_bytes(b"\xff\xfe")
    assert answer("take", tmp_path / "bad.txt", code=1) == {"fault": "encoding"}
    copy = write(tmp_path / "copy" / "poet.tang.0.json", quatrains(2)).parent
    assert answer("download", "--from", copy, "--to", tmp_path / "to", "--json") == {"files": 1}


@pytest.mark.usefixtures("listed")
def test_splits_of_a_mixture_leave_the_held_out_out(tmp_path: Path) -> None:
    old = write(tmp_path / "old.json", OLD)
    mix_corpora(loved(tmp_path / "loved.json", quatrains(30, seed=9)), old, tmp_path / "mixed")
    splits = split_corpus(load_corpus(tmp_path / "mixed" / TRAINING).poems)
    held_out = {line for poem in load_corpus(tmp_path / "mixed" / HELD_OUT).poems for line in poem.lines}
    assert splits.valid
    assert not held_out & {line for poem in splits.train for line in poem.lines}
