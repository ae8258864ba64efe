"""Which symbols may come next."""

import numpy as np
import pytest

from model.forms import Form
from model.punctuation import Punctuation, Slot, form_slots
from model.vocabulary import BEGIN, END, PAD, UNKNOWN, Vocabulary

VOCABULARY = Vocabulary("月，山。风")
MOON, COMMA, MOUNTAIN, STOP, WIND = VOCABULARY.encode("月，山。风")
CONSTRAINTS = Punctuation(VOCABULARY)


def allowed(slot: int) -> set[int]:
    mask = CONSTRAINTS.masks[slot]
    assert set(mask.tolist()) <= {0.0, -np.inf}
    return set(np.flatnonzero(mask == 0).tolist())


@pytest.mark.parametrize("form", Form)
def test_a_form_is_its_lines_with_marks_between(form: Form) -> None:
    written = "".join(
        {Slot.CHARACTER: "字", Slot.COMMA: "，", Slot.STOP: "。"}.get(slot, "") for slot in form_slots(form)
    )
    assert form_slots(form)[-1] is Slot.END
    assert len(written) == len(form_slots(form)) - 1
    assert Form.detect(written.replace("。", "，").rstrip("，").split("，")) is form
    assert written.count("。") == form.line_count // 2


def test_a_slot_admits_what_its_name_says() -> None:
    characters = {MOON, MOUNTAIN, WIND}
    assert allowed(Slot.CHARACTER) == characters
    assert allowed(Slot.COMMA) == {COMMA}
    assert allowed(Slot.STOP) == {STOP}
    assert allowed(Slot.END) == {END}
    assert allowed(Slot.CHARACTER_OR_MARK) == characters | {COMMA, STOP}
    assert allowed(Slot.CHARACTER_OR_END) == characters | {END}
    assert not {PAD, UNKNOWN, BEGIN} & {symbol for slot in Slot for symbol in allowed(slot)}


def test_what_may_stand_behind_each_symbol() -> None:
    after = {symbol: Slot(int(CONSTRAINTS.after[symbol])) for symbol in range(len(VOCABULARY))}
    assert after[BEGIN] is after[COMMA] is Slot.CHARACTER
    assert after[MOON] is after[MOUNTAIN] is after[UNKNOWN] is Slot.CHARACTER_OR_MARK
    assert after[STOP] is Slot.CHARACTER_OR_END
    assert after[END] is Slot.END


def test_a_poem_that_is_too_long_ends_as_poems_do() -> None:
    closing = {symbol: Slot(int(CONSTRAINTS.closing[symbol])) for symbol in range(len(VOCABULARY))}
    assert closing[COMMA] is Slot.CHARACTER
    assert closing[MOON] is closing[UNKNOWN] is Slot.STOP
    assert closing[STOP] is closing[END] is Slot.END


@pytest.mark.parametrize("characters", ["", "月山", "月，", "月。", "，。"])
def test_a_vocabulary_that_can_write_no_poem(characters: str) -> None:
    with pytest.raises(ValueError, match="a vocabulary for poems needs ，, 。 and other characters"):
        Punctuation(Vocabulary(characters))
