"""Measures what `facts.toml` holds."""

from collections.abc import Sequence

from model.corpus import SourcePoem
from model.errors import ModelError
from model.evaluation.measuring import perplexities
from model.generation import Poet
from model.insight.facts import CellFacts, Facts
from model.insight.influence import REACH, influence
from model.network import PoemNetwork
from model.recipes import Cell, PoemRecipe
from model.script import convert


def measure(poets: dict[Cell, Poet], poems: Sequence[SourcePoem], count: int) -> Facts:
    """How well each network foretells the poems, and how far influence reaches in it, trained and untrained.

    Args:
        poets: the networks, with the headers of their files.
        poems: held-out poems of the four forms.
        count: how many of them, the first that are long enough, the influence is a mean over.

    Raises:
        ModelError: if there are not so many.
    """
    long = [poem for poem in poems if len(poem.text) >= REACH + 2][:count]
    if len(long) < count:
        raise ModelError(f"there are {len(long):,} held-out poems that are long enough; ask for fewer with --count")
    return Facts(
        poems=count,
        foretold=len(poems),
        cells={cell: _measure(poet, poems, long) for cell, poet in poets.items()},
    )


def _measure(poet: Poet, poems: Sequence[SourcePoem], long: Sequence[SourcePoem]) -> CellFacts:
    texts = [convert(poem.text, poet.script) for poem in long]
    header = poet.header
    if header is None:
        raise ModelError("a network without a file cannot be drawn anew")
    recipe = PoemRecipe.model_validate(header.settings)
    first = PoemNetwork.drawn(recipe, len(poet.vocabulary), header.seed)
    trained, untrained = (influence(network, poet.vocabulary, texts).mean(axis=0) for network in (poet.network, first))
    return CellFacts(
        weights=poet.weights,
        parameters=poet.configuration.size,
        hidden=poet.configuration.hidden,
        perplexity=round(perplexities(poet, poems)["all"].perplexity_per_character),  # decimals are another machine's
        trained=tuple(float(f"{value:.4g}") for value in trained),
        untrained=tuple(float(f"{value:.4g}") for value in untrained),
    )


def as_toml(facts: Facts) -> str:
    """The table as it is committed."""
    lines = [
        "# Measured on the three networks that are compared, on Tang poems that no training saw; read by facts.py.",
        "# Written by: python -m model influence --poems chinese-poetry.tar.xz > model/insight/facts.toml",
        "",
        f"poems = {facts.poems}",
        f"foretold = {facts.foretold}",
    ]
    for cell, own in facts.cells.items():
        lines += ["", f"[cells.{cell}]"]
        lines += [f'weights = "{own.weights}"'] + [
            f"{name} = {getattr(own, name)}" for name in ("parameters", "hidden", "perplexity")
        ]
        lines += [f"{name} = {list(getattr(own, name))}" for name in ("trained", "untrained")]
    return "\n".join(lines)
