"""Counting in poems, and the file of what was counted."""

import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from model.corpus import SourcePoem
from model.errors import CheckpointError, CorpusError
from model.forms import Form
from model.tables import TableHeader, load_tables, save_tables
from model.usage import SHIPPED, Usage, count_usage, shipped
from model.usage import tables as usage_tables
from model.usage.tables import FREQUENT_WORDS, Beat, beats

CHARACTERS = "月山风花春秋江水云天日夜人心来归何处不知青白红长清明时节雨纷光"


def make_poems(count: int) -> list[SourcePoem]:
    """Poems of chance, but that 月 stands below 山, that 春风 is a word, and that 归 stands in last lines."""
    chance = random.Random(0)
    poems = []
    for number in range(count):
        form = list(Form)[number % 4]
        lines = [chance.choices(CHARACTERS, k=form.line_length) for _ in range(form.line_count)]
        lines[0][:2] = "春风"
        lines[2][1], lines[3][1] = "山", "月"
        lines[-1][-1] = "归"
        text = "".join("".join(line) + "，。"[place % 2] for place, line in enumerate(lines))
        poems.append(SourcePoem(text, dynasty="song" if number % 3 else "tang"))
    return poems


@pytest.fixture(scope="module")
def usage() -> Usage:
    return count_usage([*make_poems(400), SourcePoem("春风山月。")], fewest_characters=5, width=8)


def numbers(usage: Usage, text: str) -> np.ndarray:
    return np.array([usage.characters.index(character) for character in text])


def test_where_words_stand() -> None:
    assert beats(5) == ((Beat.HEAD, 0), (Beat.MIDDLE, 2), (Beat.END, 3))
    assert beats(7) == ((Beat.HEAD, 0), (Beat.HEAD, 2), (Beat.MIDDLE, 4), (Beat.END, 5))


def test_words_are_counted_by_weight(usage: Usage) -> None:
    spring, wind = numbers(usage, "春风")
    # 134 Tang poems count twice, 266 Song poems once.
    assert usage.pairs[Beat.HEAD].count(spring, wind) >= 134 * 2 + 266
    assert usage.pairs[Beat.HEAD].log_odds(spring, wind) > 1.5
    assert usage.pairs[Beat.END].count(spring, wind) < 30
    assert spring * (len(usage.characters) + 1) + wind in usage.frequent_words
    assert len(usage.frequent_words) == FREQUENT_WORDS


def test_characters_above_each_other_in_eight_lines(usage: Usage) -> None:
    mountain, moon = numbers(usage, "山月")
    assert usage.pairs[Beat.ALIGNED].log_odds(mountain, moon) > 1.5
    assert usage.pairs[Beat.ALIGNED].log_odds(moon, mountain) < 1


def test_where_characters_stand(usage: Usage) -> None:
    poems = usage.encode([["归归归归归"] * 4], Form.WUJUE)
    placing = usage.placing(poems)
    assert placing.shape == (1, 4)
    assert placing[0, 3] > placing[0, 1] + 0.5
    assert placing[0, 0] == pytest.approx(placing[0, 2], abs=0.4)
    assert usage.placing(usage.encode([["归" * 7] * 8], Form.QILV))[0, 7] > 0.5


def test_texts_become_numbers(usage: Usage) -> None:
    found = usage.encode([["月山风花春"] * 4, ["龘龘龘龘龘"] * 4], Form.WUJUE)
    assert found.shape == (2, 4, 5)
    assert "".join(usage.characters[number] for number in found[0, 0]) == "月山风花春"
    assert (found[1] == len(usage.characters)).all()
    with pytest.raises(ValueError, match="reshape"):
        usage.encode([["月山风花春"] * 3], Form.WUJUE)


def test_what_was_counted_is_saved_and_read(usage: Usage, tmp_path: Path) -> None:
    usage.save(tmp_path / "usage", "made here")
    again = Usage.load(tmp_path / "usage")
    assert again.characters == usage.characters
    assert np.array_equal(again.places, usage.places)
    assert np.array_equal(again.frequent_words, usage.frequent_words)
    for beat in Beat:
        assert np.array_equal(again.pairs[beat].counts, usage.pairs[beat].counts)
        assert np.array_equal(again.pairs[beat].seconds, usage.pairs[beat].seconds)
    assert again.couplet.later == pytest.approx(usage.couplet.later, abs=0.02)
    assert again.poem.earlier == pytest.approx(usage.poem.earlier, abs=0.02)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("places", lambda array: array[:, 1:]),
        ("head.counts", lambda array: array[1:]),
        ("poem.later.vectors", lambda array: array[:, 1:]),
        ("poem.later.scales", lambda array: array * np.float32(np.nan)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(
    usage: Usage, tmp_path: Path, name: str, change: Callable[[np.ndarray], np.ndarray]
) -> None:
    usage.save(tmp_path / "a", "made here")
    header, arrays = load_tables(tmp_path / "a", "usage", usage_tables._WANTED)
    save_tables(tmp_path / "a", header, {**arrays, name: change(arrays[name])})
    with pytest.raises(CheckpointError, match="its arrays do not fit"):
        Usage.load(tmp_path / "a")


def test_another_file_is_refused(tmp_path: Path) -> None:
    save_tables(tmp_path / "a", TableHeader(kind="lines", source=""), {})
    with pytest.raises(CheckpointError, match="holds tables of kind 'lines'"):
        Usage.load(tmp_path / "a")


def test_a_corpus_that_is_too_small() -> None:
    for poems in ([], [SourcePoem("春风山月。")] * 50, make_poems(2)):
        with pytest.raises(CorpusError, match="no character stands 20 times in poems of 五绝"):
            count_usage(poems)


def test_what_is_shipped() -> None:
    assert SHIPPED.stat().st_size < 3_000_000
    usage = shipped()
    head = usage.pairs[Beat.HEAD]
    assert head.log_odds(*numbers(usage, "明月")[:, None]) > 1
    assert head.log_odds(*numbers(usage, "月明")[:, None]) > head.log_odds(*numbers(usage, "月飯")[:, None])
    aligned = usage.pairs[Beat.ALIGNED]
    assert aligned.log_odds(*numbers(usage, "山水")[:, None]) > 1
    assert aligned.log_odds(*numbers(usage, "山不")[:, None]) < 0
