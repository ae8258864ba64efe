"""Texts side by side as a tree of their beginnings: what several begin with is read once.

Rows that have read the same remember the same. Candidates of one request share lines, all texts share what stands
before them, and a network needs to take every step of the tree only once::

    rows      nodes
    月落烏    月 ─ 落 ┬ 烏
    月落江            └ 江
    山光悦    山 ─ 光 ─ 悦
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from model.sampling import Symbols


class Nodes(NamedTuple):
    """The different beginnings up to one time."""

    rows: Symbols
    """(nodes,) a row that begins so."""
    parents: Symbols
    """(nodes,) the node of the time before; 0 at the first time."""
    of_row: Symbols
    """(rows,) the node of each row; −1 for those that are read no further."""


def tree(symbols: Symbols, told: Symbols | None, ends: Symbols) -> Sequence[Nodes]:
    """The nodes of each time, as far as any row is read.

    Args:
        symbols: (rows, time) what is read.
        told: (rows, time, columns) what is told beside it.
        ends: (rows,) how many symbols of each row are read.
    """
    found = []
    before = np.zeros(len(symbols), dtype=np.int64)
    for time in range(int(ends.max(initial=0))):
        read = np.flatnonzero(ends > time)
        beside = [] if told is None else [*told[read, time].T]
        keys = np.stack([before[read], symbols[read, time], *beside], axis=1)
        different, first, inverse = np.unique(keys, axis=0, return_index=True, return_inverse=True)
        before = np.full(len(symbols), -1)
        before[read] = inverse.ravel()
        found.append(Nodes(read[first], different[:, 0], before))
    return found
