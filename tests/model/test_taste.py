"""Which characters readers like: what is told of them, and that a fit finds it."""

import numpy as np

from benchmarks.grades import Group, chosen, graded
from benchmarks.rivals import Entry
from benchmarks.taste import as_text, fit, held_out, told_right
from model.features import Features
from model.forms import Form
from model.script import Script, convert
from model.taste import likings, read, taste

CHARACTERS = "山水風月春秋江雲天日夜人心來歸何處不知青"


def groups(count: int, liked: str = "月", disliked: str = "何") -> list[Group]:
    """Poems whose readers like one character and dislike another."""
    random, found = np.random.default_rng(0), []
    for number in range(count):
        poems = ["".join(random.choice(list(CHARACTERS), 20)) for _ in range(8)]
        grades = np.array([5.0 + number % 3 + poem.count(liked) - poem.count(disliked) for poem in poems])
        lines = [tuple(poem[at : at + 5] for at in range(0, 20, 5)) for poem in poems]
        found.append(Group(Form.WUJUE, tuple(Entry("", own) for own in lines), grades))
    return found


def test_a_poems_taste_is_the_mean_of_its_characters() -> None:
    liked = {"月": 3.0, "何": -1.0}
    assert taste([["月何", "山月"], ["山山", "山山"]], liked).tolist() == [1.25, 0.0]


def test_a_fit_finds_what_is_liked() -> None:
    learned = groups(100)
    found = fit(learned)
    assert max(found, key=found.__getitem__) == "月"
    assert min(found, key=found.__getitem__) == "何"
    told, pairs = told_right(groups(20), found)
    assert told / pairs > 0.95


def test_what_is_held_out_was_not_seen() -> None:
    """Grades that follow from nothing are not told by a fit that has not seen them."""
    random = np.random.default_rng(1)
    noise = [Group(group.form, group.poems, random.normal(5, 2, 8)) for group in groups(60)]
    seen, unseen = fit(noise), held_out(noise)
    by_seen = [np.corrcoef(taste([one.lines for one in group.poems], seen), group.grades)[0, 1] for group in noise]
    by_unseen = [np.corrcoef(own, group.grades)[0, 1] for own, group in zip(unseen, noise, strict=True)]
    assert np.mean(by_seen) > 0.1
    assert np.mean(by_unseen) < 0.05


def test_the_table_is_read_as_it_was_written() -> None:
    learned = groups(30)
    found = fit(learned)
    again = read(as_text(found, learned))
    assert again.keys() == found.keys()
    assert max(abs(again[character] - liking) for character, liking in found.items()) <= 0.05 + 1e-9
    assert list(again.values()) == sorted(again.values(), reverse=True)


def test_the_shipped_table_tells_the_better_of_two_poems_that_it_was_not_fitted_to() -> None:
    learned, tested = graded()
    told, pairs = told_right(tested, likings())
    assert pairs > 3_000
    assert {group.form for group in tested} == {group.form for group in learned} == set(Form)
    assert told / pairs > 0.6
    assert not {entry.lines for group in tested for entry in group.poems} & {
        entry.lines for group in learned for entry in group.poems
    }


def test_what_is_chosen_lies_between_all_and_the_best() -> None:
    own = groups(20)
    taken, mean, best = chosen(own, [group.grades for group in own])
    assert taken == best > mean


def test_a_poem_that_readers_like_is_told_from_one_that_they_do_not() -> None:
    poems = [["秋水生煙雨", "寒山隔夜鐘"] * 2, ["應當更爲是", "不得自然爲"] * 2]
    assert np.diff(Features.of(poems, Form.WUJUE).taste)[0] < -1
    assert all(convert(character, Script.HANT) == character for character in "煙爲應當")
