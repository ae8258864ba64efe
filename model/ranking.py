"""Which of many candidates is best.

Whatever holds a line of another's comes last. The others are ranked by a weighted sum of all that can be measured.
Every measure is taken from the mean of poets' poems of the form and divided by their spread; what is farther off than
some spreads counts no more, so that one measure does not decide alone. Means, spreads and weights stand in
`ranking.toml`; `python -m benchmarks.ranking` fits them to what readers prefer.
"""

import tomllib
from collections.abc import Callable, Collection, Mapping
from functools import cache
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from model.features import Features, Floats, Indices
from model.forms import Form

CAP = 5.0
FLOOR = -5.0
"""Spreads above and below the mean beyond which better is no better, and worse no worse."""

READ_AT_ONCE = 4
"""So many candidates are measured further at a time, before it is asked which can still be the best."""

TABLE = Path(__file__).with_name("ranking.toml")


class Measure(BaseModel):
    """How one measure counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    mean: float
    """Of poets' poems."""
    spread: Annotated[float, Field(gt=0)]
    """Standard deviation of poets' poems."""
    weight: float
    """Negative where less is better."""

    def score(self, values: Floats) -> Floats:
        """What the values add to the sum, (candidates,)."""
        sign = 1.0 if self.weight >= 0 else -1.0
        scores: Floats = abs(self.weight) * np.clip(sign * (values - self.mean) / self.spread, FLOOR, CAP)
        return scores


class Ranking(BaseModel):
    """What is wanted of the poems of one form."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    measures: Mapping[str, Measure]
    """By the names of features."""

    def scores(self, features: Features) -> Floats:
        """The weighted sum of the measures that were taken, (candidates,); the best is highest."""
        taken = {name: values for name in self.measures if (values := getattr(features, name)) is not None}
        scores = np.zeros(len(features.copies))
        for name, values in taken.items():
            scores += self.measures[name].score(values)
        return scores

    def counts(self, name: str) -> bool:
        """Whether a measure makes any difference."""
        return name in self.measures and self.measures[name].weight != 0

    def order(self, features: Features) -> Indices:
        """The candidates from the best to the worst, (candidates,); those that copy come last."""
        return np.lexsort((-self.scores(features), features.copies))

    def best(self, features: Features, read: Callable[[Indices], Features], late: Collection[str]) -> int:
        """The first in the order of all that could be measured, for which not all is measured of all.

        Args:
            features: of all candidates; but for measures that are dear.
            read: takes some candidates, and gives their features with these measures.
            late: their names.
        """
        order, scores = self.order(features), self.scores(features)
        room = sum(CAP * abs(self.measures[name].weight) for name in late if name in self.measures)
        # Copies do not depend on what is measured late.
        rivals = order[features.copies[order] == features.copies[order[0]]]
        best: tuple[float, int] = (-np.inf, 0)
        for number in range(0, len(rivals), READ_AT_ONCE):
            group = rivals[number : number + READ_AT_ONCE]
            if scores[group[0]] + room < best[0]:
                break
            # Of equals the one that stands first is taken.
            measured = zip(self.scores(read(group)).tolist(), (-group).tolist(), strict=True)
            best = max(best, *measured)
        return -best[1]


@cache
def rankings() -> Mapping[Form, Ranking]:
    """Those of the table, by form."""
    table = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return TypeAdapter(dict[Form, Ranking]).validate_python(table)
