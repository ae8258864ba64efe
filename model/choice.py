"""Which of the candidates of one request is given."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from model.encoding import tone_codes
from model.features import Features
from model.forms import Form
from model.ranking import rank
from model.scoring import LineScorer
from model.script import Script, convert
from model.stepping import Stepper
from model.vocabulary import Vocabulary

READ_AGAIN: Final = 32
"""So many candidates, the best by their texts, are read by the network once more: alone line by line, and untitled."""
FEW: Final = 8
"""Of no more candidates than these the text decides: to read them again would take as long as to write as many more."""


class Chooser:
    """What a network brings to every choice."""

    def __init__(self, stepper: Stepper, vocabulary: Vocabulary, script: Script) -> None:
        self._stepper = stepper
        self._vocabulary = vocabulary
        self._script = script
        self._tones = tone_codes(vocabulary)

    def best(
        self, poems: Sequence[Sequence[str]], form: Form, given: Collection[int], title: str, masks: np.ndarray
    ) -> int:
        """The index of the best candidate.

        Args:
            poems: the lines of each, in the network's script.
            form: of all of them.
            given: numbers of lines that a person gave.
            title: what all of them were written under; empty for none.
            masks: mean log of the share of probability that the rules left, (candidates,).
        """
        # Of candidates that are the same, resampling makes many.
        distinct = list({tuple(lines): number for number, lines in reversed(list(enumerate(poems)))}.values())
        if len(distinct) == 1:
            return distinct[0]
        by_text = np.array(distinct)[rank(self._measure([poems[number] for number in distinct], form, given))]
        if len(distinct) <= FEW:
            return int(by_text[0])
        chosen = by_text[:READ_AGAIN]
        lines = [poems[number] for number in chosen]
        scorer = LineScorer(self._stepper, self._vocabulary, form, self._tones)
        features = self._measure(lines, form, given).with_network(
            scorer.together(lines, tones=True),
            scorer.alone(lines, tones=True),
            scorer.together(lines, title, tones=True) if title else None,
            masks[chosen],
        )
        return int(chosen[rank(features)[0]])

    def _measure(self, poems: Sequence[Sequence[str]], form: Form, given: Collection[int]) -> Features:
        if self._script is Script.HANT:
            return Features.of(poems, form, given)
        return Features.of([[convert(line, Script.HANT) for line in lines] for lines in poems], form, given)
