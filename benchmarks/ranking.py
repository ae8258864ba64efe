"""Fits the ranking to poets' poems and to grades of ours, and says of others how often it prefers the better one.

python -m benchmarks.ranking --corpus PATH [--weights FILE] [--out FILE]

A poem is set beside the same with one line of another poem of the same form, place, line type and rhyme group; beside
the same with its couplets exchanged; and, with weights, beside one that they wrote. Beside these stand pairs of poems
of ours of which readers graded one higher, who knew no more of them: `grades.py`. Without weights only the measures
that are read off the texts are used.

With other weights, fit anew: `--weights data/models/poet.safetensors --out model/ranking.toml`. That takes ten minutes
of one core; the tables that are printed, of poems that were not in the fit, belong in the README.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from benchmarks.grades import Group, chosen, graded
from benchmarks.mask_costs import mask_costs
from benchmarks.rivals import Entry, Pair, against, couplet_exchanges, line_swaps, of_form
from benchmarks.taste import held_out
from model.corpus import SourcePoem, load_corpus, split_corpus
from model.features import Features
from model.forms import Form
from model.generation import Poet
from model.novelty import LineFilter
from model.ranking import Measure, Ranking
from model.scoring import LineScorer
from model.script import Script

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

SIGNS = {
    "collocations": 1,
    "rhymes": 1,
    "couplets": 1,
    "unity": 1,
    "order": 1,
    "parallelism": 1,
    "cliches": -1,
    "repeats": -1,
    "taste": 1,
    "likelihood": 1,
    "closing": 1,
    "coherence": 1,
    "theme": 1,
    "masks": 1,
}
"""Whether more of a measure is better; no weight is fitted that says otherwise."""
SWAPPED, EXCHANGED, OWN = "a line swapped", "couplets exchanged", "the network's own"
READ = "preferred by readers"
SHARES = {SWAPPED: 1.0, EXCHANGED: 0.3, OWN: 0.1, READ: 3.0}
"""How much each kind of pair has to say in the fit.

What readers prefer among our own poems is what the ranking is for. Pairs with poets' poems pull the other way: ours
hold together more than these by any measure, and a fit that heeds them learns to prefer what does not.
"""
FAMILIES = ((Form.WUJUE, Form.QIJUE), (Form.WULV, Form.QILV))
"""Forms that share their weights; each has its own means and spreads."""
SWAPS = 4
PRIOR, DECAY = 0.5, 0.05
"""The weights stay near to this, and how firmly: a measure that says the same as another in these pairs need not do so
among candidates."""
STEPS = 5_000

# What a network finds better in its own poems than in all others: pairs of these tell nothing of it.
_NETWORKS = {"likelihood", "closing", "coherence", "theme"}
_NOTHING = LineFilter.of([])  # held-out poems stand in the corpus: copies tell nothing here


@dataclass(frozen=True)
class Sample:
    """Poems of one form as measured, and which are to be preferred to which."""

    features: Features
    """Of all that stand in a pair."""
    real: Indices
    """Which of them are poets'."""
    pairs: Mapping[str, tuple[Indices, Indices]]
    """The better and the worse ones, by what is wrong with these."""

    @classmethod
    def of(
        cls,
        poems: Sequence[SourcePoem],
        form: Form,
        poet: Poet | None,
        groups: Sequence[Group],
        tastes: Sequence[Floats] | None = None,
    ) -> "Sample":
        """Measure poems and their rivals.

        Args:
            poems: poets' own, of any form.
            form: of those that are taken.
            poet: writes rivals, and reads all of them.
            groups: graded poems, of any form.
            tastes: of the poems of each group; measured as the table has it where left out.
        """
        poems = of_form(poems, form)
        kinds = {SWAPPED: line_swaps(poems, Random(0), SWAPS), EXCHANGED: couplet_exchanges(poems)}
        if own := [pair for group in groups if group.form is form for pair in group.pairs()]:
            kinds[READ] = own
        if poet:
            kinds[OWN] = against(poems, write(poet, form, len(poems)))
        real = [Entry(poem.title, poem.lines) for poem in poems]
        entries = sorted({*real, *(entry for pairs in kinds.values() for pair in pairs for entry in pair)})
        number = {entry: place for place, entry in enumerate(entries)}

        def places(pairs: Sequence[Pair]) -> tuple[Indices, Indices]:
            better, worse = np.array([[number[entry] for entry in pair] for pair in pairs]).T
            return better, worse

        features = measure(entries, form, poet)
        for group, values in zip(groups, tastes or (), strict=bool(tastes)):
            for entry, taste in zip(group.poems, values.tolist(), strict=True):
                if group.form is form and entry in number:
                    features.taste[number[entry]] = taste
        return cls(
            features=features,
            real=np.array([number[entry] for entry in real]),
            pairs={kind: places(pairs) for kind, pairs in kinds.items()},
        )

    def of_real(self, name: str) -> Floats:
        """One measure of the poets' poems; empty where it was not taken."""
        values = getattr(self.features, name)
        return np.zeros(0) if values is None else values[self.real]


def write(poet: Poet, form: Form, count: int) -> list[tuple[str, ...]]:
    """Poems of the network, none of them chosen."""
    return [poem.lines for poem in poet.compose(form=form, count=count, seed=0, script=Script.HANT)]


def measure(entries: Sequence[Entry], form: Form, poet: Poet | None) -> Features:
    """The measures of texts, with those of a network where one is given; entries of one title stand together.

    A network that can be told the tones is told them: all candidates keep theirs, so that these must not count.
    """
    poems = [entry.lines for entry in entries]
    found = Features.of(poems, form, known=_NOTHING)
    if poet is None:
        return found
    scorer = LineScorer(poet.stepper, poet.vocabulary, form)
    titled = costs = None
    if poet.configuration.told:
        costs = mask_costs(poet, poems, form).mean(axis=1)
        groups = groupby(entries, key=attrgetter("title"))
        titled = np.concatenate(
            [scorer.together([entry.lines for entry in group], title, tones=True) for title, group in groups]
        )
    together = scorer.together(poems, tones=True)
    likely = found.with_likelihood(together, costs)
    return likely.with_coherence(together, scorer.alone(poems, tones=True), titled)


def fit_family(samples: Mapping[Form, Sample]) -> dict[Form, Ranking]:
    """The rankings of forms that share their weights."""
    names = [name for name in SIGNS if all(len(np.unique(sample.of_real(name))) > 1 for sample in samples.values())]
    plain = {
        form: {name: Measure(mean=real.mean(), spread=real.std(), weight=SIGNS[name]) for name, real in of_real.items()}
        for form, sample in samples.items()
        for of_real in [{name: sample.of_real(name) for name in names}]
    }
    kinds: dict[str, list[Floats]] = {}
    for form, sample in samples.items():
        scores = np.stack([plain[form][name].score(getattr(sample.features, name)) for name in names], axis=1)
        for kind, (better, worse) in sample.pairs.items():
            differences = scores[better] - scores[worse]
            if kind == OWN:
                differences[:, [name in _NETWORKS for name in names]] = 0
            kinds.setdefault(kind, []).append(differences)
    weights = fit({kind: np.concatenate(parts) for kind, parts in kinds.items()})
    return {
        form: Ranking(
            measures={
                name: plain[form][name].model_copy(update={"weight": SIGNS[name] * weight})
                for name, weight in zip(names, weights.tolist(), strict=True)
            },
        )
        for form, sample in samples.items()
    }


def fit(kinds: Mapping[str, Floats]) -> Floats:
    """Weights of zero or more by which the first poem of a pair is preferred.

    Logistic regression on differences (Bradley & Terry 1952), with a normal prior, by projected gradient descent.

    Args:
        kinds: differences of measures, (pairs, measures), of each kind of pair.

    Returns:
        (measures,)
    """
    rows = np.concatenate(list(kinds.values()))
    shares = np.concatenate([np.full(len(pairs), SHARES[kind] / len(pairs)) for kind, pairs in kinds.items()])
    weights = np.zeros(rows.shape[1])
    # The logistic loss bends by a quarter at most.
    step = 1 / (DECAY + np.linalg.norm(rows.T * shares @ rows, 2) / 4)
    for _ in range(STEPS):
        slope = DECAY * (weights - PRIOR) - rows.T @ (shares / (1 + np.exp(rows @ weights)))
        weights = np.maximum(weights - step * slope, 0)
    return weights


def preferred(ranking: Ranking, sample: Sample, kind: str) -> Floats:
    """For each pair 1 where the first is preferred, one half where neither is."""
    scores = ranking.scores(sample.features)
    better, worse = sample.pairs[kind]
    return (np.sign(scores[better] - scores[worse]) + 1) / 2


def choose(rankings: Mapping[Form, Ranking], groups: Sequence[Group], poet: Poet | None) -> tuple[float, float, float]:
    """The mean grade of what the rankings choose of each group; of all poems; and of the best of each group."""
    scores = [rankings[group.form].scores(measure(group.poems, group.form, poet)) for group in groups]
    return chosen(groups, scores)


def as_table(rankings: Mapping[Form, Ranking], samples: Mapping[Form, Sample]) -> Table:
    """How often the real poem is preferred."""
    table = Table("real poem preferred", *rankings, "all", "pairs")
    for kind in next(iter(samples.values())).pairs:
        found = [preferred(rankings[form], sample, kind) for form, sample in samples.items()]
        found.append(np.concatenate(found))
        table.add_row(kind, *(f"{values.mean():.1%}" for values in found), str(len(found[-1])))
    return table


def as_toml(rankings: Mapping[Form, Ranking], source: str) -> str:
    """The text of `model/ranking.toml`."""
    lines = [f"# What is wanted of a poem, by form; fitted by python -m benchmarks.ranking with {source}."]
    for form, ranking in rankings.items():
        lines += ["", f'["{form}".measures]']
        for name, own in ranking.measures.items():
            weight = round(own.weight, 3) + 0.0  # no −0
            lines.append(f"{name} = {{ mean = {own.mean:.4f}, spread = {own.spread:.4f}, weight = {weight} }}")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--out", type=Path, help="write the table of weights there")
    options = parser.parse_args()
    splits = split_corpus(load_corpus(options.corpus, ["tang"]).poems)
    poet = Poet.load(options.weights, "cpu") if options.weights else None
    learned, tested = graded()
    # The table of likings was fitted to these grades: they must not be told by it what they told it.
    tastes = held_out(learned)
    rankings: dict[Form, Ranking] = {}
    for family in FAMILIES:
        rankings |= fit_family({form: Sample.of(splits.valid, form, poet, learned, tastes) for form in family})
    console = Console()
    text = as_toml(rankings, f"weights {poet.weights}" if poet else "no weights")
    if options.out:
        options.out.write_text(text, encoding="utf-8")
    else:
        console.print(text, highlight=False)
    console.print(as_table(rankings, {form: Sample.of(splits.test, form, poet, tested) for form in rankings}))
    taken, all_poems, best = choose(rankings, tested, poet)
    console.print(f"grades: chosen {taken:.2f}, all {all_poems:.2f}, the best of each group {best:.2f}")


if __name__ == "__main__":
    main()
