"""From what each poem costs to perplexities per Chinese character, whoever foretold the poems."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from model.corpus import SourcePoem
from model.evaluation.intervals import bootstrap_ratio


@dataclass(frozen=True, slots=True)
class Perplexity:
    """Perplexity per Chinese character, with a 95 % interval that the bootstrap over poems gives."""

    poems: int
    characters: int
    perplexity_per_character: float
    low: float
    high: float

    @classmethod
    def of(cls, nats: NDArray[np.float64], characters: NDArray[np.int64]) -> "Perplexity":
        """From −log-likelihood in nats and number of Chinese characters of each poem, both (poems,)."""
        low, high = np.exp(bootstrap_ratio(nats, characters))
        return cls(
            poems=len(nats),
            characters=int(characters.sum()),
            perplexity_per_character=float(np.exp(nats.sum() / characters.sum())),
            low=float(low),
            high=float(high),
        )


def perplexity_by_form(poems: Sequence[SourcePoem], nats: NDArray[np.float64]) -> dict[str, Perplexity]:
    """The perplexity of all poems, and of each form.

    Args:
        poems: what was foretold.
        nats: −log-likelihood of each poem's Chinese characters, (poems,).

    Returns:
        Under "all" for everything, and by form (五绝 …, "other").

    Raises:
        ValueError: for no poems.
    """
    if not poems:
        raise ValueError("there are no poems to evaluate")
    characters = np.array([sum(map(len, poem.lines)) for poem in poems])
    forms = np.array([poem.form.value if poem.form else "other" for poem in poems])
    groups = {"all": np.ones(len(poems), dtype=bool)} | {form: forms == form for form in sorted(set(forms))}
    return {name: Perplexity.of(nats[group], characters[group]) for name, group in groups.items()}
