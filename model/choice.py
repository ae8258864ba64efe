"""Which of the candidates of one request is given."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from model.encoding import tone_codes
from model.features import Features, Indices
from model.forms import Form
from model.ranking import rankings
from model.scoring import LineScorer
from model.script import Script, convert
from model.stepping import Stepper
from model.vocabulary import Vocabulary

_LATE: Final = ("coherence", "theme")
"""What is dear to measure."""
FEW: Final = 8
"""Of no more candidates than these it is not measured: that would take as long as to write as many more."""


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
        rivals = [poems[number] for number in distinct]
        return distinct[self._best_read(rivals, self._measure(rivals, form, given), title, masks[distinct])]

    def _best_read(self, poems: Sequence[Sequence[str]], features: Features, title: str, masks: np.ndarray) -> int:
        """The index of the best of these, once the network has read them again.

        All of them untitled; those that can still be the best also line by line, and under their title, where these
        measures count.
        """
        ranking = rankings()[features.form]
        scorer = LineScorer(self._stepper, self._vocabulary, features.form, self._tones)
        together = scorer.together(poems, tones=True)
        likely = features.with_likelihood(together, masks)
        late = {name for name in _LATE if ranking.counts(name) and len(poems) > FEW} - (set() if title else {"theme"})

        def read(rows: Indices) -> Features:
            own = [poems[row] for row in rows]
            return likely.take(rows).with_coherence(
                together[rows],
                scorer.alone(own, tones=True) if "coherence" in late else None,
                scorer.together(own, title, tones=True) if "theme" in late else None,
            )

        return ranking.best(likely, read, late)

    def _measure(self, poems: Sequence[Sequence[str]], form: Form, given: Collection[int]) -> Features:
        if self._script is Script.HANT:
            return Features.of(poems, form, given)
        return Features.of([[convert(line, Script.HANT) for line in lines] for lines in poems], form, given)
