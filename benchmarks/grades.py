"""Grades that readers gave to poems of ours: `grades.jsonl`, a group of poems of one request a line.

Language models read the groups blind, and gave each poem a grade from 1 to 10 by its text alone: whether it holds
together, whether its words mean something, whether it turns, ends and moves. Grades of one group can be compared; those
of different groups come from different readers. The forms take turns; every fourth group of each is for testing.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from benchmarks.rivals import Entry, Pair
from model.forms import Form

GRADES: Final = Path(__file__).with_name("grades.jsonl")
TESTED: Final = 4
APART: Final = 1.0
"""Two poems of a group are a pair where their grades differ by as much."""


@dataclass(frozen=True, slots=True, eq=False)
class Group:
    """Poems of one request, as one reader graded them."""

    form: Form
    poems: tuple[Entry, ...]
    grades: NDArray[np.float64]

    @classmethod
    def of_line(cls, line: str) -> Self:
        told = json.loads(line)
        form = Form(told["form"])
        ends = range(0, form.line_count * form.line_length, form.line_length)
        poems = (Entry(told["title"], tuple(text[at : at + form.line_length] for at in ends)) for text in told["poems"])
        return cls(form, tuple(poems), np.array(told["grades"], dtype=np.float64))

    def pairs(self) -> Iterator[Pair]:
        """Each two poems of which one is clearly better, this one first."""
        for better, worse in np.argwhere(self.grades[:, None] >= self.grades + APART).tolist():
            yield Pair(self.poems[better], self.poems[worse])


def graded(path: Path = GRADES) -> tuple[list[Group], list[Group]]:
    """All groups: those to fit something on, and those for testing."""
    groups = [Group.of_line(line) for line in path.read_text(encoding="utf-8").splitlines()]
    parts: tuple[list[Group], list[Group]] = ([], [])
    for number, group in enumerate(groups):
        parts[number // len(Form) % TESTED == 0].append(group)
    return parts


def chosen(groups: Sequence[Group], scores: Sequence[NDArray[np.float64]]) -> tuple[float, float, float]:
    """The mean grade of what is chosen by scores, one array for each group; of all; and of the best of each group."""
    taken = [group.grades[own.argmax()] for group, own in zip(groups, scores, strict=True)]
    return (
        float(np.mean(taken)),
        float(np.mean([group.grades.mean() for group in groups])),
        float(np.mean([group.grades.max() for group in groups])),
    )
