"""Titles for poems that are asked for without a theme: a poem of one occasion holds together."""

from functools import lru_cache
from typing import Final

import numpy as np

from model.slots import TITLE, Symbols, Told
from model.stepping import Stepper
from model.vocabulary import BEGIN, PAD, Vocabulary

_COMMON: Final = (
    "春望 春夜 早春 暮春 春怨 春曉 夏日 秋思 秋夜 秋望 秋懷 冬日 雪夜 對雪 山居 山行 江行 江上 江村 夜泊 "
    "夜雨 聞笛 聽琴 登樓 登高 望月 對月 月夜 中秋 九日 寒食 清明 除夜 元日 閨怨 宮詞 塞下 從軍 思鄉 旅懷 "
    "客中 歸家 送別 寄友 贈別 留別 懷古 訪僧 山寺 隱者 漁父 田家 獨酌 飲酒 落花 牡丹 詠梅 詠柳 詠竹 詠菊 "
    "聞雁 聞蟬 古意 感懷 偶題 書懷 遊山 湖上 曉行 晚晴 苦雨 采蓮"
)
TITLES: Final = tuple(_COMMON.split())
"""Common titles, two characters each, in traditional characters."""

_LONGEST_BEGINNING: Final = 7
_REMEMBERED: Final = 512


class Titles:
    """The titles that a network with slot inputs can read."""

    def __init__(self, stepper: Stepper, vocabulary: Vocabulary) -> None:
        self._stepper = stepper
        self._own = [title for title in TITLES if all(character in vocabulary for character in title)]
        self._heads = np.array([[*vocabulary.encode(title), BEGIN] for title in self._own])
        # People begin with the same characters again and again.
        self._remembered = lru_cache(_REMEMBERED)(self._chances)

    def draw(self, known: Symbols, told: Symbols, random: float) -> str:
        """A title under which the network finds the beginning likely; any of them where nothing begins the poem.

        Args:
            known: (characters,) the given symbols, negative where none is.
            told: (characters, columns) what is told of their places.
            random: in [0, 1).
        """
        if not self._own:
            return ""
        open_places = np.flatnonzero(known < 0)
        end = min(int(open_places[0]) if len(open_places) else len(known), _LONGEST_BEGINNING)
        beginning = tuple(known[:end].tolist())
        chances = self._remembered(beginning, tuple(map(tuple, told[:end].tolist())))
        return self._own[min(int(np.searchsorted(chances.cumsum(), random)), len(self._own) - 1)]

    def _chances(self, beginning: tuple[int, ...], told: tuple[tuple[int, ...], ...]) -> np.ndarray:
        """How likely each title is by the beginning, (titles,); they add up to one."""
        if not beginning:
            return np.full(len(self._own), 1 / len(self._own))
        heads = self._heads
        inputs = np.concatenate([heads, np.tile(np.array(beginning[:-1], dtype=np.int64), (len(heads), 1))], axis=1)
        targets = np.full_like(inputs, PAD)
        targets[:, heads.shape[1] - 1 :] = beginning
        places = np.zeros((*inputs.shape, len(Told)), dtype=np.int64)
        places[:, : heads.shape[1] - 1, Told.PLACE] = TITLE
        places[:, heads.shape[1] - 1 :] = told
        sums = self._stepper.log_probabilities(inputs, targets, places).sum(axis=1, dtype=np.float64)
        weights = np.exp(sums - sums.max())
        chances: np.ndarray = weights / weights.sum()
        return chances
