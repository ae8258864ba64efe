"""Themes: titles name them, and poems give them away."""

import random

import pytest

from model.corpus import SourcePoem
from model.evaluation.intervals import Share
from model.evaluation.themes import THEMES, ThemeClassifier, themes_of
from model.script import Script, convert

WORDS = {"送別": "柳亭酒別行", "雪": "雪白寒冰凍", "寺": "鐘僧磬佛塔"}
COMMON = "山水江天日月人心來去"


def titled(count: int, seed: int = 0) -> list[SourcePoem]:
    """Poems whose words are in part those of their theme."""
    chance = random.Random(seed)
    titles = {"送別": "送友人歸".replace("友", "客"), "雪": "對雪", "寺": "題竹林寺"}

    def line(theme: str) -> str:
        return "".join(chance.choice(WORDS[theme] if chance.random() < 0.4 else COMMON) for _ in range(5))

    themes = [chance.choice(list(WORDS)) for _ in range(count)]
    return [
        SourcePoem(f"{line(theme)}，{line(theme)}。{line(theme)}，{line(theme)}。", titles[theme]) for theme in themes
    ]


def test_there_are_twenty_themes() -> None:
    assert len(THEMES) == 20
    assert all(words for words in THEMES.values())


@pytest.mark.parametrize(
    ("title", "themes"),
    [
        ("送客歸江東", ["送別"]),
        ("春夜喜雨", ["春", "夜", "雨"]),
        ("塞下曲", ["邊塞"]),
        ("聞鴈", ["雁"]),
        ("登鸛雀樓", []),
        ("", []),
    ],
)
def test_titles_name_themes(title: str, themes: list[str]) -> None:
    assert list(themes_of(title)) == themes


def test_themes_are_found_in_poems() -> None:
    classifier = ThemeClassifier.fit(titled(200), prior=10)
    assert classifier.guess(["雪白寒冰凍"]) == "雪"
    assert classifier.guess([convert("鐘磬", Script.HANS)]) == "寺"
    found = classifier.held_out_accuracy(titled(60, seed=1))
    assert found.found.of == 60
    assert found.found.value > 0.9
    assert found.mean == pytest.approx(found.found.value, abs=0.1)


def test_who_tells_nothing_is_given_the_first_theme() -> None:
    classifier = ThemeClassifier.fit(titled(20))
    assert classifier.guess(["龘"]) == next(iter(THEMES))


def test_rare_themes_weigh_as_much_in_the_mean() -> None:
    classifier = ThemeClassifier.fit(titled(100), prior=10)
    snow, bells = "雪白寒冰凍", "鐘僧磬佛塔"
    found = classifier.accuracy([[snow], [snow], [snow], [bells]], ["雪", "雪", "雪", "雪"])
    assert (found.found, found.mean) == (Share(3, 4), 0.75)
    found = classifier.accuracy([[snow], [snow], [snow], [snow]], ["雪", "雪", "雪", "寺"])
    assert (found.found, found.mean) == (Share(3, 4), 0.5)


def test_a_poem_of_two_themes_counts_for_both() -> None:
    poems = [SourcePoem("雪鐘雪鐘雪。", "雪中寺"), SourcePoem("柳柳柳柳柳。", "送別")]
    classifier = ThemeClassifier.fit(poems, prior=1)
    assert classifier.guess(["雪鐘"]) in {"雪", "寺"}
    with pytest.raises(ValueError, match="no poems to guess"):
        classifier.held_out_accuracy(poems[:1])


def test_without_titles_nothing_is_learnt() -> None:
    with pytest.raises(ValueError, match="no title names a theme"):
        ThemeClassifier.fit([SourcePoem("月山风花月。")])
