"""What is held out stays held out."""

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors.numpy import save_file

from model.corpus import HeldOut, SourcePoem, Splits, held_out, split_corpus, splits
from model.corpus.lines import LineTable, connected
from model.errors import CorpusError
from model.script import Script, convert, normalise

CHARACTERS = "月山风花春秋江水云天日夜人心来归何处不知青白红长清明时节雨纷光声千里马上故乡客舟"
NOTHING = HeldOut.empty()


def make_poems(seed: int, count: int, borrowings: int = 0) -> list[SourcePoem]:
    """Poems of random characters; some have a line of another one with one character changed."""
    rng = random.Random(seed)
    poems = [["".join(rng.choices(CHARACTERS, k=rng.choice((3, 5, 7)))) for _ in range(4)] for _ in range(count)]
    for _ in range(borrowings):
        line = list(rng.choice(rng.choice(poems)))
        line[rng.randrange(len(line))] = rng.choice(CHARACTERS)
        rng.choice(poems)[rng.randrange(4)] = "".join(line)
    return [SourcePoem("，".join(lines) + "。") for lines in poems]


def patterns(poems: Sequence[SourcePoem]) -> set[str]:
    """Every line of four characters or more with each of its characters blanked."""
    return {
        line[:place] + "*" + line[place + 1 :]
        for poem in poems
        for line in map(normalise, poem.lines)
        if len(line) > 3
        for place in range(len(line))
    }


def everything(parts: Splits) -> list[SourcePoem]:
    return [*parts.train, *parts.valid, *parts.test]


@settings(max_examples=15)
@given(st.integers(0, 2**32), st.sampled_from([0, 300]))
def test_no_training_line_is_within_one_character_of_a_held_out_one(seed: int, listed: int) -> None:
    poems = make_poems(seed, 600, borrowings=300)
    first = split_corpus(poems[:listed], NOTHING)
    parts = split_corpus(poems, HeldOut.of(first.test, first.valid))
    assert not patterns(parts.train) & patterns([*parts.valid, *parts.test])
    assert not patterns(parts.valid) & patterns(parts.test)
    assert len(everything(parts)) + parts.dropped == len(poems)
    assert listed or not parts.dropped


@settings(max_examples=10)
@given(st.integers(0, 2**32), st.randoms(use_true_random=False))
def test_the_order_of_poems_changes_nothing(seed: int, order: random.Random) -> None:
    poems = make_poems(seed, 300, borrowings=200)
    shuffled = poems[:]
    order.shuffle(shuffled)
    parts, again = split_corpus(poems, NOTHING), split_corpus(shuffled, NOTHING)
    assert set(parts.test) == set(again.test)
    assert set(parts.valid) == set(again.valid)
    assert [poem for poem in shuffled if poem in set(again.train)] == again.train


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_adding_a_corpus_moves_no_listed_poem(seed: int) -> None:
    poems = make_poems(seed, 600, borrowings=400)
    old, new = poems[:300], poems[300:]
    before = split_corpus(old, NOTHING)
    after = split_corpus([*new, *old], HeldOut.of(before.test, before.valid))
    assert set(before.test) <= set(after.test)
    assert set(before.valid) <= set(after.valid)
    assert not set(before.test) & set(after.train)


def test_a_listed_poem_is_known_in_the_other_script_and_punctuation() -> None:
    poems = make_poems(1, 400)
    parts = split_corpus(poems, NOTHING)
    assert parts.test
    other = [SourcePoem(convert(poem.text, Script.HANT).replace("，", "。")) for poem in poems]
    again = split_corpus(other, HeldOut.of(parts.test, parts.valid))
    assert [normalise(poem.text.replace("，", "。")) for poem in parts.test] == [
        normalise(poem.text) for poem in again.test
    ]


def test_about_two_and_two_in_a_hundred_are_held_out() -> None:
    parts = split_corpus(make_poems(2, 8_000), NOTHING)
    assert 100 < len(parts.test) < 220
    assert 100 < len(parts.valid) < 220


def test_the_split_of_a_poem_stays_the_same_for_ever() -> None:
    """The shipped list, and all weights that were trained with it, depend on these numbers."""
    table = LineTable.of([SourcePoem("白日依山尽，黄河入海流。"), SourcePoem("白日依山盡。黃河入海流。")])
    assert table.poems.tolist() == [3435984365751365282] * 2


def test_a_group_that_is_too_large_belongs_to_training(monkeypatch: pytest.MonkeyPatch) -> None:
    others = [SourcePoem(f"青山白水间，{poem.text}") for poem in make_poems(4, 120)]
    assert split_corpus(others, NOTHING).train == others
    # With a listed poem in such a group only those go that are beside it.
    listed = SourcePoem("何处是归乡。")
    beside = [SourcePoem(f"何处是归程，{poem.text}") for poem in others[:10]]
    held = HeldOut.of([listed], [])
    parts = split_corpus([listed, *beside, *others[10:]], held)
    assert (parts.train, parts.dropped) == (others[10:], 10)
    monkeypatch.setattr(splits, "LARGEST_GROUP", 10_000)
    assert split_corpus([listed, *beside, *others[10:]], held).dropped == 120


def test_a_small_group_with_a_listed_poem_is_dropped_whole() -> None:
    listed, beside, behind = map(SourcePoem, ("何处是归程。", "何处是归乡，青山白水间。", "青山白水边，明月夜来时。"))
    parts = split_corpus([listed, beside, behind], HeldOut.of([listed], []))
    assert (parts.test, parts.dropped) == ([listed], 2)


def test_no_poems() -> None:
    assert split_corpus([], NOTHING) == Splits([], [], [], 0)


def test_short_lines_alone_join_nothing() -> None:
    poems = [SourcePoem(f"春日{char}，{char}。") for char in CHARACTERS]
    parts = split_corpus(poems, NOTHING)
    assert sorted(everything(parts), key=poems.index) == poems


@settings(deadline=None)
@given(st.integers(1, 30), st.lists(st.tuples(st.integers(0, 29), st.integers(0, 29))))
def test_components(count: int, edges: list[tuple[int, int]]) -> None:
    edges = [(a % count, b % count) for a, b in edges]
    labels = list(range(count))
    for _ in range(count):
        for a, b in edges:
            labels[a] = labels[b] = min(labels[a], labels[b])
    ends = np.array([a for a, _ in edges], dtype=np.int64)
    others = np.array([b for _, b in edges], dtype=np.int64)
    assert connected(count, ends, others).tolist() == labels


def test_a_list_is_saved_and_read(tmp_path: Path) -> None:
    poems = make_poems(3, 40)
    held = HeldOut.of(poems[:20], poems[20:])
    held.save(tmp_path / "new" / "list.safetensors", "source")
    again = HeldOut.load(tmp_path / "new" / "list.safetensors")
    for mine, read in ((held.test, again.test), (held.valid, again.valid), (held.lines, again.lines)):
        assert np.array_equal(mine, read)
    first = (tmp_path / "new" / "list.safetensors").read_bytes()
    held.save(tmp_path / "new" / "list.safetensors", "source")
    assert (tmp_path / "new" / "list.safetensors").read_bytes() == first
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["list.safetensors"]


def test_an_empty_list_is_saved_and_read(tmp_path: Path) -> None:
    NOTHING.save(tmp_path / "list.safetensors", "")
    assert not len(HeldOut.load(tmp_path / "list.safetensors").lines)


def test_a_list_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="cannot be written"):
        NOTHING.save(tmp_path / "file" / "list", "")


def test_lists_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "list.safetensors"
    with pytest.raises(CorpusError, match="cannot be read"):
        HeldOut.load(path)
    path.write_bytes(b"nothing of the kind")
    with pytest.raises(CorpusError, match="cannot be read"):
        HeldOut.load(path)
    for metadata in (None, {"tangpoet": "x"}, {"tangpoet": "[]"}, {"tangpoet": '{"format": "tangpoet"}'}):
        save_file({"test": np.zeros(1)}, path, metadata)
        with pytest.raises(CorpusError, match="no list of held-out poems"):
            HeldOut.load(path)
    numbers = np.zeros(1, dtype=np.uint64)
    save_file({"test": numbers, "valid": numbers, "lines": numbers}, path, held_out._metadata("x"))
    with pytest.raises(CorpusError, match="damaged"):
        HeldOut.load(path)
    save_file({"test": numbers}, path, held_out._metadata("x"))
    with pytest.raises(CorpusError, match="cannot be read"):
        HeldOut.load(path)
    monkeypatch.setattr(held_out, "_LARGEST_FILE", 10)
    with pytest.raises(CorpusError, match="too large"):
        HeldOut.load(path)


def test_the_shipped_list_is_used_where_none_is_named() -> None:
    held = held_out.shipped()
    assert len(held.test) > 900
    assert len(held.valid) > 900
    assert held_out.SHIPPED.stat().st_size < 2**20
    assert split_corpus([SourcePoem("白日依山尽，黄河入海流。")]).dropped in {0, 1}
