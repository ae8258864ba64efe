"""对仗: whether the two lines of a couplet stand parallel, place by place.

What stands opposite in the middle couplets of 律诗 is of a class: 山 and 水, 一 and 千, 红 and 碧. Characters that have
the same opposites are so of like class, though they may never have met. Each has a vector, such that products of
vectors are near to the pointwise mutual information of aligned characters; two agree by the cosine of theirs.

On 432 held-out 律诗 of the Tang a couplet's own second line agrees better with the first than that of another poem
in 95 of 100 cases.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.evaluation.intervals import Share
from model.evaluation.quality import Verse
from model.prosody import tones
from model.script import normalise

Couplet = tuple[str, str]

CHARACTERS = 2_500
DIMENSIONS = 32
_SPARE = 16
_ROUNDS = 4


def middle_couplets(poems: Sequence[Verse]) -> list[Couplet]:
    """The third line with the fourth, the fifth with the sixth, of all 律诗 among the poems."""
    return [
        (poem.lines[first], poem.lines[first + 1])
        for poem in poems
        if poem.form is not None and poem.form.line_count == 8
        for first in (2, 4)
    ]


class Classes:
    """Vectors of characters by what stands opposite to them."""

    def __init__(self, vectors: dict[str, NDArray[np.float64]]) -> None:
        """Take the vectors, of length 1 each, by the normal forms of the characters."""
        self._vectors = vectors

    @classmethod
    def fit(cls, poems: Sequence[Verse], characters: int = CHARACTERS, dimensions: int = DIMENSIONS) -> Self:
        """Learn from the middle couplets of the 律诗 among the poems.

        Args:
            poems: what to learn from.
            characters: how many of the most frequent ones have vectors.
            dimensions: of a vector.

        Raises:
            ValueError: if there is no 律诗.

        Source: PMI factored by its largest eigenvalues, as Levy & Goldberg 2014 do for words in sentences; the
        eigenvectors by Halko, Martinsson & Tropp 2011.
        """
        couplets = [(normalise(upper), normalise(lower)) for upper, lower in middle_couplets(poems)]
        if not couplets:
            raise ValueError("there is no 律诗 to learn from")
        counts = Counter(character for couplet in couplets for line in couplet for character in line)
        numbers = {character: number for number, (character, _) in enumerate(counts.most_common(characters))}
        size = len(numbers)
        pairs = np.array(
            [
                (numbers.get(one, size), numbers.get(other, size))
                for couplet in couplets
                for one, other in zip(*couplet, strict=True)
            ]
        )
        together = np.zeros((size + 1, size + 1))
        np.add.at(together, (pairs[:, 0], pairs[:, 1]), 1)
        information = _positive_information(together[:size, :size] + together[:size, :size].T)
        vectors = _vectors(information, min(dimensions, size))
        return cls({character: vectors[number] for character, number in numbers.items()})

    def agreement(self, couplet: Couplet) -> float:
        """The mean cosine over the places of a couplet of lines of one length; 0 where a character has no vector."""
        products = [
            float(self._vectors[one] @ self._vectors[other]) if one in self._vectors and other in self._vectors else 0.0
            for one, other in zip(*map(normalise, couplet), strict=True)
        ]
        return float(np.mean(products))


def _positive_information(counts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pointwise mutual information of two characters by how often they are aligned; 0 where it is less, or never."""
    sums = counts.sum(axis=1)
    expected = np.outer(sums, sums) / max(sums.sum(), 1)
    with np.errstate(divide="ignore", invalid="ignore"):
        information = np.log(counts / expected)
    return np.where(counts > 0, np.maximum(information, 0), 0)


def _vectors(matrix: NDArray[np.float64], dimensions: int) -> NDArray[np.float64]:
    """Rows of unit length whose products are near to a symmetric matrix, (rows, dimensions); 0 for an empty row."""
    random = np.random.Generator(np.random.Philox(key=0))
    basis = random.normal(size=(len(matrix), min(dimensions + _SPARE, len(matrix))))
    for _ in range(_ROUNDS):
        basis, _ = np.linalg.qr(matrix @ basis)
    values, vectors = np.linalg.eigh(basis.T @ matrix @ basis)
    largest = np.argsort(-values)[:dimensions]
    rows: NDArray[np.float64] = basis @ vectors[:, largest] * np.sqrt(np.maximum(values[largest], 0))
    rows /= np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return rows


@dataclass(frozen=True, slots=True)
class Parallelism:
    """How parallel the middle couplets of 律诗 are.

    Attributes:
        opposed: at how many second, fourth, sixth and last places the tones can be opposite.
        apart: how many couplets have no character in both lines.
        agreement: mean agreement of classes.
        strangers: the same where each second line is replaced by that of another couplet of the set.
        preferred: how many couplets agree better than with that line.
    """

    opposed: Share
    apart: Share
    agreement: float
    strangers: float
    preferred: Share

    @classmethod
    def of(cls, poems: Sequence[Verse], classes: Classes) -> Self:
        """Measure the 律诗 among the poems.

        Raises:
            ValueError: if there are not two of one length.
        """
        pairs = list(_with_strangers(middle_couplets(poems)))
        if not pairs:
            raise ValueError("there are no two 律诗 of one length to compare")
        own = np.array([classes.agreement(couplet) for couplet, _ in pairs])
        others = np.array([classes.agreement((couplet[0], stranger)) for couplet, stranger in pairs])
        couplets = [couplet for couplet, _ in pairs]
        return cls(
            opposed=Share.count(opposed for couplet in couplets for opposed in _opposed(couplet)),
            apart=Share.count(not set(upper) & set(lower) for upper, lower in couplets),
            agreement=float(own.mean()),
            strangers=float(others.mean()),
            preferred=Share.count((own > others).tolist()),
        )


def _with_strangers(couplets: Sequence[Couplet]) -> Iterator[tuple[Couplet, str]]:
    """Each couplet with the second line of one of the same length, half the set away."""
    for length in (5, 7):
        same = [couplet for couplet in couplets if len(couplet[0]) == length]
        if len(same) >= 4:
            half = len(same) // 2
            yield from zip(same, (lower for _, lower in same[half:] + same[:half]), strict=True)


def _opposed(couplet: Couplet) -> Iterator[bool]:
    upper, lower = couplet
    for place in {*range(1, len(upper), 2), len(upper) - 1}:
        one, other = tones(upper[place]), tones(lower[place])
        if one and other:
            yield len(one | other) > 1
