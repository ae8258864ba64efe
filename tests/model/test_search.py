"""Poems of a form keep its rules, whatever they begin with and whatever the network would rather write."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model import search, usage, versifying
from model.checker import Rule, check
from model.constraints import Constraints, Flags, Want
from model.forms import Form
from model.frame import OPEN, Frame
from model.generation import Poet
from model.habits import Habits
from model.masks import Masks, Outlet, Standing
from model.novelty import LineFilter
from model.prosody import LEVEL_GROUPS, Tone, groups, rhyme_words, tones
from model.requests import Poem, PoemRequest
from model.scenes import SCENES
from model.script import Script, convert
from model.torch_stepping import TorchStepper
from model.vocabulary import COMMA, SPECIALS, STOP, Vocabulary
from tests.model.learning import network, poet_of
from tests.model.verse import OBLIQUE, characters, verse_poet

FORMS = st.sampled_from(Form)
GLYPHS = "麽苧柠沄洼疴痒凭烟咤袜眦强并参"
"""Characters of traditional texts that conversion takes for other ones."""
POETS = st.builds(verse_poet, st.sampled_from(["lstm", "gru", "rnn"]), told=st.booleans())


def request(**values: Any) -> PoemRequest:
    return PoemRequest(**{"seed": 1, "candidates": 4, "temperature": 1.0, "top_p": 1.0} | values)


def repeats(poem: Poem) -> list[str]:
    """Characters that stand twice, but for two of a kind side by side in a line."""
    text = "".join(poem.lines)
    found = []
    for char in dict.fromkeys(text):
        count = text.count(char)
        doubled = sum(line.count(char * 2) for line in poem.lines)
        if count > 1 and not (count == 2 and doubled == 1):
            found.append(char)
    return found


@given(POETS, FORMS, st.integers(0, 2**32), st.sampled_from([0.0, 0.8, 2.0]))
@settings(deadline=None, max_examples=60)
def test_what_the_masks_let_through_the_checker_passes(writer: Any, form: Form, seed: int, temperature: float) -> None:
    [poem] = writer.compose_all([request(form=form, seed=seed, temperature=temperature)])
    report = check(poem.text)
    assert report.form is poem.form is form
    assert report.strict, report.faults
    assert report.pattern is not None
    assert report.pattern.name == poem.pattern
    assert not repeats(poem)


def test_what_fits_strictly_fits_as_a_reader_of_the_text_takes_it() -> None:
    """Conversion takes some glyphs for other words: 麽, that rhymes with 歌, for 麼, that need not."""
    words = [word for group in LEVEL_GROUPS for word in rhyme_words(group)]
    rules = Constraints(Vocabulary([*dict.fromkeys([COMMA, STOP, *words, *OBLIQUE, *GLYPHS])]))
    shown = convert("國" + "國".join(rules.vocabulary.characters), Script.HANT)[1::2]
    for number, character in enumerate(shown, start=SPECIALS):
        for want, tone in ((Want.LEVEL, Tone.LEVEL), (Want.OBLIQUE, Tone.OBLIQUE), (Want.RHYME, Tone.LEVEL)):
            assert not rules.fits[want, number] or tones(character) == {tone}, (character, want)
        if rules.fits[Want.RHYME, number]:
            assert groups(character) == {LEVEL_GROUPS[rules.group[number]]}, character


@given(FORMS, st.text(st.sampled_from(characters()), min_size=1, max_size=30), st.integers(0, 99))
@example(Form.WUJUE, "三三三三中何三抄三三三三三木三三三三", 0)
@settings(deadline=None, max_examples=60)
def test_a_start_may_break_the_rules_and_nothing_else_does(form: Form, start: str, seed: int) -> None:
    start = start[: form.line_length * form.line_count]
    [poem] = verse_poet().compose_all([request(form=form, start=start, seed=seed)])
    assert "".join(poem.lines).startswith(start)
    assert poem.given == tuple(range(len(start)))
    report = check(poem.text, form)
    length = form.line_length
    # A start that breaks every pattern may be judged by another than the one that was kept.
    judged_alike = report.pattern is not None and report.pattern.name == poem.pattern
    for fault in report.faults if judged_alike else ():
        if fault.line is not None and fault.place is not None:
            assert fault.line * length + fault.place < len(start), fault
    assert judged_alike or poem.broken
    certain = [fault for fault in report.faults if fault.certain]
    # What is broken for certain is named; a doubtful reading is not.
    assert bool(poem.broken) >= any(fault.rule is Rule.TONE for fault in certain)
    assert set(poem.broken) <= set(start)
    own = "".join(poem.lines)[len(start) :]
    assert not set(own) & set(start) or len(start) == 1


@given(FORMS, st.data())
@settings(deadline=None, max_examples=40)
def test_heads_stand_at_the_heads_of_lines(form: Form, data: st.DataObject) -> None:
    heads = data.draw(st.text(st.sampled_from(characters()), min_size=2, max_size=form.line_count))
    [poem] = verse_poet().compose_all([request(form=form, heads=heads)])
    assert [line[0] for line in poem.lines][: len(heads)] == list(heads)
    assert poem.given == tuple(number * form.line_length for number in range(len(heads)))
    faults = [fault for fault in check(poem.text, form).faults if fault.certain]
    assert all(fault.place == 0 for fault in faults), faults


@given(FORMS, st.integers(0, 7), st.integers(0, 99))
@settings(deadline=None, max_examples=30)
def test_one_line_is_written_anew_and_the_rest_is_held(form: Form, line: int, seed: int) -> None:
    line %= form.line_count
    writer = verse_poet()
    [first] = writer.compose_all([request(form=form, seed=seed)])
    held = tuple("" if number == line else text for number, text in enumerate(first.lines))
    [second] = writer.compose_all([request(form=form, held=held, seed=seed + 1)])
    assert [text for number, text in enumerate(second.lines) if number != line] == [text for text in held if text]
    assert check(second.text).strict
    assert not repeats(second)


@given(FORMS, st.integers(0, 999))
@settings(deadline=None, max_examples=25)
def test_one_season_and_one_hour(form: Form, seed: int) -> None:
    writer = verse_poet()
    [poem] = writer.compose_all([request(form=form, seed=seed, theme="秋夜", script=Script.HANT)])
    told = {name for name, characters in SCENES.items() if set(characters) & set("".join(poem.lines))}
    assert told <= {"autumn", "night", "rain", "moon", "stars"}
    assert told.isdisjoint({"moon", "stars"}) or "rain" not in told


def test_a_feast_in_the_title_tells_the_season() -> None:
    poems = verse_poet().compose(form=Form.QILV, count=12, seed=0, theme="清明", script="hant", temperature=2.0)
    assert not set("".join(poem.text for poem in poems)) & set("夏秋冬霜雪")


def test_only_what_poets_double_is_doubled() -> None:
    writer = verse_poet()
    vocabulary, rules = writer.vocabulary, Constraints(writer.vocabulary)
    frame = Frame.draw(Form.QILV, np.full(56, OPEN), rules, np.random.default_rng(0))
    masks = Masks(frame, rules, Habits.of(vocabulary, usage.shipped()).doubled)
    outlet = Outlet.of(writer.stepper, np.arange(SPECIALS + 2, len(vocabulary)), len(vocabulary))
    written = np.array([vocabulary.encode(f"山水{last}") for last in "青年舟國"])
    standing = Standing(np.pad(written, ((0, 0), (0, 53))), np.full(4, OPEN), np.full(4, OPEN))
    allowed = masks.allowed(outlet, Want.ANY, standing, 3)
    assert allowed[range(4), outlet.place[written[:, 2]]].tolist() == [True, True, False, False]


def test_sharpened_beside_what_is_common_a_guess_of_the_common_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network that knows how common characters are, and nothing else, would write the commonest alone when cooled."""
    vocabulary = verse_poet().vocabulary
    reader = network("lstm", len(vocabulary), slot=6, echo=3)
    with torch.no_grad():
        for parameter in reader.parameters():
            parameter.zero_()
        reader.output.bias.copy_(torch.from_numpy(Habits.of(vocabulary, usage.shipped()).common))
    writer = poet_of(reader, vocabulary, Script.HANT, "")

    def poems(temperature: float) -> list[str]:
        found = writer.compose(form=Form.WULV, count=6, seed=0, top_p=1.0, temperature=temperature)
        return [poem.text for poem in found]

    monkeypatch.setattr(search, "TAKEN_BACK", 1.0)
    assert poems(0.5) == poems(1.0)
    monkeypatch.setattr(search, "TAKEN_BACK", 0.0)
    assert poems(0.5) != poems(1.0)


def test_the_network_itself_steps_where_no_processor_does() -> None:
    """What a graphics processor is given, on a processor: memory taken and joined as tensors."""
    for cell in ("lstm", "gru"):
        model = verse_poet(cell)
        writer = Poet(TorchStepper(model.network), model.vocabulary, model.script)
        wishes = [request(form=Form.QIJUE, seed=seed, temperature=2.0) for seed in range(5)]
        together = writer.compose_all(wishes)
        assert all(check(poem.text).strict for poem in together)
        assert [poem.text for poem in together] == [writer.compose_all([wish])[0].text for wish in wishes]


def in_any_company(writer: Poet) -> None:
    """Poems of several forms, with and without titles, starts and rules, as each would be alone."""
    wishes = [
        request(form=Form.WUJUE, temperature=2.0),
        request(form=Form.QILV, theme="秋夜", candidates=2, seed=2),
        request(form=Form.QIJUE, start="月", seed=3),
        request(form=Form.WULV, heads="山水", candidates=5),
        request(form=Form.WUJUE, rules="length", temperature=2.0),
    ]
    together = writer.compose_all(wishes)
    assert [writer.compose_all([wish])[0].text for wish in wishes] == [poem.text for poem in together]


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("cell", ["lstm", "rnn"])
def test_poems_that_are_written_in_step_are_those_that_each_would_be_alone(cell: Any, *, told: bool) -> None:
    in_any_company(verse_poet(cell, told=told))


def test_and_so_they_are_where_rows_are_read_in_blocks() -> None:
    model = verse_poet("gru")
    in_any_company(Poet(TorchStepper(model.network), model.vocabulary, model.script))


def test_a_line_of_the_corpus_is_written_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    writer = verse_poet()
    [known] = writer.compose_all([request(form=Form.QIJUE, seed=5, candidates=1)])
    monkeypatch.setattr(versifying, "known_lines", lambda: LineFilter.of(known.lines))
    [other] = writer.compose_all([request(form=Form.QIJUE, seed=5, candidates=1)])
    assert not set(other.lines) & set(known.lines)
    assert check(other.text).strict
    held = ("", *known.lines[1:])
    [given_lines] = writer.compose_all([request(form=Form.QIJUE, seed=6, held=held)])
    assert given_lines.lines[1:] == known.lines[1:]


class FirstOnes:
    """Takes the first lines that it is asked about for another's."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.known: list[str] = []

    def contains(self, lines: Sequence[str]) -> Flags:
        new = [line for line in lines if line not in self.known]
        self.known += new[: self.count - len(self.known)]
        return np.array([line in self.known for line in lines])


def test_a_line_that_comes_again_and_again_is_written_until_it_is_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    others = FirstOnes(search.REWINDS_OF_COPIES)
    monkeypatch.setattr(versifying, "known_lines", lambda: others)
    [poem] = verse_poet().compose_all([request(form=Form.WULV, seed=1, candidates=1, script=Script.HANT)])
    assert len(others.known) == others.count
    assert not set(poem.lines) & set(others.known)


def test_a_line_that_stays_anothers_excuses_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    others = FirstOnes(search.REWINDS_OF_COPIES + 2)
    monkeypatch.setattr(versifying, "known_lines", lambda: others)
    [poem] = verse_poet().compose_all([request(form=Form.WULV, seed=1, candidates=1, script=Script.HANT)])
    assert poem.lines[0] in others.known
    assert not set(poem.lines[1:]) & set(others.known)


def test_without_rules_the_length_alone_is_kept() -> None:
    for told in (True, False):
        poems = verse_poet(told=told).compose(form=Form.WULV, count=12, seed=0, rules="length", top_p=1.0)
        assert all(poem.form is Form.WULV and not poem.pattern for poem in poems)
        assert sum(check(poem.text).strict for poem in poems) < 3


def test_a_theme_changes_the_poem_of_a_network_that_knows_titles() -> None:
    def poems(theme: str | None, *, told: bool) -> list[Poem]:
        return verse_poet(told=told).compose(form=Form.QIJUE, seed=1, theme=theme, count=8, script="hant")

    rain, moon, open_theme = (poems(theme, told=True) for theme in ("春雨", "月夜", None))
    assert [poem.text for poem in rain] != [poem.text for poem in moon]
    assert {poem.theme for poem in rain} == {"春雨"}
    assert len({poem.theme for poem in open_theme}) > 2
    deaf = [poems(theme, told=False) for theme in ("春雨", "月夜", None)]
    assert len({tuple(poem.text for poem in one) for one in deaf}) == 1
    assert {poem.theme for one in deaf for poem in one} == {""}


def test_the_pattern_breaks_as_few_given_characters_as_can_be() -> None:
    writer = verse_poet()
    rules = Constraints(writer.vocabulary)
    known = np.full(20, OPEN)
    # 仄仄平平仄: one of the four patterns begins so; the others break it at two places or more.
    known[:5] = writer.vocabulary.encode("月落天涯夜")
    drawn = [Frame.draw(Form.WUJUE, known, rules, np.random.default_rng(seed)).pattern for seed in range(20)]
    assert {pattern.code for pattern in drawn if pattern is not None} == {"ABCD"}
    known[:5] = OPEN
    drawn = [Frame.draw(Form.WUJUE, known, rules, np.random.default_rng(seed)).pattern for seed in range(60)]
    assert {pattern.code for pattern in drawn if pattern is not None} >= {"ABCD", "DBCD", "CDAB"}


def test_suggestions_fit_tone_and_group() -> None:
    writer = verse_poet()
    [poem] = writer.compose(form=Form.WUJUE, seed=1)
    for tone, group in ((Tone.LEVEL, None), (Tone.OBLIQUE, None), (Tone.LEVEL, "東"), (None, None)):
        found = writer.suggest(poem.lines, Form.WUJUE, 1, 4, tone, group)
        assert 0 < len(found) <= 5
        assert not set(found) & set("".join(poem.lines))
        assert all(tone is None or tones(character) == {tone} for character in found)
        assert all(group is None or groups(character) >= {group} for character in found)
    simple = writer.suggest([convert(line, Script.HANS) for line in poem.lines], Form.WUJUE, 1, 4)
    assert simple
    with pytest.raises(ValueError, match="五绝"):
        writer.suggest(poem.lines[:3], Form.WUJUE, 0, 0)
