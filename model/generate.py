"""What the command line does with a network alone: write poems. Needs no torch on a processor."""

import argparse
import json
from dataclasses import asdict

from model.errors import ModelError
from model.generation import Poet
from model.requests import Poem
from model.shipped import best_weights

_OPTIONS = ("theme", "heads", "rules", "temperature", "top_k", "top_p", "candidates")


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
            theme=options.theme,
            heads=options.heads,
            rules=options.rules,
            script=options.script,
            on_unknown=options.on_unknown,
        )
    except ValueError as error:
        raise ModelError(str(error)) from None


def _as_json(poem: Poem) -> dict[str, object]:
    fields = asdict(poem)
    request = fields.pop("request")
    options = {name: request[name] for name in _OPTIONS}
    return fields | {"options": options}
