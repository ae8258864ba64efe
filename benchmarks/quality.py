"""What the networks know and write, beside a 5-gram and the poets of the Tang.

python -m benchmarks.quality --corpus PATH [--weights FILE] [--also FILE …] [--count N] [--quick]

Perplexity on held-out poems; then poems with distinct starts, of each form as many, with and without the masks: what
they keep, repeat and copy, how parallel they are, whether they are about their themes, and what they cost.
"""

import argparse
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, cycle
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.foretelling import FLOORS, n_grams, networks, of_the_forms, perplexity_table
from benchmarks.machine import machine
from benchmarks.pingshui import PingShui
from benchmarks.timing import median_seconds
from model.corpus import SourcePoem, Splits, load_corpus, split_corpus
from model.evaluation.intervals import Share
from model.evaluation.keeping import Keeping
from model.evaluation.measuring import nats_per_poem
from model.evaluation.parallelism import Classes, Parallelism
from model.evaluation.quality import KnownTexts, Texture, Verse
from model.evaluation.themes import THEMES, ThemeClassifier
from model.forms import Form
from model.generation import Poet
from model.requests import PoemRequest, Rules
from model.script import Script
from model.shipped import SHIPPED, best_weights

COURSE = ("simple-rnn.safetensors", "gru.safetensors", "lstm.safetensors")
CANDIDATES = 64
AT_ONCE = 16
"""Poems that are asked for together."""


@dataclass(frozen=True, slots=True)
class Written:
    """A set of poems, with the form that each was to have."""

    poems: Sequence[Verse]
    wanted: Sequence[Form]
    seconds: float = 0.0
    """It took for each poem, where they were written here."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, help="in any format that python -m model corpus reads")
    parser.add_argument("--weights", type=Path, help="of the poet; the best shipped ones if left out")
    parser.add_argument("--also", type=Path, action="append", default=[], help="further weights to foretell with")
    parser.add_argument("--count", type=int, default=1_000, help="poems of each form")
    parser.add_argument("--song", action="store_true", help="also train the 5-grams on all of the corpus")
    parser.add_argument("--candidates", type=int, default=CANDIDATES, help="of which the best is taken")
    parser.add_argument("--quick", action="store_true", help="50 poems of each form, and 4 of each theme")
    parser.add_argument("--device", default="auto")
    options = parser.parse_args()
    count, of_theme = (50, 4) if options.quick else (options.count, 50)
    console = Console()
    splits = of_the_forms(split_corpus(load_corpus(options.corpus, dynasties=("tang",)).poems))
    everything = split_corpus(load_corpus(options.corpus).poems).train
    more = [poem for poem in everything if poem.form] if options.song else []
    weights = options.weights or best_weights()
    poet = Poet.load(weights, options.device)
    others = [path for path in (*map(SHIPPED.joinpath, COURSE), *options.also) if path != weights]
    poets = {_name(path): Poet.load(path, options.device) for path in others} | {_name(weights): poet}
    rows = n_grams(splits, more, floors=(2,) if options.quick else FLOORS) | networks(poets, splits.test)
    console.print(perplexity_table(rows, len(splits.test)))

    starts = first_characters(splits.train, poet, count)
    sets = {
        "Tang poets, held out": Written(splits.test, [poem.form for poem in splits.test if poem.form]),
        "network alone": write(poet, requests(starts, rules="length")),
        "with the masks, one draw": write(poet, requests(starts)),
        f"with the masks, best of {options.candidates}": write(poet, requests(starts, options.candidates)),
    }
    for table in tables(sets, splits.train, everything):
        console.print(table)
    console.print(theme_table(ThemeClassifier.fit(splits.train), splits, poet, of_theme, options.candidates))
    console.print(cost_table(poet, sets, options.candidates, repeats=3 if options.quick else 15))
    console.print(machine(), highlight=False)


def _name(path: Path) -> str:
    """What weights are called: by their file, or by the folder of the run that made them."""
    return path.parent.name if path.stem == "weights" else path.stem


def first_characters(poems: Sequence[SourcePoem], poet: Poet, count: int) -> list[str]:
    """The characters that most poems begin with, of those that the poet knows."""
    counts = Counter(poem.text[0] for poem in poems)
    known = [character for character, _ in counts.most_common() if character in poet.vocabulary]
    return known[:count]


def requests(starts: Sequence[str], candidates: int = 1, rules: Rules = "verse") -> list[PoemRequest]:
    """A poem of each form for each start."""
    return [
        PoemRequest(start=start, form=form, seed=seed, script=Script.HANT, candidates=candidates, rules=rules)
        for form in Form
        for seed, start in enumerate(starts)
    ]


def write(poet: Poet, wishes: Sequence[PoemRequest]) -> Written:
    """The poems that are wished for, each of a form, a few at once."""
    started = time.perf_counter()
    parts = [poet.compose_all(wishes[first : first + AT_ONCE]) for first in range(0, len(wishes), AT_ONCE)]
    seconds = (time.perf_counter() - started) / len(wishes)
    return Written(list(chain.from_iterable(parts)), [Form(wish.form or "") for wish in wishes], seconds)


def tables(sets: Mapping[str, Written], train: Sequence[SourcePoem], read: Sequence[SourcePoem]) -> Iterator[Table]:
    """What each set of poems keeps; what it repeats and copies; how parallel its 律诗 are.

    Args:
        sets: poems by their source.
        train: poems to learn from what is parallel.
        read: poems of which lines and sequences are known.
    """
    dictionary = PingShui()
    rules = Table(
        "poems", "number", "form", "tones strict", "lenient", "rhyme strict", "lenient", "all strict", "lenient",
        "not contradicted", title="form, tones and rhyme",
    )  # fmt: skip
    texture = Table(
        "poems", "distinct", "repeat a character", "distinct-2", "known lines", "all but one character", "known 7-grams"
    )  # fmt: skip
    parallel = Table(
        "律诗", "tones opposed", "no shared character", "agreement", "with a stranger", "own line preferred",
        title="对仗 of the middle couplets",
    )  # fmt: skip
    known, classes = KnownTexts(read), Classes.fit(train)
    for name, written in sets.items():
        keeping = Keeping.of(written.poems, written.wanted)
        agreed = Share.count(
            not dictionary.contradicts(poem.lines, form)
            for poem, form in zip(written.poems, written.wanted, strict=True)
        )
        senses = (keeping.strict, keeping.lenient)
        shares = [getattr(sense, part) for part in ("tones", "rhyme", "everything") for sense in senses]
        rules.add_row(name, f"{len(written.poems):,}", *map(str, (keeping.form, *shares, agreed)))
        seen = Texture.of(written.poems, written.wanted, known)
        copied = (seen.known_lines, seen.near_lines, seen.known_grams)
        texture.add_row(name, *map(str, (seen.distinct, seen.repeats, f"{seen.distinct_bigrams:.3f}", *copied)))
        found = Parallelism.of(written.poems, classes)
        means = (f"{found.agreement:.3f}", f"{found.strangers:.3f}")
        parallel.add_row(name, str(found.opposed), str(found.apart), *means, str(found.preferred))
    yield from (rules, texture, parallel)


def theme_table(classifier: ThemeClassifier, splits: Splits, poet: Poet, count: int, candidates: int) -> Table:
    """Whether a classifier that knows real titles finds the themes of so many poems of each."""
    table = Table("", "poems", "theme found", "mean of the themes", title=f"theme, chance {1 / len(THEMES):.1%}")
    real = classifier.held_out_accuracy([*splits.valid, *splits.test])
    themes = [theme for theme in THEMES for _ in range(count)]
    wishes = [
        PoemRequest(theme=theme, form=form, seed=seed, script=Script.HANT, candidates=candidates)
        for seed, (theme, form) in enumerate(zip(themes, cycle(Form), strict=False))
    ]
    own = classifier.accuracy([poem.lines for poem in write(poet, wishes).poems], themes)
    for name, found in (("poets, by their titles", real), ("with the masks", own)):
        table.add_row(name, f"{found.found.of:,}", str(found.found), f"{found.mean:.1%}")
    return table


def cost_table(poet: Poet, sets: Mapping[str, Written], candidates: int, repeats: int) -> Table:
    """Milliseconds a poem, and how likely the network finds what it wrote: the masks have their price."""
    table = Table("", "value", title=f"what it costs: the best of {candidates}")
    for form in Form:
        wish = PoemRequest(form=form, seed=1, candidates=candidates)
        milliseconds = 1e3 * median_seconds(partial(poet.compose_all, [wish]), repeats)
        table.add_row(f"one {form}", f"{milliseconds:.0f} ms")
    for name, written in sets.items():
        if written.seconds:
            table.add_row(f"{name}: {AT_ONCE} at once", f"{1e3 * written.seconds:.0f} ms a poem")
        table.add_row(f"{name}: nats a character", f"{nats_a_character(poet, written.poems):.3f}")
    return table


def nats_a_character(poet: Poet, poems: Sequence[Verse]) -> float:
    """How unlikely the network finds the poems, told nothing but their forms."""
    texts = ["".join(line + "，。"[number % 2] for number, line in enumerate(poem.lines)) for poem in poems]
    characters = sum(len(line) for poem in poems for line in poem.lines)
    return float(nats_per_poem(poet, [SourcePoem(text) for text in texts]).sum() / characters)


if __name__ == "__main__":
    main()
