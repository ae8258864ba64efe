"""Titles and tones as a network with slot inputs reads them. Needs no torch."""

import re

import numpy as np

from model.prosody import Tone, tones
from model.script import HAN
from model.slots import LEVEL, OBLIQUE, Symbols
from model.vocabulary import SPECIALS, UNKNOWN, Vocabulary

LONGEST_TITLE = 12
"""Characters of a title that are read."""

_NO_HAN = re.compile(f"[^{HAN}]")
_NUMBERING = re.compile("其[一二三四五六七八九十]+$|[一二三四五六七八九十]+首.*$")


def tone_codes(vocabulary: Vocabulary) -> Symbols:
    """The tone of each symbol as `Told.TONE` has it, (symbols,); 0 where it has both or none."""
    codes = {frozenset({Tone.LEVEL}): LEVEL, frozenset({Tone.OBLIQUE}): OBLIQUE}
    return np.array([0] * SPECIALS + [codes.get(tones(character), 0) for character in vocabulary.characters])


def encode_title(title: str, vocabulary: Vocabulary) -> list[int]:
    """The title's known Han characters without numbering (其一, 二首), the first twelve at the most."""
    bare = _NUMBERING.sub("", _NO_HAN.sub("", title))
    return [number for number in vocabulary.encode(bare) if number != UNKNOWN][:LONGEST_TITLE]
