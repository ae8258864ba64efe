"""Poems to be judged: every character of the source is there."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from model.corpus import Rule
from model.corpus.every import load_every_poem
from model.errors import CorpusError
from model.script import is_han
from tests.model.learning import CHARACTERS, quatrains


def write(path: Path, texts: Sequence[str]) -> Path:
    path.write_text("\n".join(texts) + "\n", encoding="utf-8")
    return path


def test_clean_poems_come_as_they_are_with_duplicates(tmp_path: Path) -> None:
    texts = [*quatrains(5), *quatrains(5)]
    poems, report = load_every_poem(write(tmp_path / "poems.txt", texts))
    assert [poem.text for poem in poems] == texts
    assert (report.read, report.kept) == (10, 10)


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("床前明月光，疑是地上霜！舉頭望明月；低頭思故鄉", "床前明月光，疑是地上霜。舉頭望明月。低頭思故鄉。"),
        ("月落□啼霜滿天，江楓漁火對愁眠。", "月落啼霜滿天，江楓漁火對愁眠。"),
        ("月落abc啼，：江楓漁火。", "月落啼，江楓漁火。"),
        ("月" * 400 + "。", "月" * 400 + "。"),
        ("月落烏（一作鳥）啼，江楓漁火。", "月落烏啼，江楓漁火。"),
        ("月落（烏啼，江楓漁火。", "月落烏啼，江楓漁火。"),
    ],
)
def test_no_character_of_a_poem_is_lost(tmp_path: Path, text: str, read: str) -> None:
    poems, _ = load_every_poem(write(tmp_path / "poems.txt", [text, "山花。"]))
    assert [poem.text for poem in poems] == [read, "山花。"]


def test_a_note_is_counted_and_titles_stay_apart(tmp_path: Path) -> None:
    entries = [{"title": "夜", "author": "某", "paragraphs": ["月落烏（一作鳥）啼，江楓。", "漁火□，對愁眠。"]}]
    path = tmp_path / "poems.json"
    path.write_text(json.dumps(entries), encoding="utf-8")
    [poem], report = load_every_poem(path)
    assert (poem.title, poem.author) == ("夜", "某")
    assert poem.text.startswith("月落烏")
    assert report.changed[Rule.NOTES] == 1


def test_poems_without_characters_are_left_out(tmp_path: Path) -> None:
    poems, report = load_every_poem(write(tmp_path / "poems.txt", ["月山。", "——", "風花。"]))
    assert [poem.text for poem in poems] == ["月山。", "風花。"]
    assert report.read == 3
    path = tmp_path / "poems.json"
    path.write_text('[{"paragraphs": ["abc"]}]', encoding="utf-8")
    with pytest.raises(CorpusError, match="no poem in Chinese characters"):
        load_every_poem(path)


@given(st.lists(st.text(CHARACTERS + "，。！□a·、", min_size=1, max_size=30), min_size=1, max_size=5))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_all_characters_count(tmp_path: Path, texts: list[str]) -> None:
    path = tmp_path / "poems.json"
    path.write_text(json.dumps([{"paragraphs": [text]} for text in [*texts, "月。"]]), encoding="utf-8")
    poems, _ = load_every_poem(path)
    found = "".join("".join(poem.lines) for poem in poems)
    assert found == "".join(character for text in [*texts, "月"] for character in text if is_han(character))
