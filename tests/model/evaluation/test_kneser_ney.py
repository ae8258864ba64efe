"""The n-gram baseline: against the formulas written down plainly, and as a distribution."""

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.corpus import SourcePoem
from model.evaluation.kneser_ney import KneserNey, LineEnds, discounts
from model.forms import Form
from tests.model.learning import quatrains

Gram = tuple[str, ...]


def poems(texts: Sequence[str]) -> list[SourcePoem]:
    return [SourcePoem(text) for text in texts]


def corpora(least: int = 1) -> st.SearchStrategy[list[SourcePoem]]:
    """Poems of few characters, some of a form, so that the same sequences come again."""
    line = st.one_of(st.text("月山风花", min_size=5, max_size=5), st.text("月山风", min_size=1, max_size=7))
    regular = st.lists(st.text("月山风花", min_size=5, max_size=5), min_size=4, max_size=4)
    lines = st.one_of(regular, st.lists(line, min_size=1, max_size=5))
    return st.lists(lines.map(lambda parts: SourcePoem("，".join(parts) + "。")), min_size=least, max_size=8)


class Plain:
    """Chen & Goodman's interpolated model by its definition, one n-gram at a time; line ends are not shown."""

    def __init__(self, texts: Sequence[Gram], order: int, characters: str) -> None:
        self.order, self.characters = order, characters
        self.counts: list[Counter[Gram]] = [Counter() for _ in range(order + 1)]
        raw = [
            Counter(
                text[end - size : end]
                for text in texts
                for end in range(size, len(text) + 1)
                if not text[end - 1].startswith("<")
            )
            for size in range(order + 1)
        ]
        for size in range(1, order + 1):
            for gram, count in raw[size].items():
                before = {longer[0] for longer in raw[size + 1] if longer[1:] == gram} if size < order else set()
                self.counts[size][gram] = len(before) or count
        self.amounts = [discounts(np.array([*counts.values()], dtype=np.int64)) for counts in self.counts]

    def chance(self, before: Gram, character: str) -> float:
        if len(before) == self.order - 1 or (before and before[0].startswith("<")):
            return self._chance(before, character)
        return self._chance(before[-(self.order - 1) :] if self.order > 1 else (), character)

    def _chance(self, before: Gram, character: str) -> float:
        size = len(before) + 1
        lower = self._chance(before[1:], character) if before else 1 / (len(self.characters) + 1)
        follow = {gram: count for gram, count in self.counts[size].items() if gram[:-1] == before}
        if not follow:
            return lower
        taken = {gram: self.amounts[size][min(count, 3) - 1] for gram, count in follow.items()}
        total, gram = sum(follow.values()), (*before, character)
        return (follow.get(gram, 0) - taken.get(gram, 0.0) + sum(taken.values()) * lower) / total


@given(corpora(), corpora(), st.integers(1, 4))
@settings(max_examples=60, deadline=None)
def test_the_chances_are_those_of_the_definition(learnt: list[SourcePoem], asked: list[SourcePoem], order: int) -> None:
    def sequence(poem: SourcePoem) -> Gram:
        return (f"<{poem.form}>", *"".join(poem.lines))

    characters = "".join(sorted(set("".join("".join(poem.lines) for poem in learnt))))
    plain = Plain([sequence(poem) for poem in learnt], order, characters)
    model = KneserNey.fit(learnt, line_ends=LineEnds.NOTHING, order=order)
    for poem in asked:
        text = sequence(poem)
        unseen = len({char for other in asked for line in other.lines for char in line} - set(characters))
        nats = 0.0
        for place in range(1, len(text)):
            chance = plain.chance(text[max(0, place - order + 1) : place], text[place])
            nats -= math.log(chance / (unseen if text[place] not in characters else 1))
        [found] = model.nats(asked)[asked.index(poem) : asked.index(poem) + 1]
        assert found == pytest.approx(nats)


@given(
    corpora(),
    st.sampled_from(LineEnds),
    st.integers(1, 3),
    st.integers(1, 6),
    st.lists(st.text("月山风花龘", max_size=7), min_size=1, max_size=4),
    st.sampled_from([None, *Form]),
)
@example([SourcePoem("山。")], LineEnds.NOTHING, 1, 3, [""], None)
@settings(max_examples=80, deadline=None)
def test_what_may_come_sums_to_one(
    learnt: list[SourcePoem], line_ends: LineEnds, floor: int, order: int, lines: list[str], form: Form | None
) -> None:
    model = KneserNey.fit(learnt, floor=floor, line_ends=line_ends, order=order)
    chances = model.distribution(form, lines)
    assert len(chances) == 1 + len(model.vocabulary.characters)
    assert chances.min() > 0
    assert chances.sum() == pytest.approx(1)


@pytest.mark.parametrize("line_ends", LineEnds)
def test_a_poem_costs_what_its_characters_cost_one_by_one(line_ends: LineEnds) -> None:
    model = KneserNey.fit(poems(quatrains(60)), line_ends=line_ends)
    [poem] = poems(quatrains(1, seed=9))
    nats = 0.0
    for number, line in enumerate(poem.lines):
        for place, character in enumerate(line):
            chances = model.distribution(poem.form, [*poem.lines[:number], line[:place]])
            nats -= math.log(chances[1 + model.vocabulary.characters.index(character)])
    assert model.nats([poem])[0] == pytest.approx(nats)


@pytest.mark.parametrize("line_ends", [LineEnds.MARK, LineEnds.PLACE])
def test_who_is_shown_the_ends_knows_how_lines_begin(line_ends: LineEnds) -> None:
    learnt = poems([f"月{a}{b}{a}{b}，风{b}{a}{b}{a}。" * 2 for a in "春秋江水" for b in "云天日夜"])
    blind, shown = (KneserNey.fit(learnt, line_ends=ends, order=2) for ends in (LineEnds.NOTHING, line_ends))
    chances = [model.distribution(Form.WUJUE, ["月春云春云", ""]) for model in (blind, shown)]
    wind = 1 + shown.vocabulary.characters.index("风")
    assert chances[1][wind] > 0.8 > chances[0][wind]


def test_longer_contexts_foretell_better() -> None:
    learnt, held_out = poems(quatrains(300)), poems(quatrains(50, seed=8))
    one, two, five = (KneserNey.fit(learnt, order=order).nats(held_out).sum() for order in (1, 2, 5))
    assert one > 1.3 * two
    assert five < 1.1 * two


def test_the_form_tells_part_of_the_answer() -> None:
    learnt = poems(["月月月月月，月月月月月。" * 2, "山山山山山山山，山山山山山山山。" * 2] * 3)
    model = KneserNey.fit(learnt)
    moon = 1 + model.vocabulary.characters.index("月")
    assert model.distribution(Form.WUJUE, [""])[moon] > 0.5 > model.distribution(Form.QIJUE, [""])[moon]


def test_unknown_characters_share_what_unknown_has() -> None:
    model = KneserNey.fit(poems(quatrains(40)))
    chance = model.distribution(None, [""])[0]
    one, three = (model.nats(poems(texts)) for texts in (["龘。"], ["龘。", "饕。", "餮。"]))
    assert one[0] == pytest.approx(-math.log(chance))
    assert three[0] == pytest.approx(-math.log(chance / 3))


def test_rare_characters_become_unknown() -> None:
    texts = [*quatrains(40), "龘饕餮月山。"]
    model = KneserNey.fit(poems(texts), floor=2)
    assert "龘" not in model.vocabulary
    assert model.distribution(None, [""])[0] > KneserNey.fit(poems(texts)).distribution(None, [""])[0]


def test_discounts_are_chens_and_goodmans() -> None:
    counts = np.repeat([1, 2, 3, 4, 7], [80, 30, 15, 10, 4])
    share = 80 / (80 + 2 * 30)
    assert discounts(counts) == pytest.approx(
        (1 - 2 * share * 30 / 80, 2 - 3 * share * 15 / 30, 3 - 4 * share * 10 / 15)
    )


@pytest.mark.parametrize("counts", [[], [1, 1], [2, 3, 4], [1, 2, 3, *[4] * 9], [1, 2, *[3] * 9, 4]])
def test_too_few_counts_have_fixed_discounts(counts: list[int]) -> None:
    assert discounts(np.array(counts, dtype=np.int64)) == (0.5, 1.0, 1.5)


def test_no_poems_are_refused() -> None:
    with pytest.raises(ValueError, match="no poems to learn from"):
        KneserNey.fit([])
    with pytest.raises(ValueError, match="no poems to evaluate"):
        KneserNey.fit(poems(quatrains(3))).nats([])


def test_no_discount_is_nothing() -> None:
    """With six, three and four n-grams of one, two and three the estimate of D2 is zero, and would leave no mass."""
    assert discounts(np.array([1] * 6 + [2] * 3 + [3] * 4)) == (0.5, 1.0, 1.5)
