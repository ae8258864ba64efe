"""Poems as a network with slot inputs reads them: of a known form without marks, told of every place.

A title may stand before the poem. Two poems of four characters, one with the title 夜 (b begin, e end, . pad)::

    inputs    夜 b 月 落 乌        targets   .  月 落 乌 啼
              b  白 日 依 .                  白 日 依 山 .

How much is told is left to chance while learning, so that the network works with all of it and with little: half of the
batches know their titles, a tenth do not know their forms (and so have marks and an end), half of the poems know their
tones, and of these three places in four; half of them know in which characters their sentences will end.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

from model.batches import Batch
from model.corpus import SourcePoem
from model.encoding import encode_title, tone_codes
from model.slots import TITLE, Symbols, Told, told_of
from model.vocabulary import BEGIN, END, PAD, Vocabulary

_FORM_KNOWN = 0.9
_TITLE_KNOWN = 0.5
_TONES_KNOWN = 0.5
_TONE_KNOWN = 0.75
_GOALS_KNOWN = 0.5


@dataclass(frozen=True, slots=True)
class _Verse:
    title: list[int]
    characters: Symbols
    """Without marks, (characters,)."""
    told: Symbols | None
    """(characters, columns); None where the poem is of no form."""
    whole: Symbols
    """With marks and the end, (symbols,)."""
    outside: int


class VerseTable:
    """Encoded poems with all that can be told of them."""

    def __init__(self, poems: Sequence[SourcePoem], vocabulary: Vocabulary, focus: Collection[str] = ()) -> None:
        """Encode poems; those that state a dynasty outside of the focus, if there is one, are marked."""
        codes = tone_codes(vocabulary)
        self._verses = [
            _encode(poem, vocabulary, codes, outside=bool(focus and poem.dynasty) and poem.dynasty not in focus)
            for poem in poems
        ]
        self.lengths = np.array([len(verse.characters) for verse in self._verses], dtype=np.int64)

    def __len__(self) -> int:
        return len(self._verses)

    def batch(self, rows: np.ndarray, random: np.random.Generator | None = None) -> Batch:
        """The poems of these rows.

        Args:
            rows: which.
            random: what decides how much is told of them; without it they are told their forms and nothing else.
        """
        with_form = random is None or random.random() < _FORM_KNOWN
        with_title = random is not None and random.random() < _TITLE_KNOWN
        verses = [self._verses[row] for row in rows]
        return _pad([_sequence(verse, random, with_title=with_title, with_form=with_form) for verse in verses])


_Sequence = tuple[Symbols, Symbols, Symbols]
"""Inputs, targets (both (time,)), and what is told of the targets, (time, columns)."""


def _encode(poem: SourcePoem, vocabulary: Vocabulary, codes: Symbols, *, outside: bool) -> _Verse:
    whole = np.array([*vocabulary.encode(poem.text), END])
    characters = np.array(vocabulary.encode("".join(poem.lines)))
    told = None
    if poem.form:
        told = told_of(poem.form, characters)
        told[:, Told.TONE] = codes[characters]
    return _Verse(encode_title(poem.title, vocabulary), characters, told, whole, int(outside))


def _sequence(verse: _Verse, random: np.random.Generator | None, *, with_title: bool, with_form: bool) -> _Sequence:
    if with_form and verse.told is not None:
        targets, told = verse.characters, _leave_out(verse.told, random)
    else:
        targets, told = verse.whole, np.zeros((len(verse.whole), len(Told)), dtype=np.int64)
    title = verse.title if with_title else []
    inputs = np.array([*title, BEGIN, *targets[:-1]])
    before = np.zeros((len(title), len(Told)), dtype=np.int64)
    before[:, Told.PLACE] = TITLE
    told = np.concatenate([before, told])
    told[:, Told.OUTSIDE] = verse.outside
    return inputs, np.concatenate([np.full(len(title), PAD), targets]), told


def _leave_out(told: Symbols, random: np.random.Generator | None) -> Symbols:
    """A copy without tones and goals, or with as much of them as chance has it."""
    told = told.copy()
    known = 0.0 if random is None or random.random() >= _TONES_KNOWN else _TONE_KNOWN
    if random is None:
        told[:, [Told.TONE, Told.GOAL]] = 0
        return told
    told[random.random(len(told)) >= known, Told.TONE] = 0
    if random.random() >= _GOALS_KNOWN:
        told[:, Told.GOAL] = PAD
    return told


def _pad(sequences: Sequence[_Sequence]) -> Batch:
    # Few different widths: kernels keep memory ready for each.
    width = -(-max(len(inputs) for inputs, _, _ in sequences) // 4) * 4
    inputs = np.full((len(sequences), width), PAD, dtype=np.int64)
    targets = np.full((len(sequences), width), PAD, dtype=np.int64)
    told = np.zeros((len(sequences), width, len(Told)), dtype=np.int64)
    for row, (own_inputs, own_targets, own_told) in enumerate(sequences):
        inputs[row, : len(own_inputs)] = own_inputs
        targets[row, : len(own_targets)] = own_targets
        told[row, : len(own_told)] = own_told
    return Batch(inputs, targets, told)
