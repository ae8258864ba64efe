"""A tree of beginnings: rows share a node exactly as long as they have read the same."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from model.prefixes import tree

ROWS = st.integers(1, 7).flatmap(
    lambda time: st.lists(
        st.tuples(
            st.lists(st.integers(0, 2), min_size=time, max_size=time),
            st.lists(st.integers(0, 1), min_size=time, max_size=time),
            st.integers(0, time),
        ),
        min_size=1,
        max_size=8,
    )
)


@given(rows=ROWS, told=st.booleans())
def test_rows_share_a_node_as_long_as_they_have_read_the_same(
    rows: list[tuple[list[int], list[int], int]], *, told: bool
) -> None:
    symbols, beside = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    ends = np.array([row[2] for row in rows])
    nodes = tree(symbols, beside[:, :, None] if told else None, ends)
    assert len(nodes) == ends.max()
    parents = np.zeros(len(rows), dtype=np.int64)
    for time, own in enumerate(nodes):
        read = [row for row in range(len(rows)) if ends[row] > time]
        beginnings = {
            row: (tuple(symbols[row, : time + 1]), tuple(beside[row, : time + 1]) if told else ()) for row in read
        }
        for row in range(len(rows)):
            node = own.of_row[row]
            assert (node < 0) == (row not in read)
            if row in read:
                assert beginnings[own.rows[node]] == beginnings[row]
                assert own.parents[node] == parents[row]
        assert len(own.rows) == len(own.parents) == len(set(beginnings.values()))
        parents = own.of_row
