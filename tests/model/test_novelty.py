"""The set of lines forgets none, and seldom takes another line for one of its own."""

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import CheckpointError
from model.novelty import SHIPPED, SHIPPED_NEAR, LineFilter, NearFilter, shipped
from model.tables import Arrays, TableHeader, save_tables

CHARACTERS = "月山风花春秋江水云天日夜人心来归何处不知青白红长清明时节雨纷光声千里马上故乡客舟"
LINES = st.text(CHARACTERS + "閒峯黃龘𠀀\ud800", min_size=5, max_size=15)


def random_lines(seed: int, count: int) -> list[str]:
    chance = random.Random(seed)
    return ["".join(chance.choices(CHARACTERS, k=chance.choice((5, 7)))) for _ in range(count)]


@given(st.lists(LINES, max_size=50))
def test_no_line_is_forgotten(lines: list[str]) -> None:
    assert LineFilter.of(lines).contains(lines).all()


@given(st.lists(LINES, max_size=20))
def test_a_set_is_saved_and_read(tmp_path_factory: pytest.TempPathFactory, lines: list[str]) -> None:
    path = tmp_path_factory.getbasetemp() / "lines.safetensors"
    known = LineFilter.of(lines)
    known.save(path, "made here")
    again = LineFilter.load(path)
    assert again.below == known.below
    assert np.array_equal(again.numbers, known.numbers)
    assert again.contains(lines).all()


def test_few_other_lines_are_taken_for_known_ones() -> None:
    lines = random_lines(0, 50_000)
    others = sorted(set(random_lines(1, 200_000)) - set(lines))
    found = int(LineFilter.of(lines).contains(others).sum())
    # Three are to be expected; more than fifteen come once in two million tries.
    assert found <= 15
    assert found / len(others) <= 1e-4


def test_a_line_takes_eighteen_bits(tmp_path: Path) -> None:
    lines = LineFilter.of(random_lines(0, 50_000))
    lines.save(tmp_path / "lines", "made here")
    assert (tmp_path / "lines").stat().st_size * 8 / len(lines.numbers) < 18.2


def test_script_and_glyphs_make_no_difference() -> None:
    known = LineFilter.of(["閒來垂釣碧溪上", "白日依山盡"])
    assert known.contains(["闲来垂钓碧溪上", "間來垂釣碧溪上", "白日依山尽", "白日依山"]).tolist() == [True] * 3 + [
        False
    ]


def test_short_lines_are_no_ones_own() -> None:
    known = LineFilter.of(["白日依山", "黄河入海流"])
    assert known.contains(["白日依山", "黄河入海流"]).tolist() == [False, True]


VERSE_LINES = st.sampled_from((5, 7)).flatmap(lambda length: st.text(CHARACTERS, min_size=length, max_size=length))


@given(st.lists(VERSE_LINES, min_size=1, max_size=20), st.data())
def test_a_line_is_near_whatever_one_character_is_changed(lines: list[str], data: st.DataObject) -> None:
    known = NearFilter.of(lines)
    line = data.draw(st.sampled_from(lines))
    place = data.draw(st.integers(0, len(line) - 1))
    changed = line[:place] + data.draw(st.sampled_from(CHARACTERS)) + line[place + 1 :]
    # Among lines that are far away, so that each has its own answer.
    assert known.contains(["龘" * 7, line, changed, "龘" * 5, ""]).tolist() == [False, True, True, False, False]


def test_two_characters_are_far_enough_and_lines_of_other_lengths_are_not_kept() -> None:
    known = NearFilter.of(["白日依山尽", "黄河入海", "月落乌啼霜满天"])
    lines = ["白日依人尽", "白月依人尽", "黄河入海", "黄河入海流", "月落烏啼霜满地", "月落乌啼霜"]
    assert known.contains(lines).tolist() == [True, False, False, False, True, False]


def test_few_other_lines_are_taken_for_near_ones() -> None:
    lines = random_lines(0, 20_000)
    near = {line[:place] + line[place + 1 :] + str(place) for line in lines for place in range(len(line))}
    others = [
        line
        for line in random_lines(1, 60_000)
        if not any(line[:place] + line[place + 1 :] + str(place) in near for place in range(len(line)))
    ]
    # Six gapped forms a line: some five are to be expected.
    assert NearFilter.of(lines).contains(others).sum() <= 20


def test_a_set_of_near_lines_is_none_of_whole_ones(tmp_path: Path) -> None:
    NearFilter.of(["白日依山尽"]).save(tmp_path / "near", "made here")
    assert NearFilter.load(tmp_path / "near").contains(["白日依山近"]).all()
    with pytest.raises(CheckpointError, match="near-lines"):
        LineFilter.load(tmp_path / "near")


def test_nothing_is_in_an_empty_set() -> None:
    assert LineFilter.of([]).contains(["白日依山尽"]).tolist() == [False]
    assert LineFilter.of(["白日依山尽"]).contains([]).tolist() == []


@pytest.mark.parametrize(
    ("low", "high", "below"),
    [
        ([1, 2], 0b1000_0000, 100),
        ([2, 1], 0b1100_0000, 100),
        ([1, 1], 0b1100_0000, 100),
        ([1, 2], 0b1100_0000, 2),
        ([1], 0b0000_0001, 100),
    ],
)
def test_numbers_in_no_order_are_refused(tmp_path: Path, low: list[int], high: int, below: int) -> None:
    arrays: Arrays = {"low": np.array(low, dtype=np.uint16), "high": np.array([high], dtype=np.uint8)}
    save_tables(tmp_path / "a", TableHeader(kind="lines", source="", numbers={"below": below}), arrays)
    with pytest.raises(CheckpointError, match="its numbers are in no order"):
        LineFilter.load(tmp_path / "a")


def test_a_torn_file_is_refused(tmp_path: Path) -> None:
    LineFilter.of(random_lines(0, 100)).save(tmp_path / "a", "made here")
    content = (tmp_path / "a").read_bytes()
    (tmp_path / "a").write_bytes(content[:-10])
    with pytest.raises(CheckpointError, match="damaged"):
        LineFilter.load(tmp_path / "a")


def test_the_shipped_set() -> None:
    assert SHIPPED.stat().st_size <= 6_000_000
    known = shipped()
    assert known.contains(["白日依山尽", "黄河入海流", "月落乌啼霜满天", "夜来风雨声", "夜來風雨聲"]).all()
    assert known.corpus.contains(random_lines(2, 100_000)).mean() <= 1e-4
    assert SHIPPED_NEAR.stat().st_size <= 6_000_000
    assert known.contains(["白日依山暮", "黄河入海深", "月落乌啼霜满地", "夜来风雨急"]).all()
    assert known.contains(["龘日依山龘", "〇〇入海深"]).tolist() == [False, False]
