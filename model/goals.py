"""In which characters the sentences of a poem are to end: chosen before they are written, so that they lead there.

A rhyme that is only met at the end of a line is forced. The words are drawn from those that poets rhyme with, the more
used ones more often, and those more often that poets use in poems with the characters that stand already.
"""

from typing import Final

import numpy as np

from model.constraints import Constraints
from model.frame import OPEN
from model.prosody import LEVEL_GROUPS, rhyme_words
from model.sampling import Floats, Symbols
from model.usage import Usage
from model.usage.tables import Beat
from model.vocabulary import SPECIALS, Vocabulary

ATTRACTION: Final = 6.0
"""How much the log-odds of standing in one poem weigh, which are a mean over many pairs."""


class Goals:
    """The rhyme words of a vocabulary."""

    def __init__(self, vocabulary: Vocabulary, constraints: Constraints, usage: Usage) -> None:
        """Take the words of which the group is certain, in groups that are rich enough."""
        words = [vocabulary.id_of(word) for group in LEVEL_GROUPS for word in rhyme_words(group) if word in vocabulary]
        self.words = np.array([symbol for symbol in words if constraints.group[symbol] >= 0], dtype=np.int64)
        self._usage = usage
        self._group = constraints.group[self.words]
        self._rich = constraints.rich[self._group]
        characters = "〇" * SPECIALS + "".join(vocabulary.characters)
        self._numbers = usage.numbers(characters)
        ends = np.append(usage.pairs[Beat.END].seconds, 0)[self._numbers[self.words]]
        self._prior = np.log(ends + 1.0)

    def draw(self, before: Symbols, group: Symbols, taken: Symbols, numbers: Floats) -> Symbols:
        """A word for each row, (rows,); `OPEN` where no word is left.

        Args:
            before: (rows, characters) the lines that stand already.
            group: (rows,) the rhyme group; `OPEN` for any.
            taken: (rows, …) symbols that may not come again.
            numbers: (rows, words) random numbers in (0, 1).
        """
        fitting = np.where(group[:, None] == OPEN, self._rich, self._group == group[:, None])
        fitting &= ~(taken[:, :, None] == self.words).any(axis=1)
        drawn = self._prior + self._attraction(before) - np.log(-np.log(numbers))
        best = np.where(fitting, drawn, -np.inf).argmax(axis=1)
        goals: Symbols = np.where(fitting.any(axis=1), self.words[best], OPEN)
        return goals

    def _attraction(self, before: Symbols) -> np.ndarray:
        """What the characters before speak for each word, (rows, words)."""
        if not before.shape[1]:
            return np.zeros((len(before), len(self.words)))
        association = self._usage.poem
        earlier = association.earlier[self._numbers[before]].mean(axis=1)
        odds: np.ndarray = ATTRACTION * (earlier @ association.later[self._numbers[self.words]].T)
        return odds
