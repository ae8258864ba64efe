"""Two networks on the same texts: which foretells them better, and whether chance could have done it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from model.checker import check
from model.corpus import SourcePoem
from model.evaluation.intervals import Share, bootstrap_ratio
from model.evaluation.measuring import nats_per_poem
from model.forms import Form
from model.generation import Poet
from model.requests import PoemRequest
from model.script import Script, convert

BLOCK = 20
"""Poems that are written at once to be checked."""


@dataclass(frozen=True, slots=True)
class Versus:
    """Bits per Chinese character of one network and of another, and how far apart they are.

    Attributes:
        poems, characters: what both foretold.
        bits, against: of the one and of the other.
        difference: bits − against; below zero where the one is better.
        low, high: 95 % interval of the difference when the poems are drawn anew, each with what it costs both.
    """

    poems: int
    characters: int
    bits: float
    against: float
    difference: float
    low: float
    high: float

    @classmethod
    def of(cls, nats: NDArray[np.float64], against: NDArray[np.float64], characters: NDArray[np.int64]) -> Self:
        """From what each poem costs either network, in nats, and its Chinese characters, all (poems,)."""
        low, high = bootstrap_ratio(nats - against, characters)
        count = characters.sum() * math.log(2)
        return cls(
            poems=len(nats),
            characters=int(characters.sum()),
            bits=float(nats.sum() / count),
            against=float(against.sum() / count),
            difference=float((nats - against).sum() / count),
            low=low / math.log(2),
            high=high / math.log(2),
        )

    @property
    def better(self) -> bool:
        """Whether the one is better by more than chance would have it."""
        return self.high < 0

    @property
    def ratio(self) -> float:
        """The one's bits to the other's: 1.02 is two per cent worse."""
        return self.bits / self.against


def versus(poet: Poet, other: Poet, poems: Sequence[SourcePoem]) -> Versus:
    """Hold two networks against each other on the same texts in one script.

    The texts are simplified first, and each network reads them in its own script from there. To one that writes
    traditional characters the simplified text is told as OpenCC spells it: an upper bound of what it makes of the
    simplified text, for which it has other spellings as well. Characters that a network does not know are spelt out as
    `perplexities` says.

    Raises:
        ValueError: for no poems.
    """
    same = [replace(poem, text=convert(poem.text, Script.HANS)) for poem in poems]
    characters = np.array([sum(map(len, poem.lines)) for poem in same])
    return Versus.of(nats_per_poem(poet, same), nats_per_poem(other, same), characters)


def keeps_verse(poet: Poet, count: int, **options: Any) -> Share:
    """How many of so many poems, the four forms in turn, keep form, tones and rhyme in the strict sense."""
    forms = list(islice(cycle(Form), count))
    kept = []
    for first in range(0, count, BLOCK):
        wishes = [
            PoemRequest(form=form, seed=first + number, **options)
            for number, form in enumerate(forms[first : first + BLOCK])
        ]
        poems = poet.compose_all(wishes)
        kept += [check(poem.text, wish.form).strict for poem, wish in zip(poems, wishes, strict=True)]
    return Share.count(kept)
