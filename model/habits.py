"""What poets' habits tell a search: how common each character is, and which of them stand doubled."""

from typing import Final, Self

import numpy as np

from model.constraints import Flags
from model.sampling import Floats
from model.script import Script, convert
from model.usage import Usage
from model.usage.tables import WORDS
from model.vocabulary import SPECIALS, Vocabulary

_RAREST: Final = 20
"""Rarer characters are taken to be so common."""


class Habits:
    """What is known of the symbols of a vocabulary, (symbols,) each."""

    def __init__(self, common: Floats, doubled: Flags) -> None:
        self.common = common
        """Log of each character's share of what poets write, in nats; 0 for the special symbols."""
        self.doubled = doubled
        """Whether the character stands doubled in poets' poems, as 悠 does and 船 does not."""

    @classmethod
    def of(cls, vocabulary: Vocabulary, counted: Usage) -> Self:
        """Read them off the counts, which are of traditional characters."""
        text = "".join(vocabulary.characters)
        own, converted = counted.numbers(text), counted.numbers(convert(text, Script.HANT))
        numbers = np.where(own < len(counted.characters), own, converted)
        tables = [counted.pairs[beat] for beat in WORDS]
        counts = np.append(np.sum([table.firsts + table.seconds for table in tables], axis=0), 0)
        every = np.arange(len(counted.characters))
        doubled = np.append(np.sum([table.count(every, every) for table in tables], axis=0) > 0, False)
        shares = np.log(np.maximum(counts, _RAREST) / max(_RAREST, counts.sum()))
        return cls(
            np.concatenate([np.zeros(SPECIALS), shares[numbers]]).astype(np.float32),
            np.concatenate([np.zeros(SPECIALS, dtype=np.bool_), doubled[numbers]]),
        )
