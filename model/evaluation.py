"""How well a network foretells poems that it has not seen."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from model.batches import PoemTable
from model.corpus import SourcePoem
from model.generation import Poet
from model.script import convert
from model.vocabulary import COMMA, PAD, STOP, UNKNOWN

ROWS = 64
RESAMPLES = 2_000


@dataclass(frozen=True, slots=True)
class Perplexity:
    """Perplexity per Chinese character, with a 95 % interval that the bootstrap over poems gives."""

    poems: int
    characters: int
    perplexity_per_character: float
    low: float
    high: float


def perplexities(poet: Poet, poems: Sequence[SourcePoem]) -> dict[str, Perplexity]:
    """Perplexity per Chinese character, of all poems and by form.

    Every character of the poems counts, given all that stands before it, marks included; marks and the end are not
    counted themselves. A character that the vocabulary lacks costs −log(p(unknown) / u), where u is the number of
    different such characters in these poems: a distribution over all characters that occur.

    Args:
        poet: the network to judge; the poems are turned into its script.
        poems: what to foretell.

    Returns:
        By form (五绝 …, "other"), and under "all" for everything.

    Raises:
        ValueError: for no poems.
    """
    if not poems:
        raise ValueError("there are no poems to evaluate")
    texts = [convert(poem.text, poet.script) for poem in poems]
    nats = _nats_per_poem(poet, texts)
    counts = np.array([sum(character not in {COMMA, STOP} for character in text) for text in texts])
    forms = np.array([poem.form.value if poem.form else "other" for poem in poems])
    groups = {"all": np.ones(len(poems), dtype=bool)} | {form: forms == form for form in sorted(set(forms))}
    return {name: _with_interval(nats[group], counts[group]) for name, group in groups.items()}


def _nats_per_poem(poet: Poet, texts: Sequence[str]) -> np.ndarray:
    """−log-likelihood of each poem's characters, (poems,), in nats."""
    network = poet.network
    device = network.embedding.weight.device
    table = PoemTable(texts, poet.vocabulary)
    unseen = {character for text in texts for character in text if character not in poet.vocabulary}
    spelling = math.log(max(len(unseen), 1))
    marks = torch.tensor([poet.vocabulary.id_of(mark) for mark in (COMMA, STOP)], device=device)
    nats = np.zeros(len(texts))
    with torch.inference_mode():
        for rows in table.sorted(ROWS):
            ids = table.padded(rows).to(device)
            logits, _ = network(ids[:, :-1])
            targets = ids[:, 1:]
            costs = -logits.float().log_softmax(-1).gather(2, targets[:, :, None])[:, :, 0]
            costs = costs + spelling * (targets == UNKNOWN)
            counted = (targets != PAD) & ~torch.isin(targets, marks)
            last = (targets != PAD).sum(dim=1, keepdim=True) - 1
            counted.scatter_(1, last, value=False)
            nats[rows] = (costs * counted).sum(dim=1).double().cpu().numpy()
    return nats


def _with_interval(nats: np.ndarray, counts: np.ndarray) -> Perplexity:
    random = np.random.Generator(np.random.Philox(key=0))
    # A poem is drawn as often as chance has it: weights instead of copies.
    weights = random.multinomial(len(nats), np.full(len(nats), 1 / len(nats)), size=RESAMPLES)
    low, high = np.quantile(np.exp((weights @ nats) / (weights @ counts)), [0.025, 0.975])
    return Perplexity(
        poems=len(nats),
        characters=int(counts.sum()),
        perplexity_per_character=float(np.exp(nats.sum() / counts.sum())),
        low=float(low),
        high=float(high),
    )
