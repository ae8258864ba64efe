"""What the command line does with a network: train, generate, evaluate."""

import argparse
import json
import shlex
import sys
from dataclasses import asdict

import torch
from rich.console import Console
from rich.table import Table

from model.addition.training import train_adder
from model.corpus import load_corpus, split_corpus
from model.device import choose_device
from model.errors import ModelError, TrainingError
from model.evaluation import perplexities
from model.generation import Poet
from model.poem_task import train_poet
from model.recipes import PoemRecipe, load_recipe
from model.requests import Poem
from model.run import RunFolder, RunOptions
from model.shipped import best_weights


def train(options: argparse.Namespace) -> int:
    """Train by a recipe. Returns 0 at the end, 130 when stopped before."""
    recipe = load_recipe(options.recipe, options.changes)
    if options.threads:
        torch.set_num_threads(options.threads)
    console = Console(stderr=True)
    device = choose_device(options.device)
    run = RunOptions(options.out, options.seed, device, options.resume, options.checkpoint_every)
    if isinstance(recipe, PoemRecipe):
        if options.corpus is None:
            raise TrainingError(
                "this recipe needs poems; add --corpus PATH (python -m model corpus download fetches them)"
            )
        with console.status("reading the corpus"):
            corpus = load_corpus(options.corpus, dynasties=recipe.dynasties)
        finished = train_poet(options.recipe, recipe, corpus, run, console)
    else:
        finished = train_adder(options.recipe, recipe, run, console)
    if not finished:
        again = [argument for argument in sys.argv[1:] if argument != "--resume"]
        print("stopped and saved; go on with:", file=sys.stderr)
        print(f"python -m model {shlex.join([*again, '--resume'])}", file=sys.stderr)
        return 130
    console.print(f"weights: {RunFolder(options.out).weights}", highlight=False, soft_wrap=True)
    return 0


def generate(options: argparse.Namespace) -> int:
    """Write poems and print them."""
    poet = Poet.load(options.weights or best_weights(), options.device)
    for poem in _compose(poet, options):
        print(json.dumps(_as_json(poem), ensure_ascii=False) if options.json else poem.text + "\n")
    return 0


def _compose(poet: Poet, options: argparse.Namespace) -> list[Poem]:
    try:
        return poet.compose(
            options.start,
            options.form,
            options.count,
            options.seed,
            temperature=options.temperature,
            top_k=options.top_k,
            top_p=options.top_p,
            candidates=options.candidates,
            script=options.script,
            on_unknown=options.on_unknown,
        )
    except ValueError as error:
        raise ModelError(str(error)) from None


def _as_json(poem: Poem) -> dict[str, object]:
    fields = asdict(poem)
    request = fields.pop("request")
    options = {name: request[name] for name in ("temperature", "top_k", "top_p", "candidates")}
    return fields | {"options": options}


def evaluate(options: argparse.Namespace) -> int:
    """Measure weights on poems and print the figures."""
    poet = Poet.load(options.weights, options.device)
    corpus = load_corpus(options.poems, options.dynasty)
    poems = split_corpus(corpus.poems).test if options.held_out else corpus.poems
    left_out = corpus.report.read - len(corpus.poems)
    if left_out:
        print(
            f"{left_out:,} of {corpus.report.read:,} poems are left out; corpus stats says why",
            file=sys.stderr,
        )
    if not poems:
        raise ModelError(
            f"{options.poems} holds no poem of the test split; leave out --held-out to measure on all of it"
        )
    table = perplexities(poet, poems)
    everything = table.pop("all")
    if options.json:
        figures = asdict(everything) | {
            "weights": poet.weights,
            "by_form": {name: asdict(row) for name, row in table.items()},
        }
        print(json.dumps(figures, ensure_ascii=False))
        return 0
    shown = Table("form", "poems", "characters", "perplexity per character", "95 % interval")
    for name, row in [("all", everything), *table.items()]:
        interval = f"{row.low:.1f} to {row.high:.1f}"
        shown.add_row(name, f"{row.poems:,}", f"{row.characters:,}", f"{row.perplexity_per_character:.1f}", interval)
    Console().print(shown)
    return 0
