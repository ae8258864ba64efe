"""What a network with slot inputs is told: of every place, and no more than it may know."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.batches import Batch, PoemTable
from model.corpus import SourcePoem
from model.encoding import encode_title, tone_codes
from model.forms import Form
from model.prosody import Tone, tones
from model.scoring import LineScorer
from model.slots import FREE, LEVEL, OBLIQUE, TITLE, Told, places
from model.verses import VerseTable
from model.vocabulary import BEGIN, COMMA, END, PAD, STOP, Vocabulary
from tests.model.verse import characters, verse_poet

VOCABULARY = Vocabulary([COMMA, STOP, *characters()])


def poem_of(form: Form, seed: int, title: str = "") -> SourcePoem:
    drawn = np.random.default_rng(seed).choice(characters(), form.line_count * form.line_length)
    lines = ["".join(line) for line in np.split(drawn, form.line_count)]
    text = "".join(line + (STOP if number % 2 else COMMA) for number, line in enumerate(lines))
    return SourcePoem(text, title, "", "tang")


def rows_of(batch: Batch, row: int) -> tuple[list[int], list[int], list[list[int]]]:
    assert batch.told is not None
    return batch.inputs[row].tolist(), batch.targets[row].tolist(), batch.told[row].tolist()


@given(st.sampled_from(Form), st.integers(0, 99))
def test_a_judged_poem_is_told_its_form_and_what_stands_before(form: Form, seed: int) -> None:
    poem = poem_of(form, seed, "春望")
    inputs, targets, told = rows_of(VerseTable([poem], VOCABULARY).batch(np.array([0])), 0)
    ids = VOCABULARY.encode("".join(poem.lines))
    assert inputs == [BEGIN, *ids[:-1]]
    assert targets == ids
    length = form.line_length
    for place, row in enumerate(told):
        assert row[Told.PLACE] == places(form)[place] not in {FREE, TITLE}
        assert row[Told.TONE] == row[Told.OUTSIDE] == 0
        assert row[Told.GOAL] == PAD
        assert row[Told.ABOVE] == (ids[place - length] if place >= length else PAD)
        line = place // length
        rhyme = 0 if line == 1 else line // 2 * 2 - 1
        assert row[Told.RHYME] == (PAD if line == 0 else ids[(rhyme + 1) * length - 1])
    assert len(set(places(form))) == len(ids)


@given(st.lists(st.sampled_from(Form), min_size=1, max_size=6), st.integers(0, 99))
@settings(max_examples=60)
def test_nothing_is_told_of_what_comes_but_tones_and_ends(forms: list[Form], seed: int) -> None:
    poems = [poem_of(form, seed + number, "送友人二首") for number, form in enumerate(forms)]
    batch = VerseTable(poems, VOCABULARY).batch(np.arange(len(poems)), np.random.default_rng(seed))
    codes = tone_codes(VOCABULARY)
    for row, poem in enumerate(poems):
        inputs, targets, told = rows_of(batch, row)
        begin = inputs.index(BEGIN)
        assert inputs[:begin] in ([], encode_title("送友人二首", VOCABULARY))
        assert all(place[Told.PLACE] == TITLE for place in told[:begin])
        assert targets[:begin] == [PAD] * begin
        written = [target for target in targets[begin:] if target != PAD]
        assert inputs[begin + 1 : begin + len(written)] == written[:-1]
        free = told[begin][Told.PLACE] == FREE
        assert VOCABULARY.decode(written) == (poem.text if free else "".join(poem.lines))
        assert (written[-1] == END) is free
        for place, symbol in enumerate(written):
            row_told = told[begin + place]
            assert row_told[Told.TONE] in {0, codes[symbol]}
            if free:
                assert row_told == [0] * len(Told)


def test_more_is_told_to_some_than_to_others() -> None:
    table = VerseTable([poem_of(Form.QILV, seed, "登樓") for seed in range(200)], VOCABULARY)
    batches = [table.batch(np.arange(200), np.random.default_rng(seed)) for seed in range(40)]
    titled = sum(int((batch.inputs[0] == BEGIN).argmax()) > 0 for batch in batches)
    assert 10 <= titled <= 30
    [told] = [batch.told for batch in batches[:1]]
    assert told is not None
    known = (told[:, :, Told.TONE] > 0).mean(axis=1)
    assert 0.3 < (known == 0).mean() < 0.7
    assert 0.3 < (told[:, :, Told.GOAL] > 0).any(axis=1).mean() < 0.7


def test_poems_of_other_dynasties_are_marked() -> None:
    poems = [SourcePoem(poem_of(Form.WUJUE, 0).text, "", "", dynasty) for dynasty in ("tang", "song", "")]
    batch = VerseTable(poems, VOCABULARY, focus=("tang",)).batch(np.arange(3))
    assert batch.told is not None
    assert batch.told[:, 0, Told.OUTSIDE].tolist() == [0, 1, 0]


def test_a_poem_of_no_form_is_read_with_its_marks() -> None:
    text = "月落烏啼，江楓漁火對愁眠。"
    inputs, targets, told = rows_of(VerseTable([SourcePoem(text, "", "", "")], VOCABULARY).batch(np.array([0])), 0)
    ids = VOCABULARY.encode(text)
    assert inputs[: len(ids) + 1] == [BEGIN, *ids]
    assert targets[: len(ids) + 1] == [*ids, END]
    assert not any(map(any, told))


def test_tones_by_their_codes() -> None:
    codes = tone_codes(VOCABULARY)
    for character in characters():
        own = tones(character)
        expected = {frozenset({Tone.LEVEL}): LEVEL, frozenset({Tone.OBLIQUE}): OBLIQUE}.get(own, 0)
        assert codes[VOCABULARY.id_of(character)] == expected


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("form", [Form.WUJUE, Form.QILV])
def test_lines_add_up_to_what_the_network_says_of_the_whole(form: Form, *, told: bool) -> None:
    writer = verse_poet(told=told)
    poems = [poem_of(form, seed) for seed in range(5)]
    scorer = LineScorer(writer.stepper, writer.vocabulary, form)
    together = scorer.together([poem.lines for poem in poems])
    assert together.shape == (5, form.line_count)
    table = VerseTable(poems, writer.vocabulary) if told else PoemTable([p.text for p in poems], writer.vocabulary)
    batch = table.batch(np.arange(5))
    with torch.inference_mode():
        told_places = None if batch.told is None else torch.from_numpy(batch.told)
        logits, _ = writer.network(torch.from_numpy(batch.inputs), told=told_places)
        found = logits.log_softmax(-1).gather(2, torch.from_numpy(batch.targets)[:, :, None])[:, :, 0].numpy()
    marks = [PAD, END, *map(writer.vocabulary.id_of, (COMMA, STOP))]
    expected = np.where(np.isin(batch.targets, marks), 0.0, found).sum(axis=1)
    np.testing.assert_allclose(together.sum(axis=1), expected, rtol=1e-4)
    alone = scorer.alone([poem.lines for poem in poems])
    np.testing.assert_allclose(alone[:, 0], together[:, 0], rtol=1e-4)
    assert not np.allclose(alone[:, 1:], together[:, 1:], rtol=1e-4)
    place = form.line_length + 2
    expected = scorer.next_characters(poems[0].lines, place)
    assert np.exp(expected).sum() == pytest.approx(1, abs=1e-5)
    character = "".join(poems[0].lines)[place]
    changed = [poems[0].lines[0], poems[0].lines[1][:2] + "月" * (form.line_length - 2), *poems[0].lines[2:]]
    np.testing.assert_allclose(scorer.next_characters(changed, place), expected, rtol=1e-5)
    assert expected[writer.vocabulary.id_of(character)] < 0


@pytest.mark.parametrize(
    ("title", "known"),
    [
        ("春望", "春望"),
        ("送友人二首", "送友人"),
        ("題山寺 其三", "題山寺"),
        ("登樓（一作夜）", "登樓一作夜"),
        ("", ""),
        ("夜" * 20, "夜" * 12),
    ],
)
def test_titles_are_read_without_numbering(title: str, known: str) -> None:
    vocabulary = Vocabulary("春望送友人題山寺登樓一作夜")
    assert vocabulary.decode(encode_title(title, vocabulary)) == known
