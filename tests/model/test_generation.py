"""Poems: the same for the same seed, alone or beside others; in form; with the start as typed; at an end."""

import random
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.decoding import Draft, write
from model.errors import BadStart
from model.forms import Form
from model.generation import Poet
from model.given import Given
from model.punctuation import LONGEST_FREE, Punctuation, Slot, form_slots
from model.recipes import Cell
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import Script, convert, is_han
from model.torch_stepping import make_stepper
from model.vocabulary import BEGIN, COMMA, END, STOP, Vocabulary
from tests.model.learning import CHARACTERS, network, poet, poet_of

CELLS: list[Cell] = ["rnn", "gru", "lstm"]
UNKNOWN = "龘饕"

requests = st.builds(
    PoemRequest,
    start=st.none() | st.text(CHARACTERS[:12] + "風雲長時門龘饕", min_size=1, max_size=8),
    form=st.none() | st.sampled_from(Form),
    seed=st.integers(0, 2**63 - 1),
    temperature=st.just(0) | st.floats(0.2, 3),
    top_k=st.just(0) | st.integers(1, 9),
    top_p=st.just(1) | st.floats(0.05, 1),
    script=st.none() | st.sampled_from(Script),
    on_unknown=st.just("keep"),
    rules=st.sampled_from(["verse", "length"]),
    candidates=st.integers(1, 3),
)


def written(poem: Poem) -> str:
    return poem.text.replace("\n", "")


@given(st.sampled_from(CELLS), requests)
@settings(deadline=None, max_examples=60)
def test_a_poem_keeps_its_promises(cell: Cell, request: PoemRequest) -> None:
    writer = poet(cell)
    [poem] = writer.compose_all([request])
    start = request.start or ""
    assert poem.start == start
    assert "".join(poem.lines).startswith(start)
    assert poem.unknown == tuple(char for char in start if char in UNKNOWN)
    assert poem.form == Form.detect(poem.lines)
    if request.form:
        assert poem.form is request.form
        assert poem.text.count("\n") == request.form.line_count // 2 - 1
    assert poem.seed == request.seed == poem.request.seed
    assert poem.weights == writer.weights
    if request.script:
        assert poem.script is request.script
    # Sentences one a line, marks single, nothing but characters, an end.
    assert all(line.endswith(STOP) and line.count(STOP) == 1 for line in poem.text.split("\n"))
    assert all(poem.lines)
    assert written(poem).replace(STOP, COMMA).split(COMMA) == [*poem.lines, ""]
    assert len(written(poem)) <= LONGEST_FREE + 2
    own = "".join(poem.lines)[len(start) :]
    assert all(is_han(char) and char not in f"〇{UNKNOWN}" for char in own)
    if poem.script is writer.script:
        assert set(own) <= set(writer.vocabulary.characters)


@given(st.sampled_from(CELLS), st.lists(requests, min_size=1, max_size=6), st.integers(0, 60), st.randoms())
@settings(deadline=None, max_examples=15)
def test_a_poem_is_the_same_alone_and_beside_any_others(
    cell: Cell, asked: list[PoemRequest], others: int, chance: random.Random
) -> None:
    writer = poet(cell)
    alone = [writer.compose_all([request])[0] for request in asked]
    crowd = [PoemRequest("月", chance.choice([None, *Form]), seed=seed, top_p=1) for seed in range(others)]
    mixed = [(place, request) for place, request in enumerate(asked)] + [(-1, request) for request in crowd]
    chance.shuffle(mixed)
    together = writer.compose_all([request for _, request in mixed])
    for (place, _), poem in zip(mixed, together, strict=True):
        if place >= 0:
            assert poem == alone[place]


@pytest.mark.parametrize(("cell", "tied"), [("rnn", False), ("gru", True), ("lstm", False)])
def test_a_network_of_the_usual_size_keeps_its_seeds_too(cell: Cell, *, tied: bool) -> None:
    """Other sizes take other ways through the machine's arithmetic."""
    vocabulary = Vocabulary([COMMA, STOP, *map(chr, range(0x5A00, 0x5A00 + 5800))])
    reader = network(cell, len(vocabulary), embedding=100, hidden=128, layers=2, tied=tied)
    writer = poet_of(reader, vocabulary, Script.HANT, "")
    asked = [
        PoemRequest(
            "月" if seed % 3 else None,
            [Form.WUJUE, Form.QIJUE][seed % 2],
            seed=seed,
            rules="length",
            top_p=[0.9, 1][seed // 2 % 2],
        )
        for seed in range(70)
    ]
    together = writer.compose_all(asked)
    for place in (0, 1, 2, 35, 68, 69):
        assert writer.compose_all([asked[place]]) == [together[place]]
    assert writer.compose_all(asked[::-1])[::-1] == together
    assert len({poem.text for poem in together}) == 70


def plain_greedy(writer: Poet, start: str, form: Form) -> str:
    """The likeliest character after another, the whole text read again for each."""
    punctuation, text = Punctuation(writer.vocabulary), ""
    left = list(start)
    for slot in form_slots(form)[:-1]:
        if slot is Slot.CHARACTER and left:
            text += left.pop(0)
            continue
        memory = writer.stepper.initial(1)
        for symbol in [BEGIN, *writer.vocabulary.encode(text)]:
            features, memory = writer.stepper.step(np.array([symbol]), memory)
        logits = writer.stepper.head()(features)[0]
        text += writer.vocabulary.decode([int((logits + punctuation.masks[slot]).argmax())])
    return text


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("start", ["", "月", "清明时节"])
def test_without_temperature_the_likeliest_character_comes(cell: Cell, start: str) -> None:
    writer = poet(cell)
    greedy = writer.compose(start or None, Form.QIJUE, temperature=0, seed=1, rules="length")[0]
    assert written(greedy) == plain_greedy(writer, start, Form.QIJUE)
    for options in ({"top_k": 1}, {"top_p": 1e-6}, {"temperature": 1e-9}, {"temperature": 0, "top_k": 5}):
        again = writer.compose(start or None, Form.QIJUE, seed=2, rules="length", **options)[0]
        assert again.text == greedy.text


@pytest.mark.parametrize("form", [None, Form.WUJUE])
def test_the_likeliest_candidate_is_given(form: Form | None) -> None:
    writer = poet("gru")
    start = Given(((0, "月"),), tuple(writer.vocabulary.encode("月")))
    request = PoemRequest("月", form, seed=5, candidates=6, temperature=1.5, top_p=1, rules="length")
    drafts = [Draft(request, 5, candidate, start) for candidate in range(6)]
    stepper = make_stepper(writer.network)
    write(stepper, stepper.head(), Punctuation(writer.vocabulary), drafts)
    for draft in drafts:
        ids = [BEGIN, *draft.written]
        with torch.no_grad():
            logits, _ = writer.network(torch.tensor([ids[:-1]]))
        nats = logits.log_softmax(-1)[0].gather(1, torch.tensor(draft.written)[:, None])[:, 0]
        assert draft.written[-1] == END
        assert draft.score == pytest.approx(nats[1:].mean().item(), abs=5e-3)
    best = max(drafts, key=lambda draft: draft.score)
    [poem] = writer.compose_all([request])
    assert written(poem) == writer.vocabulary.decode(best.written)
    assert len({tuple(draft.written) for draft in drafts}) == 6


@pytest.mark.parametrize(
    ("script", "start", "shown"),
    [
        (Script.HANS, "风云", Script.HANS),
        (Script.HANS, "風雲", Script.HANT),
        (Script.HANS, "月", Script.HANS),
        (Script.HANT, "风云", Script.HANS),
        (Script.HANT, "風雲", Script.HANT),
        (Script.HANT, "月", Script.HANT),
        (Script.HANS, "風云", Script.HANT),
        (Script.HANS, " 月\n", Script.HANS),
    ],
)
def test_a_start_is_known_in_either_script_and_stays_as_typed(script: Script, start: str, shown: Script) -> None:
    writer = poet("gru")
    writer = poet_of(
        writer.network, Vocabulary([convert(char, script) for char in writer.vocabulary.characters]), script, ""
    )
    [poem] = writer.compose(start, Form.QILV, seed=3)
    assert poem.unknown == ()
    assert poem.text.startswith(start.strip())
    assert poem.script is shown
    rest = written(poem)[len(start.strip()) :]
    assert convert(rest, shown) == rest


def test_a_script_can_be_asked_for() -> None:
    writer = poet("gru")
    simple, traditional, named = (
        writer.compose("風", Form.QILV, seed=3, script=script)[0] for script in (Script.HANS, Script.HANT, "hans")
    )
    assert simple.text[0] == traditional.text[0] == "風"
    assert simple.text != traditional.text
    assert convert(traditional.text[1:], Script.HANS) == simple.text[1:]
    assert named.text == simple.text
    with pytest.raises(ValueError, match="latin"):
        writer.compose(script="latin")


def test_a_character_that_is_not_known() -> None:
    writer = poet("gru")
    with pytest.raises(BadStart, match="these weights do not know '龘饕'") as caught:
        writer.compose("月龘饕")
    assert (caught.value.reason, caught.value.characters) == ("unknown", "龘饕")
    for form in (None, *Form):
        [poem] = writer.compose("月龘饕", form, seed=1, on_unknown="keep")
        assert poem.text.startswith("月龘饕")
        assert poem.unknown == ("龘", "饕")
        assert UNKNOWN not in poem.text[3:]


@pytest.mark.parametrize(
    ("start", "form", "reason"),
    [
        ("", None, "empty"),
        (" \n", None, "empty"),
        ("moon", None, "not_han"),
        ("月，", None, "not_han"),
        ("月" * 33, None, "too_long"),
        ("月" * 21, Form.WUJUE, "too_long"),
        ("月" * 29, Form.QIJUE, "too_long"),
    ],
)
def test_starts_that_no_poem_begins_with(start: str, form: Form | None, reason: str) -> None:
    with pytest.raises(BadStart) as caught:
        poet("gru").compose_all([PoemRequest("月"), PoemRequest(start, form)])
    assert caught.value.reason == reason


@pytest.mark.parametrize(("form", "length"), [(Form.WUJUE, 20), (Form.QIJUE, 28), (Form.WULV, 32), (None, 32)])
def test_the_longest_starts(form: Form | None, length: int) -> None:
    start = "".join(random.Random(0).choices(CHARACTERS, k=length))
    [poem] = poet("gru").compose(start, form, seed=0)
    assert "".join(poem.lines).startswith(start)
    assert poem.form is form or form is None
    if form is Form.WUJUE:
        assert "".join(poem.lines) == start


def stubborn(**biases: float) -> Poet:
    """A poet that likes or hates the marks, by the bias of their symbols."""
    writer = poet("gru")
    reader = network("gru", len(writer.vocabulary), embedding=16, hidden=24)
    with torch.no_grad():
        for name, bias in biases.items():
            symbol = {"comma": writer.vocabulary.id_of(COMMA), "stop": writer.vocabulary.id_of(STOP), "end": END}[name]
            reader.output.bias[symbol] = bias
    return poet_of(reader, writer.vocabulary, Script.HANS, "")


@pytest.mark.parametrize(
    "biases",
    [
        {"stop": -1e4},
        {"end": -1e4},
        {"stop": -1e4, "comma": 1e4},
        {"comma": -1e4, "stop": -1e4},
        {"end": -1e4, "stop": 1e4},
    ],
)
def test_every_poem_ends(biases: dict[str, float]) -> None:
    starts = (None, "月", "清明时节雨")
    asked = [PoemRequest(start, seed=seed, temperature=1, top_p=1) for seed in range(4) for start in starts]
    for poem in stubborn(**biases).compose_all(asked):
        assert len(written(poem)) <= LONGEST_FREE + 2
        assert poem.text.endswith(STOP)
        assert not any(pair in written(poem) for pair in ("，，", "，。", "。，", "。。"))


def test_the_network_ends_a_poem_itself() -> None:
    poems = poet("gru").compose(count=40, seed=0, temperature=0.7)
    assert np.mean([len(poem.text) < 100 for poem in poems]) > 0.8
    assert len({poem.text for poem in poems}) == 40


def test_seeds_count_up_and_are_drawn_where_none_is_given() -> None:
    writer = poet("gru")
    five = writer.compose("月", count=5, seed=7)
    assert [poem.seed for poem in five] == [7, 8, 9, 10, 11]
    assert writer.compose("月", seed=9) == [five[2]]
    drawn = writer.compose("月", count=2) + writer.compose_all([PoemRequest("月")])
    assert len({poem.seed for poem in drawn}) == 3
    assert all(0 <= poem.seed < DRAWN_SEEDS + 2 for poem in drawn)
    assert [writer.compose_all([poem.request])[0] for poem in drawn] == drawn


def test_no_request_is_no_poem() -> None:
    assert poet("gru").compose_all([]) == []


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"form": "十四行"}, "there is no form '十四行'; choose one of: 五绝 七绝 五律 七律"),
        ({"seed": -1}, "a seed is a whole number"),
        ({"seed": 2**63 - 1, "count": 2}, "a seed is a whole number"),
        ({"temperature": 11}, "a temperature lies between"),
    ],
)
def test_options_out_of_range(values: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        poet("gru").compose(**values)


def test_a_form_can_be_named() -> None:
    assert poet("gru").compose(form="七律", seed=1)[0].form is Form.QILV
