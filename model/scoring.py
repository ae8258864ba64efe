"""How likely a network finds poems: by symbol, and by line with and without the lines before."""

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from model.batches import Batch, PoemTable
from model.corpus import SourcePoem
from model.forms import Form
from model.network import PoemNetwork
from model.slots import TITLE, Told, told_of
from model.verses import VerseTable, encode_title, tone_codes
from model.vocabulary import BEGIN, COMMA, PAD, STOP, Vocabulary

ROWS = 128
_MARKS = (COMMA, STOP)


def table_for(network: PoemNetwork, poems: Sequence[SourcePoem], vocabulary: Vocabulary) -> PoemTable | VerseTable:
    """The poems encoded as the network reads them: without marks where it is told their forms."""
    if network.slots is None:
        return PoemTable([poem.text for poem in poems], vocabulary)
    return VerseTable(poems, vocabulary)


def symbol_costs(network: PoemNetwork, batch: Batch) -> Tensor:
    """−log p of every target given all before it, (poems, time), in nats; zero where nothing is to be foretold."""
    batch = batch.to(network.embedding.weight.device)
    logits, _ = network(batch.inputs, told=batch.told)
    found = logits.float().log_softmax(-1).gather(2, batch.targets[:, :, None])[:, :, 0]
    return torch.where(batch.targets == PAD, 0.0, -found)


class LineScorer:
    """Log-probabilities of the lines of poems of one form."""

    def __init__(
        self, network: PoemNetwork, vocabulary: Vocabulary, form: Form, tones: NDArray[np.int64] | None = None
    ) -> None:
        """Take a network; `tones` are the vocabulary's `tone_codes`, made here where they are not at hand."""
        self._network = network.eval()
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
        batch, times = self._batch(symbols, np.stack([self._told(row, tones=False) for row in symbols]), "")
        read = slice(int(times[place]) + 1)
        told = None if batch.told is None else batch.told[:, read]
        with torch.inference_mode():
            shown = Batch(batch.inputs[:, read], batch.targets[:, read], told).to(self._network.embedding.weight.device)
            logits, _ = self._network(shown.inputs, told=shown.told)
        found: NDArray[np.float64] = logits[0, -1].double().log_softmax(-1).cpu().numpy()
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
        batch, times = self._batch(symbols, told, title)
        found = []
        with torch.inference_mode():
            for first in range(0, len(symbols), ROWS):
                part = slice(first, first + ROWS)
                places = None if batch.told is None else batch.told[part]
                costs = symbol_costs(self._network, Batch(batch.inputs[part], batch.targets[part], places))
                found.append(-costs[:, times].double().cpu().numpy())
        scores: NDArray[np.float64] = np.concatenate(found)
        return scores

    def _batch(
        self, symbols: NDArray[np.int64], told: NDArray[np.int64], title: str
    ) -> tuple[Batch, NDArray[np.int64]]:
        """What the network reads of these characters, and at which time it foretells each of them, (characters,)."""
        heading = [] if self._network.slots is None else encode_title(title, self._vocabulary)
        written, times = (symbols, np.arange(symbols.shape[1])) if self._network.slots else self._with_marks(symbols)
        before = [*heading, BEGIN]
        inputs = np.concatenate([np.tile(before, (len(written), 1)), written[:, :-1]], axis=1)
        targets = np.concatenate([np.full((len(written), len(heading)), PAD), written], axis=1)
        places = None
        if self._network.slots is not None:
            places = np.zeros((*inputs.shape, len(Told)), dtype=np.int64)
            places[:, : len(heading), Told.PLACE] = TITLE
            places[:, len(heading) :] = told
        told_places = None if places is None else torch.from_numpy(places)
        return Batch(torch.from_numpy(inputs), torch.from_numpy(targets), told_places), times + len(heading)

    def _with_marks(self, symbols: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The marks of the form between the lines, and where the characters stand, (characters,)."""
        length = self._form.line_length
        lines = np.split(symbols, symbols.shape[1] // length, axis=1)
        marks = [np.full((len(symbols), 1), self._vocabulary.id_of(mark)) for mark in _MARKS]
        parts = [part for number, line in enumerate(lines) for part in (line, marks[number % 2])]
        places = np.arange(symbols.shape[1])
        return np.concatenate(parts, axis=1), places + places // length
