"""The baseline that networks are measured against: an interpolated n-gram model with modified Kneser-Ney smoothing.

A poem is its form, then its characters. Where its lines end follows from the form, so that line ends are not foretold,
but stand among the symbols before a character::

    foretold          白 日 依 山 尽   黄 河 入 …
    stands before   五绝                ，             (or nothing, or the number of the line)

All tables are sorted arrays. An n-gram is a node: its number at its order. Its key is the node of its first n−1 symbols
times the number of symbols, plus its last symbol, so that keys are exact and small at any order.

Source: Chen & Goodman 1998, "An empirical study of smoothing techniques for language modeling", section 3; the
handling of what begins a text follows Heafield et al. 2013, "Scalable modified Kneser-Ney language model estimation".
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model.corpus import SourcePoem
from model.forms import Form
from model.vocabulary import SPECIALS, UNKNOWN, Vocabulary

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

ORDER = 5
_DISCOUNTS = (0.5, 1.0, 1.5)
_FORMS = 1 + len(Form)
_LINES = 64
_ABSENT = -1


class LineEnds(StrEnum):
    """What stands between two lines."""

    NOTHING = "nothing"
    MARK = "mark"
    """One behind odd lines, another behind even ones: ，and 。"""
    PLACE = "place"
    """A symbol for the form and the number of the line that begins."""


@dataclass(frozen=True, slots=True)
class _Order:
    """The n-grams of one order.

    Attributes:
        keys: of all n-grams, sorted, (n-grams,); the index is the node.
        chance: p(last symbol | the others), interpolated with all lower orders, (n-grams,).
        rest: the mass that each context, a node of the order below, leaves to the lower orders, (contexts,).
    """

    keys: Integers
    chance: Floats
    rest: Floats


def discounts(counts: Integers) -> tuple[float, float, float]:
    """Modified Kneser-Ney discounts D1, D2, D3+ of one order.

    Args:
        counts: of the n-grams, (n-grams,).

    Returns:
        Amounts to take off counts of one, two, and three or more; 0.5, 1 and 1.5 where the counts of counts are too few
        for an estimate, as in KenLM.

    Source: Chen & Goodman 1998, eq. 26.
    """
    once, twice, thrice, four = (int(np.count_nonzero(counts == number)) for number in (1, 2, 3, 4))
    if not (once and twice and thrice):
        return _DISCOUNTS
    share = once / (once + 2 * twice)
    found = (1 - 2 * share * twice / once, 2 - 3 * share * thrice / twice, 3 - 4 * share * four / thrice)
    # Without a discount nothing would be left for what was not seen.
    return found if all(0 < amount <= number for number, amount in enumerate(found, start=1)) else _DISCOUNTS


class KneserNey:
    """p(character | form, the characters before it) over the characters of a vocabulary and "unknown"."""

    def __init__(self, vocabulary: Vocabulary, line_ends: LineEnds, orders: Sequence[_Order]) -> None:
        self.vocabulary = vocabulary
        self.line_ends = line_ends
        self._orders = orders

    @classmethod
    def fit(
        cls,
        poems: Sequence[SourcePoem],
        *,
        floor: int = 1,
        line_ends: LineEnds = LineEnds.PLACE,
        order: int = ORDER,
    ) -> Self:
        """Count and smooth.

        Args:
            poems: what to learn from; poems of no form share a form of their own.
            floor: characters that occur less often become unknown. With 1 nothing is: unknown then has its share of
                the mass that smoothing spreads evenly.
            line_ends: what stands between two lines.
            order: the longest n-gram; at least 1.

        Raises:
            ValueError: for no poems.
        """
        if not poems:
            raise ValueError("there are no poems to learn from")
        vocabulary = Vocabulary.build(("".join(poem.lines) for poem in poems), floor)
        model = cls(vocabulary, line_ends, [])
        symbols, depths = model._encode(poems)
        model._orders = model._count(symbols, depths, order)
        return model

    @property
    def _predicted(self) -> int:
        """Symbols that are foretold: 0, unknown, and the characters; those that only stand before others follow."""
        return 1 + len(self.vocabulary.characters)

    @property
    def _size(self) -> int:
        return self._predicted + _FORMS + 2 + _FORMS * _LINES

    def _encode(self, poems: Sequence[SourcePoem]) -> tuple[Integers, Integers]:
        """Symbols of all poems, one behind the other, and how many of its poem stand before each; both (symbols,)."""
        encoded = [self._symbols(poem.form, poem.lines) for poem in poems]
        symbols = np.concatenate([np.array(one, dtype=np.int64) for one in encoded])
        depths = np.concatenate([np.arange(len(one)) for one in encoded])
        return symbols, depths

    def _symbols(self, form: Form | None, lines: Sequence[str]) -> list[int]:
        kind = 1 + list(Form).index(form) if form else 0
        symbols = [self._predicted + kind]
        for number, line in enumerate(lines):
            if number:
                symbols += self._between(kind, number)
            symbols += (
                0 if (known := self.vocabulary.id_of(character)) == UNKNOWN else known - SPECIALS + 1
                for character in line
            )
        return symbols

    def _between(self, kind: int, number: int) -> list[int]:
        """What stands before a line but the first."""
        first = self._predicted + _FORMS
        if self.line_ends is LineEnds.NOTHING:
            return []
        if self.line_ends is LineEnds.MARK:
            return [first + number % 2]
        return [first + 2 + kind * _LINES + min(number, _LINES - 1)]

    def _count(self, symbols: Integers, depths: Integers, order: int) -> list[_Order]:
        """The tables of all orders, lowest first."""
        nodes = [np.zeros(len(symbols) + 1, dtype=np.int64)]
        """For each order the node that ends at each symbol, and at its end what stands before the first: nothing."""
        keys = []
        for length in range(1, order + 1):
            inside = np.flatnonzero(depths >= length - 1)
            unique, node = np.unique(nodes[-1][inside - 1] * self._size + symbols[inside], return_inverse=True)
            ends = np.full(len(symbols) + 1, _ABSENT)
            ends[inside] = node
            nodes.append(ends)
            keys.append(unique)
        tables: list[_Order] = []
        for length in range(1, order + 1):
            counts = self._adjusted(length, order, nodes, keys, depths)
            # Of each n-gram one place where it stands tells its context and its last n−1 symbols.
            place = np.empty(len(counts), dtype=np.int64)
            inside = np.flatnonzero(depths >= length - 1)
            place[nodes[length][inside]] = inside
            foretold = symbols[place] < self._predicted
            context = nodes[length - 1][place - 1]
            contexts = len(keys[length - 2]) if length > 1 else 1
            if length == 1:
                below: Floats = np.full(len(counts), 1 / self._predicted)
            else:
                below = tables[-1].chance[nodes[length - 1][place]]
            chance, rest = _smoothed(counts, foretold, context, contexts, below)
            tables.append(_Order(keys[length - 1], chance, rest))
        return tables

    @staticmethod
    def _adjusted(
        length: int, order: int, nodes: Sequence[Integers], keys: Sequence[Integers], depths: Integers
    ) -> Integers:
        """Counts of one order's n-grams: how many different symbols stand before each.

        The longest n-grams are counted plainly, and so are those with which a poem begins: nothing stands before them.
        """
        count = len(keys[length - 1])
        inside = np.flatnonzero(depths >= length - 1)
        plain = np.bincount(nodes[length][inside], minlength=count)
        if length == order:
            return plain
        longer = np.flatnonzero(depths >= length)
        suffix = np.empty(len(keys[length]), dtype=np.int64)
        suffix[nodes[length + 1][longer]] = nodes[length][longer]
        different = np.bincount(suffix, minlength=count)
        return np.where(different > 0, different, plain)

    def nats(self, poems: Sequence[SourcePoem]) -> Floats:
        """−log-likelihood of each poem's characters, (poems,).

        A character that the vocabulary lacks costs −log(p(unknown) / u), where u is the number of different such
        characters in these poems.

        Raises:
            ValueError: for no poems.
        """
        if not poems:
            raise ValueError("there are no poems to evaluate")
        symbols, depths = self._encode(poems)
        unseen = {character for poem in poems for line in poem.lines for character in line} - set(
            self.vocabulary.characters
        )
        costs = np.where(symbols == 0, math.log(max(len(unseen), 1)), 0.0) - np.log(self._chances(symbols, depths))
        costs[symbols >= self._predicted] = 0.0
        return np.add.reduceat(costs, np.flatnonzero(depths == 0))

    def distribution(self, form: Form | None, lines: Sequence[str]) -> Floats:
        """Probabilities of unknown and of each character of the vocabulary, in its order, behind the lines.

        The last line goes on; an empty one begins a line.

        Returns:
            (1 + characters,), which sum to 1.
        """
        before = self._symbols(form, lines)
        rows = np.repeat(np.array(before)[None], self._predicted, axis=0)
        symbols = np.concatenate([rows, np.arange(self._predicted)[:, None]], axis=1)
        depths = np.broadcast_to(np.arange(symbols.shape[1]), symbols.shape)
        return self._chances(symbols.ravel(), depths.ravel()).reshape(symbols.shape)[:, -1]

    def _chances(self, symbols: Integers, depths: Integers) -> Floats:
        """The probability of each symbol behind those before it, (symbols,); 1 for those that are not foretold."""
        foretold = symbols < self._predicted
        chances = np.where(foretold, 1 / self._predicted, 1.0)
        before = np.zeros(len(symbols), dtype=np.int64)
        for length, order in enumerate(self._orders, start=1):
            if not len(order.keys):  # no learnt poem is so long, and so none of the higher orders has anything either
                break
            keys = before * self._size + symbols
            at = np.minimum(np.searchsorted(order.keys, keys), len(order.keys) - 1)
            there = (before != _ABSENT) & (order.keys[at] == keys)
            left = np.where(before == _ABSENT, 1.0, order.rest[before])
            chances = np.where(foretold, np.where(there, order.chance[at], left * chances), 1.0)
            nodes = np.where(there, at, _ABSENT)
            before = np.where(depths >= length, np.roll(nodes, 1), _ABSENT)
        return chances


def _smoothed(
    counts: Integers, foretold: NDArray[np.bool_], context: Integers, contexts: int, below: Floats
) -> tuple[Floats, Floats]:
    """Interpolated probabilities of one order, and what each context leaves to the order below.

    Args:
        counts: of the n-grams, (n-grams,).
        foretold: whether the last symbol is one that is foretold, (n-grams,); the others count for nothing.
        context: each n-gram's, (n-grams,).
        contexts: how many there are.
        below: p of the last symbol at the order below, (n-grams,).

    Source: Chen & Goodman 1998, eq. 24 and 25.
    """
    amounts = np.array([0.0, *discounts(counts[foretold])])[np.minimum(counts, 3)]
    amounts[~foretold] = 0.0
    counts = np.where(foretold, counts, 0)
    sums = np.bincount(context, counts, minlength=contexts)
    # A context that only ever ended a poem leaves everything.
    rest = np.where(sums > 0, np.bincount(context, amounts, minlength=contexts) / np.maximum(sums, 1), 1.0)
    return np.where(foretold, (counts - amounts) / np.maximum(sums, 1)[context] + rest[context] * below, 0.0), rest
