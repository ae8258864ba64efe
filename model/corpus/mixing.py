"""Poems that people love, mixed with old ones, so that a network learns a taste and unlearns nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from model.corpus.held_out import shipped
from model.corpus.lines import LineTable, mix
from model.corpus.loading import load_corpus
from model.corpus.splits import compare, split_corpus
from model.corpus.taking import write_file, write_poems
from model.errors import CorpusError
from model.script import convert

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from model.corpus.poems import SourcePoem

HELD_OUT_SHARE: Final = 0.25
"""Of the loved poems; they are few."""
OLD_FOR_EACH: Final = 3
"""Old poems for each reading of a loved one."""
FEWEST_OLD: Final = 2_000
TRAINING: Final = "training"
HELD_OUT: Final = "held-out.json"


@dataclass(frozen=True, slots=True)
class Mixture:
    """How many poems are in it.

    Attributes:
        loved: loved poems to learn from.
        readings: how often they are read in an epoch: each as often as its weight.
        held_out: loved poems to judge by.
        old: poems of the base corpus.
    """

    loved: int
    readings: int
    held_out: int
    old: int


def mix_corpora(loved: Path, base: Path, folder: Path) -> Mixture:
    """Write `training`, a folder of loved and old poems, and `held-out.json`, loved poems that are not among them.

    Which poems are held out, and which old ones are taken, their hashes decide: the same at every call.

    Args:
        loved: a corpus; a poem's `weight` says how often it is read.
        base: another, from which the old poems come, Tang poems where it has any.
        folder: where to.

    Raises:
        CorpusError: one of them cannot be read, too few loved poems are there, or nothing can be written.
    """
    old = load_corpus(base)
    tang = [poem for poem in old.poems if poem.dynasty == "tang"] or old.poems
    # Both in one script: a corpus is in that which most of its poems are in.
    new = [replace(poem, text=convert(poem.text, old.script)) for poem in load_corpus(loved).poems]
    train, held_out = _part(new)
    if not train or not held_out:
        raise CorpusError(
            f"{len(new)} loved poems are too few: some have to be held out to judge by; wait for more", "no_poems"
        )
    readings = sum(poem.weight for poem in train)
    some = _draw(tang, max(FEWEST_OLD, OLD_FOR_EACH * readings))
    write_file(folder / HELD_OUT, held_out)
    write_file(folder / TRAINING / "loved.json", train)
    write_poems(folder / TRAINING, "old", some)
    return Mixture(len(train), readings, len(held_out), len(some))


def _part(poems: Sequence[SourcePoem]) -> tuple[list[SourcePoem], list[SourcePoem]]:
    """Poems to learn from and poems to judge by, which have no line in common; those near a listed poem are neither."""
    table = LineTable.of(poems)
    near, groups = compare(table, shipped())
    smallest = np.full(len(poems), np.iinfo(np.uint64).max, dtype=np.uint64)
    np.minimum.at(smallest, groups, table.poems)
    held_out = mix(smallest[groups]) / np.float64(2**64) < HELD_OUT_SHARE
    train = [poems[number] for number in np.flatnonzero(~near & ~held_out).tolist()]
    return train, [poems[number] for number in np.flatnonzero(~near & held_out).tolist()]


def _draw(poems: Sequence[SourcePoem], count: int) -> list[SourcePoem]:
    """So many poems to learn from, by their hashes, and all those that the list keeps for validation."""
    splits = split_corpus(poems)
    order = np.argsort(mix(LineTable.of(splits.train).poems), kind="stable")
    valid = [
        poem
        for poem, listed in zip(splits.valid, shipped().lists_valid(LineTable.of(splits.valid).poems), strict=True)
        if listed
    ]
    return [*valid, *(splits.train[number] for number in order[:count].tolist())]
