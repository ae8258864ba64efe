"""Measures over a set of poems as texts: form, repeated characters, variety, what is copied.

None of them knows how the poems came about, so that poets and networks are measured alike. All poems of a set are
in one script.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Protocol, Self

import numpy as np
from numpy.typing import NDArray

from model.corpus.lines import mix
from model.evaluation.intervals import Share
from model.forms import Form
from model.script import normalise

GRAM = 7
BLOCK = 100

_NO_KEYS = np.zeros(0, dtype=np.uint64)


class Verse(Protocol):
    """A poem of any source."""

    @property
    def lines(self) -> tuple[str, ...]:
        """Without punctuation."""

    @property
    def form(self) -> Form | None: ...


def repeated(lines: Sequence[str]) -> frozenset[str]:
    """The characters that stand more than once in a poem, reduplication (悠悠, inside a line) counted as one."""
    counts: Counter[str] = Counter()
    for line in lines:
        for character, run in groupby(line):
            counts[character] += (len(list(run)) + 1) // 2
    return frozenset(character for character, count in counts.items() if count > 1)


def distinct(poems: Sequence[Verse]) -> Share:
    """How many different texts there are; script, glyph variants and marks make no difference."""
    return Share(len({normalise("".join(poem.lines)) for poem in poems}), len(poems))


def distinct_bigrams(poems: Sequence[Verse], block: int = BLOCK) -> float:
    """Distinct-2: different pairs of neighbouring characters in a line for each pair there is.

    The more poems, the fewer new pairs: so blocks of so many poems are measured, in the given order, and their mean is
    taken; fewer poems at the end are left out if there is a whole block.

    Raises:
        ValueError: for no poems.

    Source: Li et al. 2016, "A diversity-promoting objective function for neural conversation models".
    """
    if not poems:
        raise ValueError("there are no poems to compare")
    whole = max(len(poems) // block * block, min(len(poems), block))
    shares = []
    for first in range(0, whole, block):
        pairs = [pair for poem in poems[first : first + block] for line in poem.lines for pair in pairwise(line)]
        shares.append(len(set(pairs)) / len(pairs))
    return float(np.mean(shares))


class KnownTexts:
    """The lines and the sequences of seven characters of a corpus, to tell what in a poem is copied.

    Texts are compared by 64-bit hashes of their normal forms (`model.script.normalise`): with 10⁷ in a corpus, one
    look-up in 10¹² finds what is not there. A sequence may run over the end of a line.
    """

    def __init__(self, poems: Sequence[Verse]) -> None:
        self._lines = np.unique(_line_keys(poems))
        self._near = np.unique(np.concatenate([_NO_KEYS, *(keys.ravel() for keys in _near_keys(poems))]))
        self._grams = np.unique(_gram_keys(poems))

    def lines(self, poems: Sequence[Verse]) -> Share:
        """How many of the poems' lines are in the corpus."""
        return Share.count(_among(_line_keys(poems), self._lines))

    def near_lines(self, poems: Sequence[Verse]) -> Share:
        """How many of the poems' lines are in the corpus, or differ in one character from a line that is."""
        found = [np.isin(keys, self._near) for keys in _near_keys(poems)]
        return Share(sum(int(near.any(axis=1).sum()) for near in found), sum(map(len, found)))

    def grams(self, poems: Sequence[Verse]) -> Share:
        """How many of the poems' sequences of seven characters are in the corpus."""
        return Share.count(_among(_gram_keys(poems), self._grams))


@dataclass(frozen=True, slots=True)
class Texture:
    """What a set of poems is like, whatever the rules of verse say.

    Attributes:
        form: how many have the form that was wanted.
        distinct: how many different texts there are.
        repeats: how many repeat a character outside of reduplication.
        distinct_bigrams: distinct-2.
        known_lines: how many of their lines are in the corpus.
        near_lines: how many are there but for one character at the most.
        known_grams: how many of their sequences of seven characters are.
    """

    form: Share
    distinct: Share
    repeats: Share
    distinct_bigrams: float
    known_lines: Share
    near_lines: Share
    known_grams: Share

    @classmethod
    def of(cls, poems: Sequence[Verse], wanted: Sequence[Form], known: KnownTexts) -> Self:
        """Measure poems.

        Args:
            poems: the set.
            wanted: the form that each was to have.
            known: the corpus that the writer has read.

        Raises:
            ValueError: for no poems, or not one form for each.
        """
        return cls(
            form=Share.count(poem.form is form for poem, form in zip(poems, wanted, strict=True)),
            distinct=distinct(poems),
            repeats=Share.count(bool(repeated(poem.lines)) for poem in poems),
            distinct_bigrams=distinct_bigrams(poems),
            known_lines=known.lines(poems),
            near_lines=known.near_lines(poems),
            known_grams=known.grams(poems),
        )


def _line_keys(poems: Sequence[Verse]) -> NDArray[np.uint64]:
    found = [_keys(codes, starts, length) for codes, starts, length in _by_length(poems)]
    return np.concatenate([_NO_KEYS, *found])


def _near_keys(poems: Sequence[Verse]) -> list[NDArray[np.uint64]]:
    """Of each line as many hashes as characters, each without one of them: (lines, length) for every length."""
    return [
        np.stack([_keys(codes, starts, length, left_out=place) for place in range(length)], axis=1)
        for codes, starts, length in _by_length(poems)
    ]


def _by_length(poems: Sequence[Verse]) -> Iterator[tuple[NDArray[np.uint64], NDArray[np.int64], int]]:
    """The code points of all lines; where those of one length begin in them; the length."""
    lines = [line for poem in poems for line in poem.lines]
    lengths = np.array([len(line) for line in lines], dtype=np.int64)
    codes = _codes(lines)
    starts = np.cumsum(lengths) - lengths
    for length in np.unique(lengths).tolist():
        yield codes, starts[lengths == length], length


def _gram_keys(poems: Sequence[Verse]) -> NDArray[np.uint64]:
    texts = ["".join(poem.lines) for poem in poems]
    lengths = np.array([len(text) for text in texts], dtype=np.int64)
    ends = np.repeat(np.cumsum(lengths), lengths)
    places = np.arange(len(ends))
    return _keys(_codes(texts), places[places + GRAM <= ends], GRAM)


def _codes(texts: Iterable[str]) -> NDArray[np.uint64]:
    """Normal code points of all texts, one behind the other."""
    return np.frombuffer(normalise("".join(texts)).encode("utf-32-le"), dtype="<u4").astype(np.uint64)


def _keys(
    codes: NDArray[np.uint64], starts: NDArray[np.int64], length: int, left_out: int | None = None
) -> NDArray[np.uint64]:
    """A hash of the so many characters from each start, (starts,), whichever stands at the place that is left out."""
    keys = mix(np.full(len(starts), length, dtype=np.uint64))
    for place in range(length):
        # Each step depends on all before it: the same characters in another order have another hash.
        keys = mix(keys + (np.uint64(0) if place == left_out else codes[starts + place]))
    return keys


def _among(keys: NDArray[np.uint64], table: NDArray[np.uint64]) -> list[bool]:
    found: list[bool] = np.isin(keys, table).tolist()
    return found
