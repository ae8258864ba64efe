"""Which of the candidates of one request is given."""

from collections.abc import Collection, Sequence
from typing import Final

import numpy as np

from model.encoding import tone_codes
from model.features import Features, Indices
from model.forms import Form
from model.ranking import rank, rankings
from model.scoring import LineScorer
from model.script import Script, convert
from model.stepping import Stepper
from model.vocabulary import Vocabulary

READ_AGAIN: Final = 32
"""So many candidates, the best by their texts, are read by the network once more: untitled, and those that can still be
the best also line by line and under their title."""
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
        features = self._measure([poems[number] for number in distinct], form, given)
        by_text = rank(features)[: 1 if len(distinct) <= FEW else READ_AGAIN]
        chosen: list[int] = [distinct[number] for number in by_text]
        if len(chosen) == 1:
            return chosen[0]
        return chosen[
            self._best_read([poems[number] for number in chosen], features.take(by_text), title, masks[chosen])
        ]

    def _best_read(self, poems: Sequence[Sequence[str]], features: Features, title: str, masks: np.ndarray) -> int:
        """The index of the best of these, once the network has read them again."""
        ranking = rankings()[features.form]
        scorer = LineScorer(self._stepper, self._vocabulary, features.form, self._tones)
        together = scorer.together(poems, tones=True)
        likely = features.with_likelihood(together, masks)
        titled = bool(title) and ranking.counts("theme")

        def read(rows: Indices) -> Features:
            own = [poems[row] for row in rows]
            return likely.take(rows).with_coherence(
                together[rows],
                scorer.alone(own, tones=True),
                scorer.together(own, title, tones=True) if titled else None,
            )

        return ranking.best(likely, read, {"coherence", "theme"} if titled else {"coherence"})

    def _measure(self, poems: Sequence[Sequence[str]], form: Form, given: Collection[int]) -> Features:
        if self._script is Script.HANT:
            return Features.of(poems, form, given)
        return Features.of([[convert(line, Script.HANT) for line in lines] for lines in poems], form, given)
