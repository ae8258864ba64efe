"""Perplexity per Chinese character on held-out Tang poems of the four forms: n-grams and networks side by side."""

import math
from collections.abc import Mapping, Sequence
from itertools import product

from rich.table import Table

from model.corpus import SourcePoem, Splits
from model.evaluation.kneser_ney import KneserNey, LineEnds
from model.evaluation.measuring import perplexities, perplexities_told_more
from model.evaluation.perplexity import Perplexity, perplexity_by_form
from model.forms import Form
from model.generation import Poet

FLOORS = (1, 2, 3)
Rows = dict[str, Mapping[str, Perplexity]]


def of_the_forms(splits: Splits) -> Splits:
    """The poems of the four forms alone."""
    train, valid, test = ([poem for poem in poems if poem.form] for poems in (splits.train, splits.valid, splits.test))
    return Splits(train, valid, test, splits.dropped)


def n_grams(splits: Splits, more: Sequence[SourcePoem] = (), floors: Sequence[int] = FLOORS) -> Rows:
    """The 5-gram that knows of each poem its form as a token before it, and the one that does best on validation.

    Args:
        splits: what stands between lines and which characters are unknown is chosen on the validation poems.
        more: a larger set to train both on once more, so chosen; none if empty.
        floors: how rare unknown characters may be.
    """
    rows: Rows = {}
    for name, choices in (("5-gram", [LineEnds.NOTHING]), ("5-gram, line ends shown", [LineEnds.MARK, LineEnds.PLACE])):
        chosen, best = (LineEnds.NOTHING, 1), math.inf
        for line_ends, floor in product(choices, floors):
            model = KneserNey.fit(splits.train, line_ends=line_ends, floor=floor)
            nats = float(model.nats(splits.valid).sum())
            if nats < best:
                chosen, best = (line_ends, floor), nats
                rows[name] = perplexity_by_form(splits.test, model.nats(splits.test))
        if more:
            model = KneserNey.fit(more, line_ends=chosen[0], floor=chosen[1])
            rows[f"{name}, Song added"] = perplexity_by_form(splits.test, model.nats(splits.test))
    return rows


def networks(poets: Mapping[str, Poet], poems: Sequence[SourcePoem]) -> Rows:
    """A row for each network; for one that can be told more, also what that makes of it."""
    rows: Rows = {}
    for name, poet in poets.items():
        rows[name] = perplexities(poet, poems)
        if poet.configuration.told:
            rows[f"{name}, told the titles"] = perplexities_told_more(poet, poems, titles=True)
            rows[f"{name}, told the tones"] = perplexities_told_more(poet, poems, tones=True)
    return rows


def perplexity_table(rows: Rows, poems: int) -> Table:
    """All rows, with their share of the first one."""
    table = Table("", "all", *Form, "of the 5-gram", title=f"perplexity per character, {poems:,} held-out poems")
    first = next(iter(rows.values()))["all"].perplexity_per_character
    for name, row in rows.items():
        cells = [
            f"{found.perplexity_per_character:.1f} ({found.low:.0f}–{found.high:.0f})" if found else "–"
            for found in (row.get(key) for key in ("all", *Form))
        ]
        table.add_row(name, *cells, f"{row['all'].perplexity_per_character / first:.1%}")
    return table
