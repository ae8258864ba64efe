"""Perplexity per character: by hand, for networks whose every probability is known."""

import math
from collections.abc import Sequence

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from model.corpus import SourcePoem
from model.evaluation.measuring import perplexities, perplexities_told_more
from model.evaluation.perplexity import Perplexity, perplexity_by_form
from model.forms import Form
from model.generation import Poet
from model.script import Script, convert
from model.slots import Told, told_of
from model.verses import VerseTable
from model.vocabulary import BEGIN, COMMA, END, STOP, UNKNOWN, Vocabulary
from tests.model.learning import network, poet, poet_of, quatrains

VOCABULARY = Vocabulary("，。月山风花")


def poems(texts: Sequence[str]) -> list[SourcePoem]:
    return [SourcePoem(text, "", "", "") for text in texts]


def constant(logits: Sequence[float]) -> Poet:
    """A poet that always believes the same."""
    reader = network(symbols=len(logits))
    with torch.no_grad():
        reader.output.weight.zero_()
        reader.output.bias.copy_(torch.tensor(logits))
    return poet_of(reader, VOCABULARY, Script.HANS, "")


UNIFORM = constant([0.0] * len(VOCABULARY))


def perplexity(writer: Poet, *texts: str) -> Perplexity:
    return perplexities(writer, poems(texts))["all"]


def test_who_knows_nothing_is_perplexed_by_every_symbol() -> None:
    found = perplexity(UNIFORM, "月山风花月，花风山月。", "月月月月月。")
    assert found.perplexity_per_character == pytest.approx(len(VOCABULARY))
    assert (found.poems, found.characters) == (2, 14)


def test_marks_and_the_end_do_not_count() -> None:
    marks = [VOCABULARY.id_of(COMMA), VOCABULARY.id_of(STOP), END, BEGIN]
    logits = [-30.0 if symbol in marks else 0.0 for symbol in range(len(VOCABULARY))]
    found = perplexity(constant(logits), "月山，风花。", "花。")
    assert found.characters == 5
    assert found.perplexity_per_character == pytest.approx(len(VOCABULARY) - len(marks), rel=1e-5)


def test_unknown_characters_share_what_unknown_has() -> None:
    logits = np.log(np.linspace(1, 2, len(VOCABULARY)))
    chances = np.exp(logits) / np.exp(logits).sum()
    writer = constant(logits.tolist())
    one = perplexity(writer, "龘龘。")
    assert one.perplexity_per_character == pytest.approx(1 / chances[UNKNOWN], rel=1e-5)
    three = perplexity(writer, "龘，饕。", "月餮。")
    nats = [-math.log(chances[UNKNOWN] / 3)] * 3 + [-math.log(chances[VOCABULARY.id_of("月")])]
    assert three.perplexity_per_character == pytest.approx(math.exp(np.mean(nats)), rel=1e-5)


@given(st.lists(st.floats(-5, 5), min_size=len(VOCABULARY), max_size=len(VOCABULARY)))
@settings(deadline=None, max_examples=25)
def test_all_characters_together_have_no_more_than_one(logits: list[float]) -> None:
    """A distribution over what occurs: nothing is won by an unknown character."""
    writer = constant(logits)
    characters = "月山风花龘饕餮"
    text = characters + "。"
    singles = [perplexities(writer, poems([f"{char}。", text]))["all"] for char in characters]
    rest = perplexities(writer, poems([text]))["all"]
    nats = [8 * math.log(found.perplexity_per_character) for found in singles]
    chances = [math.exp(-(total - 7 * math.log(rest.perplexity_per_character))) for total in nats]
    softmax = np.exp(logits) / np.exp(logits).sum()
    counted = sum(softmax[number] for number in [UNKNOWN, *VOCABULARY.encode("月山风花")])
    assert sum(chances) == pytest.approx(counted, rel=1e-3)
    assert sum(chances) < 1


def test_every_character_is_foretold_from_all_before_it() -> None:
    writer = poet("lstm")
    texts = quatrains(70, seed=9)
    nats, characters = 0.0, 0
    for text in texts:
        ids = [BEGIN, *writer.vocabulary.encode(text), END]
        with torch.no_grad():
            logits, _ = writer.network(torch.tensor([ids[:-1]]))
        costs = -logits[0].log_softmax(-1).gather(1, torch.tensor(ids[1:])[:, None])[:, 0]
        counted = [char not in {COMMA, STOP} for char in text]
        nats += sum(cost for cost, counts in zip(costs.tolist(), counted, strict=False) if counts)
        characters += sum(counted)
    found = perplexity(writer, *texts)
    assert found.characters == characters
    assert found.perplexity_per_character == pytest.approx(math.exp(nats / characters), rel=1e-4)


def test_forms_add_up_to_all() -> None:
    texts = [*quatrains(60, seed=4), "月山，风花。", "月山风花月。"]
    table = perplexities(poet("gru"), poems(texts))
    everything = table.pop("all")
    assert set(table) == {"五绝", "七绝", "other"}
    assert table["other"].poems == 2
    assert sum(row.poems for row in table.values()) == everything.poems == 62
    assert sum(row.characters for row in table.values()) == everything.characters
    nats = sum(row.characters * math.log(row.perplexity_per_character) for row in table.values())
    assert math.exp(nats / everything.characters) == pytest.approx(everything.perplexity_per_character)


def test_the_interval_holds_the_value_and_narrows() -> None:
    writer = poet("gru")
    few, many = (perplexity(writer, *quatrains(count, seed=5)) for count in (15, 240))
    for found in (few, many):
        assert found.low < found.perplexity_per_character < found.high
    assert many.high - many.low < 0.5 * (few.high - few.low)
    alone = perplexity(writer, quatrains(1)[0])
    assert alone.low == pytest.approx(alone.perplexity_per_character)
    assert alone.high == pytest.approx(alone.perplexity_per_character)


def test_the_interval_is_the_bootstraps() -> None:
    """Against drawing poems again and again, plainly."""
    writer = poet("gru")
    texts = quatrains(40, seed=6)
    rows = [perplexity(writer, text) for text in texts]
    random = np.random.default_rng(1)
    nats = np.array([row.characters * math.log(row.perplexity_per_character) for row in rows])
    counts = np.array([row.characters for row in rows])
    drawn = random.integers(0, 40, (4000, 40))
    values = np.exp(nats[drawn].sum(axis=1) / counts[drawn].sum(axis=1))
    found = perplexity(writer, *texts)
    spread = found.high - found.low
    assert found.low == pytest.approx(np.quantile(values, 0.025), abs=0.1 * spread)
    assert found.high == pytest.approx(np.quantile(values, 0.975), abs=0.1 * spread)


def test_the_figures_are_the_same_every_time_and_in_any_order() -> None:
    writer = poet("gru")
    texts = quatrains(150, seed=7)
    first = perplexities(writer, poems(texts))
    assert perplexities(writer, poems(texts)) == first
    other = perplexities(writer, poems(texts[::-1]))["all"]
    assert other.perplexity_per_character == pytest.approx(first["all"].perplexity_per_character, rel=1e-6)


def test_dropout_takes_no_part() -> None:
    reader = network(symbols=len(VOCABULARY), dropout=0.5, layers=2).train()
    writer = poet_of(reader, VOCABULARY, Script.HANS, "")
    text = "月山风花月，花风山月风。"
    assert perplexity(writer, text) == perplexity(writer, text)


def test_poems_are_read_in_the_networks_script() -> None:
    writer = poet("gru")
    texts = quatrains(5)
    traditional = [convert(text, Script.HANT) for text in texts]
    assert traditional != texts
    assert perplexity(writer, *traditional) == perplexity(writer, *texts)


def told_poet(seed: int = 3) -> Poet:
    """An untrained poet that is told of the places."""
    vocabulary = Vocabulary.build(quatrains(60))
    return poet_of(network("lstm", len(vocabulary), seed=seed, slot=5, echo=4), vocabulary, Script.HANS)


def test_who_is_told_places_is_told_the_form_and_nothing_of_the_answer() -> None:
    writer = told_poet()
    [text] = quatrains(1, seed=9)
    [poem] = poems([text])
    assert poem.form
    ids = np.array(writer.vocabulary.encode("".join(poem.lines)))
    told = told_of(poem.form, ids)
    told[:, [Told.TONE, Told.GOAL]] = 0
    with torch.no_grad():
        logits, _ = writer.network(torch.tensor([[BEGIN, *ids[:-1]]]), told=torch.tensor(told[None]))
    costs = -logits[0].log_softmax(-1)[range(len(ids)), ids]
    assert perplexity(writer, text).perplexity_per_character == pytest.approx(float(costs.mean().exp()), rel=1e-4)
    titled = SourcePoem(text, "月夜")
    assert perplexities(writer, [titled]) == perplexities(writer, [poem])


@given(st.integers(0, 19), st.integers(1, 5))
@settings(deadline=None, max_examples=10)
def test_a_later_character_changes_nothing_before_it(place: int, seed: int) -> None:
    """All characters of a distribution have the same past, so that their chances sum to one."""
    writer = told_poet(seed)
    line = "月山风花春秋江水云天日夜人心来归何处不知"
    before, after = line[:place], line[place + 1 :]

    def nats(character: str) -> float:
        text = before + character + after
        whole = f"{text[:5]}，{text[5:10]}。{text[10:15]}，{text[15:]}。"
        [poem] = poems([whole])
        batch = VerseTable([poem], writer.vocabulary).batch(np.array([0]))
        assert batch.told is not None
        found = writer.stepper.log_probabilities(batch.inputs, batch.targets, batch.told)
        return -float(found[0, place])

    known = [character for character in writer.vocabulary.characters if character not in {COMMA, STOP}]
    assert sum(math.exp(-nats(character)) for character in [*known, "龘"]) == pytest.approx(
        1 - _mass_of_specials(writer, before), rel=1e-4
    )


def _mass_of_specials(writer: Poet, before: str) -> float:
    """What the network believes of padding, begin, end and marks behind these characters of a 五绝."""
    ids = np.array([*writer.vocabulary.encode(before), *[UNKNOWN] * (20 - len(before))])
    told = told_of(Form.WUJUE, ids)
    told[:, [Told.TONE, Told.GOAL]] = 0
    with torch.no_grad():
        logits, _ = writer.network(torch.tensor([[BEGIN, *ids[:-1]]]), told=torch.tensor(told[None]))
    chances = logits[0, len(before)].softmax(-1)
    specials = [0, BEGIN, END, *writer.vocabulary.encode(COMMA + STOP)]
    return float(chances[specials].sum())


def test_titles_and_tones_can_be_told_too() -> None:
    writer = told_poet()
    texts = quatrains(6, seed=2)
    titled = [SourcePoem(text, title) for text, title in zip(texts, "月山風花春秋", strict=True)]
    plain = perplexities(writer, titled)
    assert perplexities_told_more(writer, titled)["all"].perplexity_per_character == pytest.approx(
        plain["all"].perplexity_per_character, rel=1e-4
    )
    by_title = perplexities_told_more(writer, titled, titles=True)
    by_tone = perplexities_told_more(writer, titled, tones=True)
    values = {rows["all"].perplexity_per_character for rows in (plain, by_title, by_tone)}
    assert len(values) == 3
    assert {name: row.characters for name, row in by_tone.items()} == {
        name: row.characters for name, row in plain.items()
    }
    unknown = [SourcePoem(texts[0].replace(texts[0][0], "龘"), "月"), SourcePoem(texts[1].replace(texts[1][0], "饕"))]
    assert perplexities_told_more(writer, unknown)["all"].perplexity_per_character == pytest.approx(
        perplexities(writer, unknown)["all"].perplexity_per_character, rel=1e-4
    )
    with pytest.raises(ValueError, match="no form"):
        perplexities_told_more(writer, poems(["月山。"]))


def test_no_poems_are_no_measure() -> None:
    with pytest.raises(ValueError, match="there are no poems to evaluate"):
        perplexities(UNIFORM, [])
    with pytest.raises(ValueError, match="there are no poems to evaluate"):
        perplexity_by_form([], np.zeros(0))
