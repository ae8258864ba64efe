"""Characters that would stand well at one place of a poem that stands already."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from model.constraints import Constraints, Flags, Want
from model.forms import Form
from model.prosody import LEVEL_GROUPS, Tone
from model.scoring import LineScorer
from model.stepping import Stepper
from model.vocabulary import Vocabulary

TRIED: Final = 32
"""So many of the characters that the network expects at the place are weighed in the whole poem."""


class Mender:
    """What a network, its vocabulary and the rules bring to every question."""

    def __init__(self, stepper: Stepper, vocabulary: Vocabulary, constraints: Constraints) -> None:
        self._stepper = stepper
        self._vocabulary = vocabulary
        self._constraints = constraints

    def suggest(
        self, lines: Sequence[str], form: Form, line: int, place: int, tone: Tone | None, group: str | None, count: int
    ) -> list[str]:
        """The characters with which the network finds the poem likeliest, the best first.

        Args:
            lines: the poem, in the network's script.
            form: its form.
            line, place: where.
            tone: that all readings of the character are to have; any where none is given.
            group: the level rhyme group that it is to belong to; any where none is given.
            count: how many at the most.

        Returns:
            Characters that do not stand in the poem yet; fewer than asked for where the rules leave fewer.
        """
        fitting = np.flatnonzero(self._fits(tone, group))
        standing = set("".join(lines))
        symbols = [n for n in fitting.tolist() if self._vocabulary.decode([n]) not in standing]
        if not symbols:
            return []
        scorer = LineScorer(self._stepper, self._vocabulary, form)
        expected = scorer.next_characters(lines, line * form.line_length + place)[symbols]
        tried = [self._vocabulary.decode([symbols[n]]) for n in np.argsort(-expected, kind="stable")[:TRIED]]
        poems = [
            [*lines[:line], lines[line][:place] + character + lines[line][place + 1 :], *lines[line + 1 :]]
            for character in tried
        ]
        scores = scorer.together(poems).sum(axis=1)
        return [tried[number] for number in np.argsort(-scores, kind="stable")[:count]]

    def _fits(self, tone: Tone | None, group: str | None) -> Flags:
        if group is not None:
            own: Flags = self._constraints.group == LEVEL_GROUPS.index(group)
            return own
        want = {None: Want.ANY, Tone.LEVEL: Want.LEVEL, Tone.OBLIQUE: Want.OBLIQUE}[tone]
        fitting: Flags = self._constraints.fits[want]
        return fitting
