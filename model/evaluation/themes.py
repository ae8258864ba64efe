"""Whether a poem is about its theme, by the words of poems whose titles name it.

Twenty themes, each with words by which a title is known to be of it. A naive Bayes classifier over single characters
learns from poems with such titles; it then guesses the theme of a poem that says nothing of its title.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from model.corpus import SourcePoem
from model.evaluation.intervals import Share
from model.script import normalise

THEMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        theme: tuple(words.split())
        for theme, words in {
            "思鄉": "思鄉 鄉思 鄉心 鄉信 鄉愁 望鄉 還鄉 故鄉 故園 憶家 家書 思歸 歸思 客中 客舍 客思 客愁 旅 羈",
            "送別": "送 別 餞",
            "春": "春",
            "秋": "秋",
            "月": "月夜 對月 望月 玩月 翫月 看月 見月 中秋 月中 秋月 新月 月下 山月 江月 詠月 賞月",
            "雪": "雪",
            "山居": "山居 幽居 閑居 閒居 村居 郊居 溪居 林居 山家 田家 山莊 別業 草堂 田園",
            "寺": "寺 僧 上人 禪 蘭若 精舍",
            "邊塞": "塞 邊 從軍 隴 涼州 戍 征人 胡笳 關山",
            "懷古": "懷古 詠史 古跡 古迹 覽古 弔古 吊古 古城 故城 故宮 廟 陵",
            "閨怨": "閨 怨 妾 宮詞 宮人 情人 相思 長信 昭陽 代人",
            "酒": "酒 飲 醉 酌",
            "梅": "梅",
            "柳": "柳",
            "雁": "雁 鴈",
            "江": "江上 江行 江中 江村 渡江 舟 泛",
            "夜": "夜 夕 宵",
            "雨": "雨",
            "隱": "隱 處士 山人 漁父 逸人 居士",
            "寄友": "寄 友 故人",
        }.items()
    }
)
"""Each theme with the words of its titles, all in traditional characters."""

PRIOR = 3_000.0
"""Characters of all themes' mixture that each theme is given beside its own; chosen on validation poems."""


def themes_of(title: str) -> tuple[str, ...]:
    """The themes that a title names, in the order of `THEMES`."""
    return tuple(theme for theme, words in THEMES.items() if any(word in title for word in words))


@dataclass(frozen=True, slots=True)
class ThemeAccuracy:
    """How well themes are found.

    Attributes:
        found: how many poems' themes.
        mean: the mean over the themes of the share of their poems; a frequent theme weighs no more than a rare one.
    """

    found: Share
    mean: float


class ThemeClassifier:
    """Guesses one of the themes, all as likely before the poem is read."""

    def __init__(self, weights: Mapping[str, NDArray[np.float64]]) -> None:
        """Take log p(character | theme) by the characters' normal forms, (themes,) each."""
        self._weights = weights

    @classmethod
    def fit(cls, poems: Sequence[SourcePoem], prior: float = PRIOR) -> Self:
        """Learn from the poems whose titles name themes; of several themes each has its part of the poem.

        Raises:
            ValueError: if no title names a theme.

        Source: multinomial naive Bayes with a Dirichlet prior along the mixture of all themes (Manning, Raghavan &
        Schütze 2008, chapters 12.2.2 and 13.2).
        """
        names = list(THEMES)
        counts: dict[str, NDArray[np.float64]] = {}
        for poem in poems:
            shares = np.zeros(len(names))
            if themes := themes_of(poem.title):
                shares[[names.index(theme) for theme in themes]] = 1 / len(themes)
                for character in normalise("".join(poem.lines)):
                    counts.setdefault(character, np.zeros(len(names)))
                    counts[character] += shares
        if not counts:
            raise ValueError("no title names a theme")
        table = np.array(list(counts.values()))
        mixture = table.sum(axis=1, keepdims=True) / table.sum()
        logs = np.log((table + prior * mixture) / (table.sum(axis=0) + prior))
        return cls(dict(zip(counts, logs, strict=True)))

    def guess(self, lines: Sequence[str]) -> str:
        """The likeliest theme; the first where no character tells anything."""
        known = [self._weights[character] for character in normalise("".join(lines)) if character in self._weights]
        return list(THEMES)[int(np.argmax(np.sum(known, axis=0)))] if known else next(iter(THEMES))

    def accuracy(self, poems: Sequence[Sequence[str]], themes: Sequence[str]) -> ThemeAccuracy:
        """How many of the poems, given by their lines, are guessed to be of their themes.

        Raises:
            ValueError: for no poems, or not one theme for each.
        """
        found = [self.guess(lines) == theme for lines, theme in zip(poems, themes, strict=True)]
        if not found:
            raise ValueError("there are no poems to guess the themes of")
        means = [
            np.mean([hit for hit, own in zip(found, themes, strict=True) if own == theme]) for theme in set(themes)
        ]
        return ThemeAccuracy(Share.count(found), float(np.mean(means)))

    def held_out_accuracy(self, poems: Sequence[SourcePoem]) -> ThemeAccuracy:
        """The accuracy on real poems whose titles name one theme.

        Raises:
            ValueError: if no title does.
        """
        titled = [(poem.lines, themes[0]) for poem in poems if len(themes := themes_of(poem.title)) == 1]
        return self.accuracy([lines for lines, _ in titled], [theme for _, theme in titled])
