"""Networks with words enough for regulated verse; what they write means nothing."""

from functools import cache

import torch

from model.generation import Poet
from model.prosody import LEVEL_GROUPS, rhyme_words, tones
from model.recipes import Cell
from model.script import Script
from model.vocabulary import COMMA, STOP, Vocabulary
from tests.model.learning import network, poet_of

OBLIQUE = "月日夜雪雨柳鳥馬水火石木竹草露葉路客夢酒笛樹井寺塔古舊遠近暖冷白碧綠翠落去到入坐臥聽問見望笑語醉醒"


@cache
def characters() -> tuple[str, ...]:
    """Traditional characters: rhyme words of all level groups, and common oblique ones."""
    words = [word for group in LEVEL_GROUPS for word in rhyme_words(group)[:14]]
    return tuple(char for char in dict.fromkeys([*words, *OBLIQUE]) if tones(char))


@cache
def verse_poet(cell: Cell = "lstm", *, told: bool = True, seed: int = 0) -> Poet:
    """An untrained poet with slot inputs, or without."""
    vocabulary = Vocabulary([COMMA, STOP, *characters()])
    shape = {"slot": 6, "echo": 3} if told else {}
    reader = network(cell, len(vocabulary), seed=seed, **shape)
    with torch.no_grad():
        for parameter in reader.parameters():
            parameter.mul_(3)  # so that it has opinions
    return poet_of(reader, vocabulary, Script.HANT, "")
