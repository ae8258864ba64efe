"""How well a network foretells poems that it has not seen."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from model.batches import PoemTable, in_order
from model.corpus import SourcePoem
from model.evaluation.perplexity import Perplexity, perplexity_by_form
from model.generation import Poet
from model.scoring import LineScorer
from model.script import convert
from model.verses import VerseTable
from model.vocabulary import COMMA, END, PAD, STOP, UNKNOWN, Vocabulary

ROWS = 64


def perplexities(poet: Poet, poems: Sequence[SourcePoem]) -> dict[str, Perplexity]:
    """Perplexity per Chinese character, of all poems and by form.

    Every character of the poems counts, given the form (to a network with slot inputs) and all that stands before it;
    neither the title nor the tones are told. Marks and the end are not counted. A character that the vocabulary lacks
    costs −log(p(unknown) / u), where u is the number of different such characters in these poems: a distribution over
    all characters that occur.

    Args:
        poet: the network to judge; the poems are turned into its script.
        poems: what to foretell.

    Returns:
        By form (五绝 …, "other"), and under "all" for everything.

    Raises:
        ValueError: for no poems.
    """
    return perplexity_by_form(poems, nats_per_poem(poet, poems))


def perplexities_told_more(
    poet: Poet, poems: Sequence[SourcePoem], *, titles: bool = False, tones: bool = False
) -> dict[str, Perplexity]:
    """The same where a network with slot inputs is told the titles or the tones too: part of the answer.

    Args:
        poet: the network to judge.
        poems: what to foretell; poems of no form are not allowed.
        titles, tones: what is told.

    Raises:
        ValueError: for no poems, or a poem of no form.
    """
    poems = _in_script(poet, poems)
    nats = _spelling(poet, poems)
    for form in {poem.form for poem in poems}:
        if form is None:
            raise ValueError("a poem of no form has no places of which more could be told")
        scorer = LineScorer(poet.stepper, poet.vocabulary, form)
        rows = [row for row, poem in enumerate(poems) if poem.form is form]
        groups = [[row] for row in rows] if titles else [rows]
        for group in groups:
            title = poems[group[0]].title if titles else ""
            nats[group] -= scorer.together([poems[row].lines for row in group], title, tones=tones).sum(axis=1)
    return perplexity_by_form(poems, nats)


def nats_per_poem(poet: Poet, poems: Sequence[SourcePoem]) -> NDArray[np.float64]:
    """−log-likelihood of each poem's Chinese characters, (poems,), in nats; see `perplexities`.

    Raises:
        ValueError: for no poems.
    """
    if not poems:
        raise ValueError("there are no poems to evaluate")
    poems = _in_script(poet, poems)
    table = VerseTable(poems, poet.vocabulary) if poet.configuration.told else _plain_table(poems, poet.vocabulary)
    marks = [PAD, END, *(poet.vocabulary.id_of(mark) for mark in (COMMA, STOP))]
    nats = _spelling(poet, poems)
    for rows in in_order(table.lengths, ROWS):
        batch = table.batch(rows)
        found = poet.stepper.log_probabilities(batch.inputs, batch.targets, batch.told)
        nats[rows] -= (found * ~np.isin(batch.targets, marks)).sum(axis=1, dtype=np.float64)
    return nats


def _plain_table(poems: Sequence[SourcePoem], vocabulary: Vocabulary) -> PoemTable:
    return PoemTable([poem.text for poem in poems], vocabulary)


def _in_script(poet: Poet, poems: Sequence[SourcePoem]) -> list[SourcePoem]:
    return [replace(poem, text=convert(poem.text, poet.script)) for poem in poems]


def _spelling(poet: Poet, poems: Sequence[SourcePoem]) -> NDArray[np.float64]:
    """What it costs each poem to say which unknown characters it has, (poems,), in nats."""
    encoded = [poet.vocabulary.encode("".join(poem.lines)) for poem in poems]
    unseen = {
        character for poem in poems for line in poem.lines for character in line if character not in poet.vocabulary
    }
    return np.array([ids.count(UNKNOWN) for ids in encoded]) * math.log(max(len(unseen), 1))
