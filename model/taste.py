"""How well readers like the characters that a network chooses.

`likings.txt` has for each character by how much a poem's grade, of ten, would differ that had no other character. It is
fitted on grades that readers gave to poems of ours, who knew nothing of them but the text (`benchmarks/taste.py`).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

TABLE: Final = Path(__file__).with_name("likings.txt")


@cache
def likings() -> Mapping[str, float]:
    """Of traditional characters; of others nothing is known."""
    return read(TABLE.read_text(encoding="utf-8"))


def read(table: str) -> dict[str, float]:
    """How well each character of a table is liked, by its text."""
    rows = (line.split(" ") for line in table.splitlines() if not line.startswith("#"))
    return {character: float(liking) for liking, characters in rows for character in characters}


def taste(poems: Sequence[Sequence[str]], liked: Mapping[str, float] | None = None) -> NDArray[np.float64]:
    """The mean liking of the characters of each poem, (poems,).

    Args:
        poems: the lines of each, in traditional characters and without marks.
        liked: how well each character is liked; as the table has it where left out.
    """
    liked = likings() if liked is None else liked
    return np.array([np.mean([liked.get(character, 0.0) for line in lines for character in line]) for lines in poems])
