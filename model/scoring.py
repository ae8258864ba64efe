"""How likely a network finds the lines of poems, with and without the lines before. Needs no torch."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from model.encoding import encode_title, tone_codes
from model.forms import Form
from model.slots import TITLE, Told, told_of
from model.stepping import Stepper
from model.vocabulary import BEGIN, COMMA, PAD, STOP, Vocabulary

ROWS = 128
_MARKS = (COMMA, STOP)


class LineScorer:
    """Log-probabilities of the lines of poems of one form."""

    def __init__(
        self, stepper: Stepper, vocabulary: Vocabulary, form: Form, tones: NDArray[np.int64] | None = None
    ) -> None:
        """Take a network; `tones` are the vocabulary's `tone_codes`, made here where they are not at hand."""
        self._stepper = stepper
        self._told_places = stepper.configuration.told
        self._vocabulary = vocabulary
        self._form = form
        self._tones = tone_codes(vocabulary) if tones is None else tones

    def together(self, poems: Sequence[Sequence[str]], title: str = "", *, tones: bool = False) -> NDArray[np.float64]:
        """Each line given those before it.

        Args:
            poems: the lines of each, of the form's number and length, in the network's script.
            title: what stands before all of them, for a network with slot inputs.
            tones: whether such a network is told the tones too.

        Returns:
            (poems, lines) sums over the characters of a line, in nats.
        """
        symbols = self._encode(poems)
        told = np.stack([self._told(row, tones=tones) for row in symbols])
        return self._by_line(self._score(symbols, told, title))

    def alone(self, poems: Sequence[Sequence[str]], *, tones: bool = False) -> NDArray[np.float64]:
        """Each line as if nothing stood before it, at its place; (poems, lines), in nats."""
        symbols = self._encode(poems)
        told = np.stack([self._told(row, tones=tones) for row in symbols])
        told[:, :, [Told.ABOVE, Told.RHYME]] = PAD
        length = self._form.line_length
        scores = self._score(symbols.reshape(-1, length), told.reshape(-1, length, len(Told)), "")
        return self._by_line(scores.reshape(len(poems), -1))

    def _by_line(self, scores: NDArray[np.float64]) -> NDArray[np.float64]:
        lines: NDArray[np.float64] = scores.reshape(len(scores), self._form.line_count, -1).sum(axis=2)
        return lines

    def next_characters(self, lines: Sequence[str], place: int) -> NDArray[np.float64]:
        """Log-probability of each symbol at a place of a poem, by what stands before it, (symbols,).

        Args:
            lines: of the poem; what stands at the place and behind it is not looked at.
            place: index among the poem's characters.
        """
        symbols = self._encode([lines])
        inputs, _, told, times = self._lay_out(symbols, np.stack([self._told(row, tones=False) for row in symbols]), "")
        memory, head = self._stepper.initial(1), self._stepper.head()
        for time in range(int(times[place]) + 1):
            features, memory = self._stepper.step(inputs[:, time], memory, None if told is None else told[:, time])
        logits = head(features)[0].astype(np.float64)
        highest = logits.max()
        found: NDArray[np.float64] = logits - highest - np.log(np.exp(logits - highest).sum())
        return found

    def _encode(self, poems: Sequence[Sequence[str]]) -> NDArray[np.int64]:
        return np.array([self._vocabulary.encode("".join(lines)) for lines in poems])

    def _told(self, symbols: NDArray[np.int64], *, tones: bool) -> NDArray[np.int64]:
        told = told_of(self._form, symbols)
        told[:, Told.GOAL] = PAD
        if tones:
            told[:, Told.TONE] = self._tones[symbols]
        return told

    def _score(self, symbols: NDArray[np.int64], told: NDArray[np.int64], title: str) -> NDArray[np.float64]:
        """Log-probability of each character, (rows, characters)."""
        inputs, targets, places, times = self._lay_out(symbols, told, title)
        found = []
        for first in range(0, len(symbols), ROWS):
            part = slice(first, first + ROWS)
            own = None if places is None else places[part]
            found.append(self._stepper.log_probabilities(inputs[part], targets[part], own)[:, times])
        return np.concatenate(found).astype(np.float64)

    def _lay_out(
        self, symbols: NDArray[np.int64], told: NDArray[np.int64], title: str
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64] | None, NDArray[np.int64]]:
        """What the network reads of these characters, what it is to foretell and is told of it; when each is foretold.

        Returns:
            Inputs and targets, (rows, time); what is told, (rows, time, columns); the time of each character.
        """
        heading = encode_title(title, self._vocabulary) if self._told_places else []
        written, times = (symbols, np.arange(symbols.shape[1])) if self._told_places else self._with_marks(symbols)
        before = [*heading, BEGIN]
        inputs = np.concatenate([np.tile(before, (len(written), 1)), written[:, :-1]], axis=1)
        targets = np.concatenate([np.full((len(written), len(heading)), PAD), written], axis=1)
        places = None
        if self._told_places:
            places = np.zeros((*inputs.shape, len(Told)), dtype=np.int64)
            places[:, : len(heading), Told.PLACE] = TITLE
            places[:, len(heading) :] = told
        return inputs, targets, places, times + len(heading)

    def _with_marks(self, symbols: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The marks of the form between the lines, and where the characters stand, (characters,)."""
        length = self._form.line_length
        lines = np.split(symbols, symbols.shape[1] // length, axis=1)
        marks = [np.full((len(symbols), 1), self._vocabulary.id_of(mark)) for mark in _MARKS]
        parts = [part for number, line in enumerate(lines) for part in (line, marks[number % 2])]
        places = np.arange(symbols.shape[1])
        return np.concatenate(parts, axis=1), places + places // length
