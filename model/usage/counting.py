"""Counts how poets use characters: python -m model corpus usage PATH --out FILE."""

from collections import Counter
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from model.corpus.poems import SourcePoem
from model.errors import CorpusError
from model.forms import Form
from model.usage.association import SMOOTHING, Association
from model.usage.pairs import Counts, Indices, PairTable
from model.usage.tables import PLACE_ROWS, PLACE_STEP, WORDS, Beat, Usage, beats

FEWEST_CHARACTERS = 20
"""Rarer characters are not told apart."""
WIDTH = 48
"""Numbers in a character's vector."""

# There are five times as many Song poems of the forms as Tang poems, and Tang poems are what is wanted.
_WEIGHTS = {"song": 1}
_WEIGHT = 2
_FEWEST = {Beat.HEAD: 6, Beat.MIDDLE: 6, Beat.END: 6, Beat.ALIGNED: 4}
_BLOCK_POEMS = 10_000

Groups = list[tuple[Indices, int]]
"""Encoded poems of a form, (poems, lines, characters of a line), and how much each counts."""


def count_usage(poems: Sequence[SourcePoem], fewest_characters: int = FEWEST_CHARACTERS, width: int = WIDTH) -> Usage:
    """Count in the poems of the four forms; others are passed over.

    Raises:
        CorpusError: if they are too few.
    """
    found: dict[tuple[Form, int], list[str]] = {}
    for poem in poems:
        lines = poem.lines
        form = Form.detect(lines)
        if form is not None:
            found.setdefault((form, _WEIGHTS.get(poem.dynasty, _WEIGHT)), []).append("".join(lines))
    frequency = Counter[str]()
    for texts in found.values():
        frequency.update("".join(texts))
    kept = [(-count, character) for character, count in frequency.items() if count >= fewest_characters]
    if not kept:
        raise CorpusError(
            f"no character stands {fewest_characters} times in poems of {' '.join(Form)}: give a larger corpus"
        )
    characters = "".join(character for _, character in sorted(kept))
    groups = _encode(found, characters)
    size = len(characters) + 1
    return Usage(
        characters=characters,
        pairs={beat: PairTable.of(_count_words(groups, beat, size), _FEWEST[beat]) for beat in Beat},
        couplet=Association.of(_count_lines(groups, size, same_sentence=True), width),
        poem=Association.of(_count_lines(groups, size, same_sentence=False), width),
        places=_count_places(groups, size),
    )


def _encode(found: dict[tuple[Form, int], list[str]], characters: str) -> Groups:
    numbers = {character: number for number, character in enumerate(characters)}
    groups = []
    for (form, weight), texts in found.items():
        coded = [numbers.get(character, len(characters)) for text in texts for character in text]
        shape = (len(texts), form.line_count, form.line_length)
        groups.append((np.array(coded, dtype=np.int64).reshape(shape), weight))
    return groups


def _count_words(groups: Groups, beat: Beat, size: int) -> Counts:
    """How often each pair stands at the beat, (size, size), by weight."""
    counts = np.zeros(size * size, dtype=np.int64)
    for poems, weight in groups:
        for first, second in _words(poems, beat):
            counts += weight * np.bincount((first * size + second).ravel(), minlength=size * size)
    return counts.reshape(size, size)


def _words(poems: Indices, beat: Beat) -> Iterator[tuple[Indices, Indices]]:
    if beat in WORDS:
        for kind, place in beats(poems.shape[2]):
            if kind is beat:
                yield poems[:, :, place], poems[:, :, place + 1]
    elif poems.shape[1] == 8:
        for line in (2, 4):
            yield poems[:, line], poems[:, line + 1]


def _count_lines(groups: Groups, size: int, *, same_sentence: bool) -> NDArray[np.float32]:
    """How often two characters stand in two lines, the first in the earlier one, (size, size), by weight."""
    counts = np.zeros(size * size, dtype=np.float32)
    for poems, weight in groups:
        lines = poems.shape[1]
        pairs = [(i, j) for i in range(lines) for j in range(i + 1, lines) if (i // 2 == j // 2) is same_sentence]
        for first in range(0, len(poems), _BLOCK_POEMS):
            block = poems[first : first + _BLOCK_POEMS]
            keys = [(block[:, i, :, None] * size + block[:, j, None, :]).ravel() for i, j in pairs]
            counts += weight * np.bincount(np.concatenate(keys), minlength=size * size).astype(np.float32)
    return counts.reshape(size, size)


def _count_places(groups: Groups, size: int) -> NDArray[np.int8]:
    """Log-odds of characters in lines, as `Usage.places` has them."""
    rows = sum(PLACE_ROWS)
    counts = np.zeros((rows, size))
    for poems, weight in groups:
        for line in range(poems.shape[1]):
            row = PLACE_ROWS[poems.shape[1]] + line
            counts[row] += weight * np.bincount(poems[:, line].ravel(), minlength=size)
    odds = np.zeros((rows, size))
    for lines, first in PLACE_ROWS.items():
        for line in range(lines):
            alike = counts[first + line % 2 : first + lines : 2].sum(axis=0)
            expected = alike * (counts[first + line].sum() / max(1.0, alike.sum()))
            odds[first + line] = np.log((counts[first + line] + SMOOTHING) / (expected + SMOOTHING))
    odds[:, -1] = 0
    return np.clip(np.rint(odds / PLACE_STEP), -127, 127).astype(np.int8)
