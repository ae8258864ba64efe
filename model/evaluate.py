"""What the command line does with a network and poems: measure it. Needs no torch on a processor."""

import argparse
import json
import sys
from dataclasses import asdict

from rich.console import Console
from rich.table import Table

from model.corpus import Rule, SourcePoem, load_corpus, split_corpus
from model.corpus.every import load_every_poem
from model.errors import ModelError
from model.evaluation.measuring import perplexities, perplexities_told_more
from model.evaluation.perplexity import Perplexity
from model.evaluation.versus import keeps_verse, versus
from model.generation import Poet
from model.threads import share_among


def evaluate(options: argparse.Namespace) -> int:
    """Measure weights on poems and print the figures."""
    if options.threads:
        share_among(options.threads)
    poet = Poet.load(options.weights, options.device)
    poems = _poems_to_judge(options)
    other = versus(poet, Poet.load(options.against, options.device), poems) if options.against else None
    verse = keeps_verse(poet, options.verse) if options.verse else None
    rows = perplexities(poet, poems)
    everything, by_form = rows["all"], {name: row for name, row in rows.items() if name != "all"}
    told: dict[str, Perplexity] = {}
    regular = [poem for poem in poems if poem.form]
    if options.told and poet.configuration.told and regular:
        told["titles"] = perplexities_told_more(poet, regular, titles=True)["all"]
        told["tones"] = perplexities_told_more(poet, regular, tones=True)["all"]
    if options.json:
        figures = asdict(everything) | {
            "weights": poet.weights,
            "by_form": {name: asdict(row) for name, row in by_form.items()},
            **({"told": {name: asdict(row) for name, row in told.items()}} if options.told else {}),
            **({"versus": asdict(other) | {"better": other.better, "ratio": other.ratio}} if other else {}),
            **({"verse": asdict(verse)} if verse else {}),
        }
        print(json.dumps(figures, ensure_ascii=False))
        return 0
    shown = Table("form", "poems", "characters", "perplexity per character", "95 % interval")
    beside = {f"the four forms, told their {name}": row for name, row in told.items()}
    for name, row in [("all", everything), *by_form.items(), *beside.items()]:
        interval = f"{row.low:.1f} to {row.high:.1f}"
        shown.add_row(name, f"{row.poems:,}", f"{row.characters:,}", f"{row.perplexity_per_character:.1f}", interval)
    console = Console()
    console.print(shown)
    if other is not None:
        console.print(
            f"bits per character: {other.bits:.4f}, the others {other.against:.4f}; "
            f"difference {other.difference:+.4f}, 95 % interval {other.low:+.4f} to {other.high:+.4f}"
        )
    if verse is not None:
        console.print(f"poems that keep form, tones and rhyme: {verse.hits} of {verse.of}")
    return 0


def _poems_to_judge(options: argparse.Namespace) -> list[SourcePoem]:
    """All poems of the file; of a corpus that is split, as training splits it, those of the test split."""
    if options.held_out:
        poems = split_corpus(load_corpus(options.poems, options.dynasty).poems).test
        if not poems:
            raise ModelError(
                f"{options.poems} holds no poem of the test split; leave out --held-out to measure on all of it"
            )
        return poems
    poems, report = load_every_poem(options.poems, options.dynasty)
    if report.read > len(poems):
        print(f"left out: poems without Chinese characters ({report.read - len(poems):,})", file=sys.stderr)
    taken_out = report.changed[Rule.NOTES] + report.changed[Rule.FOOTNOTES]
    if taken_out:
        print(f"left out: notes in brackets, which are no part of the poems ({taken_out:,})", file=sys.stderr)
    return poems
