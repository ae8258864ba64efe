"""Characters to numbers and back."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.vocabulary import BEGIN, END, PAD, SPECIALS, UNKNOWN, Vocabulary

TEXTS = st.lists(st.text("月山风花春，。", max_size=12), max_size=8)


def test_ids_run_from_frequent_to_rare() -> None:
    vocabulary = Vocabulary.build(["月月月山山", "花春"])
    assert vocabulary.characters == ("月", "山", "春", "花")
    assert vocabulary.encode("月山春花风") == [4, 5, 6, 7, UNKNOWN]
    assert len(vocabulary) == 4 + SPECIALS
    assert "月" in vocabulary
    assert "风" not in vocabulary
    assert vocabulary.id_of("") == UNKNOWN


@given(TEXTS, st.integers(1, 6), st.randoms())
def test_decoding_undoes_encoding_whatever_is_known(texts: list[str], floor: int, chance: random.Random) -> None:
    vocabulary = Vocabulary.build(texts, floor)
    joined = "".join(texts)
    kept = "".join(char for char in joined if char in vocabulary)
    assert vocabulary.decode(vocabulary.encode(kept)) == kept
    assert vocabulary.decode(vocabulary.encode(joined)) == kept
    assert all((joined.count(char) >= floor) == (char in vocabulary) for char in set(joined))
    shuffled = chance.sample(texts, len(texts))
    assert Vocabulary.build(shuffled, floor) == vocabulary


@given(TEXTS)
def test_more_frequent_characters_come_first(texts: list[str]) -> None:
    joined = "".join(texts)
    counts = [joined.count(char) for char in Vocabulary.build(texts).characters]
    assert counts == sorted(counts, reverse=True)


def test_special_symbols_have_no_characters() -> None:
    vocabulary = Vocabulary("月山")
    assert vocabulary.decode([BEGIN, 4, UNKNOWN, 5, PAD, END]) == "月山"
    with pytest.raises(IndexError):
        vocabulary.decode([6])


@pytest.mark.parametrize("characters", [["月", "月"], ["月山"], [""]])
def test_entries_are_different_single_characters(characters: list[str]) -> None:
    with pytest.raises(ValueError, match="different single characters"):
        Vocabulary(characters)


def test_vocabularies_compare_by_their_characters() -> None:
    assert Vocabulary("月山") == Vocabulary(["月", "山"])
    assert hash(Vocabulary("月山")) == hash(Vocabulary(["月", "山"]))
    assert Vocabulary("月山") != Vocabulary("山月")
    assert Vocabulary("月山") != ("月", "山")
