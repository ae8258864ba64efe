"""Fits how well readers like characters: python -m benchmarks.taste [--out model/likings.txt]

By how much does a poem's grade differ with each character in it? Ridge regression of the grades, less the mean of their
group, on the shares of characters in the poems, less the means of theirs: a group's poems have a title and a reader in
common, so that neither counts. Without `--out` it says only how often the better of two poems of a group is told by it:
on groups that were not in the fit. It takes seconds.
"""

import argparse
from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path
from typing import Final

import numpy as np

from benchmarks.grades import Group, graded
from model.taste import taste

FEWEST: Final = 5
"""Of poems in which a character must stand for its liking to be fitted."""
RIDGE: Final = 1e-4
"""How firmly likings are held near zero, in shares of a poem squared; chosen among seven by cross-validation."""
FOLDS: Final = 10

Likings = Mapping[str, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, help="write the table there")
    options = parser.parse_args()
    learned, tested = graded()
    found = fit(learned)
    told, pairs = told_right(tested, found)
    print(f"the better of two told by its characters in {told / pairs:.1%} of {pairs:,} pairs ({len(tested)} groups)")
    if options.out:
        options.out.write_text(as_text(found, learned), encoding="utf-8")


def fit(groups: Sequence[Group]) -> dict[str, float]:
    """How well each character is liked, in grades; of those that stand in poems enough."""
    poems = [entry.lines for group in groups for entry in group.poems]
    standing = Counter(character for lines in poems for character in set("".join(lines)))
    characters = sorted(character for character, count in standing.items() if count >= FEWEST)
    number = {character: place for place, character in enumerate(characters)}
    shares = np.zeros((len(poems), len(characters)))
    for row, lines in enumerate(poems):
        text = "".join(lines)
        for character in text:
            if character in number:
                shares[row, number[character]] += 1 / len(text)
    ends = np.cumsum([len(group.poems) for group in groups])[:-1]
    centred = np.concatenate([part - part.mean(axis=0) for part in np.split(shares, ends)])
    grades = np.concatenate([group.grades - group.grades.mean() for group in groups])
    # As many equations as characters or as poems: the smaller system has the same solution.
    weights = np.linalg.solve(centred.T @ centred + RIDGE * len(poems) * np.eye(len(characters)), centred.T @ grades)
    return dict(zip(characters, weights.tolist(), strict=True))


def held_out(groups: Sequence[Group]) -> list[np.ndarray]:
    """The taste of the poems of each group, by a fit to the others: it has not seen their grades."""
    found: list[np.ndarray] = [np.zeros(0)] * len(groups)
    for fold in range(FOLDS):
        likings = fit([group for number, group in enumerate(groups) if number % FOLDS != fold])
        for number in range(fold, len(groups), FOLDS):
            found[number] = taste([entry.lines for entry in groups[number].poems], likings)
    return found


def told_right(groups: Sequence[Group], likings: Likings) -> tuple[float, int]:
    """In how many pairs the better poem has the better taste (one half where neither has), and how many there are."""
    pairs = [pair for group in groups for pair in group.pairs()]
    better, worse = (taste([getattr(pair, side).lines for pair in pairs], likings) for side in ("better", "worse"))
    return float(((np.sign(better - worse) + 1) / 2).sum()), len(pairs)


def as_text(likings: Likings, groups: Sequence[Group]) -> str:
    """The text of `model/likings.txt`: the characters of each liking, the most liked first."""
    count = sum(len(group.poems) for group in groups)
    lines = [f"# benchmarks/taste.py with {count:,} graded poems: a liking in grades, and the characters that have it"]
    ordered = sorted(likings, key=lambda character: (-round(likings[character], 1), character))
    for liking, characters in groupby(ordered, key=lambda character: round(likings[character], 1) + 0.0):
        lines.append(f"{liking:+.1f} {''.join(characters)}")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
