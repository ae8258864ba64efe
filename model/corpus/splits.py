"""Training, validation and test poems that share no line.

Poems that have a line within one character in common form a group, and a group goes into one split whole. Common lines
chain poems together: in the Tang part of chinese-poetry the largest group has 1,877 of 53,349 poems (the next 210, then
64), in Tang and Song together 67,928 of 296,664 (the next 79). Such a group would be a split by itself, so a group of
more than `LARGEST_GROUP` poems belongs to training.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from model.corpus.held_out import HeldOut, shipped
from model.corpus.lines import LineTable, connected, mix

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from model.corpus.lines import Indices
    from model.corpus.poems import SourcePoem

LARGEST_GROUP: Final = 100
_TEST_SHARE: Final = 0.02
_VALID_SHARE: Final = 0.02

_TRAIN, _VALID, _TEST, _DROPPED = range(4)


@dataclass(frozen=True, slots=True)
class Splits:
    """Poems in the order in which they were given.

    Attributes:
        dropped: poems in no split, for a line that they share with a held-out poem.
    """

    train: list[SourcePoem]
    valid: list[SourcePoem]
    test: list[SourcePoem]
    dropped: int


def split_corpus(poems: Sequence[SourcePoem], held_out: HeldOut | None = None) -> Splits:
    """Split poems; the order in which they come changes nothing.

    A listed poem has the split of the list, whatever corpus it comes in. Another poem that has a line within one
    character of a line of a listed one, or is in its group (unless that is too large), is dropped. All other groups are
    drawn by a hash of their poems: 2 % for testing, 2 % for validation. So no line of a training poem, of four
    characters or more, is within one character of a line of a test or validation poem.

    Args:
        poems: cleaned poems.
        held_out: the list; None for the shipped one, `HeldOut.empty()` for none.

    Raises:
        CorpusError: the shipped list is missing or damaged.
    """
    listed = shipped() if held_out is None else held_out
    table = LineTable.of(poems)
    near, groups = compare(table, listed)
    count = len(poems)
    split = _draw(table, groups)
    on_list = np.zeros(count, dtype=np.int64)
    on_list[listed.lists_valid(table.poems)] = _VALID
    on_list[listed.lists_test(table.poems)] = _TEST
    touched = np.bincount(groups[on_list > 0], minlength=count) > 0
    small = np.bincount(groups, minlength=count) <= LARGEST_GROUP
    split[near | (touched & small)[groups]] = _DROPPED
    split = np.where(on_list > 0, on_list, split)
    train, valid, test, dropped = (
        [poems[index] for index in np.flatnonzero(split == part).tolist()] for part in (_TRAIN, _VALID, _TEST, _DROPPED)
    )
    return Splits(train, valid, test, len(dropped))


def compare(table: LineTable, listed: HeldOut) -> tuple[NDArray[np.bool_], Indices]:
    """Which poems have a line near a listed one, and each poem's group; both of shape (poems,)."""
    near = np.zeros(len(table.poems), dtype=np.bool_)
    pairs = [np.zeros((2, 0), dtype=np.int64)]
    for keys, owners in table.near_keys():
        near[owners[listed.lists_line(keys)]] = True
        order = np.argsort(keys, kind="stable")
        same = np.flatnonzero(np.diff(keys[order]) == 0)
        pairs.append(np.stack([owners[order[same]], owners[order[same + 1]]]))
    ends, others = np.concatenate(pairs, axis=1)
    return near, connected(len(table.poems), ends, others)


def _draw(table: LineTable, groups: Indices) -> Indices:
    """A split for each poem, by the smallest hash of its group's poems; shape (poems,)."""
    smallest = np.full(len(groups), np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(smallest, groups, table.poems)
    # Mixed again: the smallest of many is no fair draw.
    draw = mix(smallest[groups]) / np.float64(2**64)
    split = np.full(len(groups), _TRAIN, dtype=np.int64)
    split[draw < _TEST_SHARE + _VALID_SHARE] = _VALID
    split[draw < _TEST_SHARE] = _TEST
    split[np.bincount(groups, minlength=len(groups))[groups] > LARGEST_GROUP] = _TRAIN
    return split
