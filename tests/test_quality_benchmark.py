"""The benchmark of quality: its second dictionary, its free writing, its tables."""

import re
from collections.abc import Mapping
from dataclasses import replace
from io import StringIO

import pytest
from rich.console import Console
from rich.table import Table

from benchmarks import quality
from benchmarks.foretelling import n_grams, networks, of_the_forms, perplexity_table
from benchmarks.pingshui import PingShui
from model.corpus import SourcePoem, Splits
from model.evaluation.themes import ThemeClassifier
from model.forms import Form
from model.generation import Poet
from model.prosody import Tone
from model.script import Script
from model.vocabulary import Vocabulary
from tests.model.evaluation.test_parallelism import regulated
from tests.model.learning import network, poet, poet_of, quatrains

DICTIONARY = PingShui()
REGULATED = {
    Form.WUJUE: "白日依山盡，黃河入海流。欲窮千里目，更上一層樓。",
    Form.WULV: "國破山河在，城春草木深。感時花濺淚，恨別鳥驚心。烽火連三月，家書抵萬金。白頭搔更短，渾欲不勝簪。",
}


def lines_of(text: str) -> tuple[str, ...]:
    return SourcePoem(text).lines


@pytest.mark.parametrize(("form", "text"), REGULATED.items())
def test_regulated_verse_is_not_contradicted(form: Form, text: str) -> None:
    assert DICTIONARY.knows(lines_of(text))
    assert not DICTIONARY.contradicts(lines_of(text), form)


@pytest.mark.parametrize(
    ("text", "contradicted"),
    [
        ("白日依山盡，黃河入海流。欲窮千里目，更上一層樓。", False),
        ("白日依山盡，黃河入海流。欲窮千里目，春上一層樓。", False),  # a place that is free
        ("白日依山盡，黃河入海流。欲窮千里目，更山一層樓。", True),  # one that is not
        ("白日依山盡，黃河入海流。欲窮千里目，更上一重山。", True),  # no rhyme
        ("白日依山盡，黃河入海流。", True),  # no 五绝
    ],
)
def test_what_is_contradicted_depends_on_tones_rhymes_and_form(text: str, contradicted: bool) -> None:  # noqa: FBT001
    assert DICTIONARY.contradicts(lines_of(text), Form.WUJUE) is contradicted


def test_variants_are_looked_up_and_others_say_nothing() -> None:
    assert DICTIONARY.tones("東") == {Tone.LEVEL}
    assert DICTIONARY.tones("爲") == DICTIONARY.tones("為") == {Tone.LEVEL, Tone.OBLIQUE}
    assert DICTIONARY.level_groups("爲") == {"上平聲四支"}
    assert not DICTIONARY.tones("龘")
    assert not DICTIONARY.knows(["白日龘"])
    text = REGULATED[Form.WUJUE].replace("流", "龘")
    assert not DICTIONARY.contradicts(lines_of(text), Form.WUJUE)


def told_poet() -> Poet:
    vocabulary = Vocabulary.build(quatrains(60))
    return poet_of(network("lstm", len(vocabulary), slot=5, echo=4), vocabulary, Script.HANT)


def corpus() -> Splits:
    poems = [SourcePoem(text, "春夜送別", "", "tang") for text in quatrains(120)]
    eight = [replace(poem, title="對雪") for poem in regulated(40)]
    free = [SourcePoem("月山。")]
    return Splits([*poems[:80], *eight[:20], *free], [*poems[80:100], *eight[20:30]], [*poems[100:], *eight[30:]], 0)


def shown(table: Table) -> str:
    console = Console(file=StringIO(), width=250)
    console.print(table)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_n_grams_and_networks_stand_side_by_side() -> None:
    splits = of_the_forms(corpus())
    assert len(splits.train) == 100
    rows = n_grams(splits, more=splits.train * 2, floors=(1, 2))
    assert list(rows) == [
        "5-gram",
        "5-gram, Song added",
        "5-gram, line ends shown",
        "5-gram, line ends shown, Song added",
    ]
    rows |= networks({"gru": poet("gru"), "told": told_poet()}, splits.test)
    assert list(rows)[4:] == ["gru", "told", "told, told the titles", "told, told the tones"]
    table = shown(perplexity_table(rows, len(splits.test)))
    assert "30 held-out poems" in table
    assert re.search(r"│ 5-gram +│ \d+\.\d \(\d+–\d+\)", table)
    assert "100.0%" in table
    assert "–" in table.splitlines()[5]  # no 七律


def test_every_set_has_a_row_in_every_table() -> None:
    splits = of_the_forms(corpus())
    forms = [poem.form for poem in splits.test if poem.form]
    sets: Mapping[str, quality.Written] = {
        "poets": quality.Written(splits.test, forms),
        "copied": quality.Written(splits.train[-20:], [Form.WULV] * 20),
    }
    rules, texture, parallel = map(shown, quality.tables(sets, splits.train, splits.train))
    for table in (rules, texture, parallel):
        assert "poets" in table
        assert "copied" in table
    copied = next(line for line in texture.splitlines() if "copied" in line)
    assert copied.count("100.0%") == 5
    assert "对仗" in parallel


def test_starts_are_distinct_and_known() -> None:
    poems = [SourcePoem(text) for text in ("月山。", "月花。", "山月。", "龘月。", "风月。")]
    assert quality.first_characters(poems, poet("gru"), 2) == ["月", "山"]
    assert quality.first_characters(poems, poet("gru"), 10) == ["月", "山", "风"]
    wishes = quality.requests(["月", "山"], candidates=3)
    assert [wish.form for wish in wishes] == [form for form in Form for _ in range(2)]
    assert [wish.start for wish in wishes] == ["月", "山"] * 4
    assert {(wish.candidates, wish.rules) for wish in wishes} == {(3, "verse")}


@pytest.mark.parametrize("writer", [poet("gru"), told_poet()])
def test_poems_are_written_and_what_they_cost_is_told(writer: Poet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quality, "AT_ONCE", 3)
    written = quality.write(writer, quality.requests(["月", "山"], rules="length"))
    assert [poem.form for poem in written.poems] == written.wanted
    assert [poem.lines[0][0] for poem in written.poems] == ["月", "山"] * 4
    assert written.seconds > 0
    table = shown(quality.cost_table(writer, {"alone": written, "poets": replace(written, seconds=0)}, 2, repeats=1))
    assert len(re.findall(r"one [五七][绝律] +│ \d+ ms", table)) == 4
    assert len(re.findall(r"nats a character", table)) == 2
    assert table.count("at once") == 1


def test_themes_are_looked_for_in_poems_of_each() -> None:
    splits = of_the_forms(corpus())
    table = shown(quality.theme_table(ThemeClassifier.fit(splits.train), splits, told_poet(), 1, 1))
    assert "chance 5.0%" in table
    assert re.search(r"poets, by their titles │ 20 ", table)
    assert re.search(r"with the masks +│ 20 ", table)
