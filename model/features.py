"""What can be measured of a poem that speaks for or against it."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from model import novelty, usage
from model.forms import Form
from model.novelty import KnownLines
from model.taste import taste
from model.usage import Usage
from model.usage.tables import Beat, beats

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]

_MIDDLE_COUPLETS = (2, 4)
"""The first lines of the couplets that are parallel in eight lines."""


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Measures of candidates of one form, (candidates,) each; None where one was not taken.

    Those with a default are a network's, the others are read off the texts.
    """

    form: Form
    collocations: Floats
    """How much oftener two characters stand together at the beats of a line than by chance; mean, in nats. The words
    that end in the rhyme are not among them."""
    rhymes: Floats
    """The same of the last two characters of a sentence: a word forced by its rhyme stands beside a stranger."""
    couplets: Floats
    """The same of two characters in the two lines of a sentence."""
    unity: Floats
    """The same of two characters in lines of different sentences."""
    order: Floats
    """The same of characters in the lines in which they stand."""
    parallelism: Floats
    """The same of characters one above the other in the middle couplets of eight lines (对仗); 0 in four lines."""
    cliches: Floats
    """Share of the words that are among the 300 most frequent."""
    repeats: Floats
    """Characters that stood in the poem before, doubled ones (青青) not counted."""
    taste: Floats
    """How well readers like its characters; mean, in grades."""
    copies: Floats
    """Lines that are another's: that stand in the corpus, or differ from a Tang line in one character."""
    likelihood: Floats | None = None
    """Mean log-probability of a character, without masks and temperature, in nats."""
    closing: Floats | None = None
    """The same of the last line alone: it is where a poem that has lost its way must still arrive."""
    coherence: Floats | None = None
    """Log-probability of the lines given those before them, less that of each alone; mean of a character, in nats."""
    theme: Floats | None = None
    """Log-probability given the title, less that without it; mean of a character, in nats."""
    masks: Floats | None = None
    """Log of the probability that the masks left at a place; mean, in nats."""

    @classmethod
    def of(
        cls,
        poems: Sequence[Sequence[str]],
        form: Form,
        given: Collection[int] = (),
        counted: Usage | None = None,
        known: KnownLines | None = None,
    ) -> Self:
        """Measure texts.

        Args:
            poems: the lines of each, in traditional characters and without marks.
            form: of all of them.
            given: numbers of lines that a person gave; these may be anyone's.
            counted: how poets use characters; what is shipped where left out.
            known: the lines that are another's; what is shipped where left out.

        Raises:
            ValueError: if a poem has not the lines of the form.
            CheckpointError: if a shipped file cannot be read.
        """
        counted = counted or usage.shipped()
        symbols = counted.encode(poems, form)
        found = (known or novelty.shipped()).contains([line for lines in poems for line in lines])
        copies = found.reshape(len(poems), form.line_count)
        copies[:, list(given)] = False
        collocations, rhymes, cliches = _words(counted, symbols)
        couplets, unity = _lines(counted, symbols)
        return cls(
            form=form,
            collocations=collocations,
            rhymes=rhymes,
            couplets=couplets,
            unity=unity,
            order=counted.placing(symbols).mean(axis=1),
            parallelism=_parallelism(counted, symbols),
            cliches=cliches,
            repeats=np.array([_repeats(lines) for lines in poems], dtype=np.float64),
            taste=taste(poems),
            copies=copies.sum(axis=1).astype(np.float64),
        )

    def take(self, rows: Indices) -> Self:
        """The measures of these candidates."""
        taken = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "form"}
        return replace(self, **{name: values[rows] for name, values in taken.items() if values is not None})

    def with_likelihood(self, together: Floats, masks: Floats | None = None) -> Self:
        """The same with what a network says of whole poems.

        Args:
            together: log-probability of each line given those before it, (candidates, lines).
            masks: mean log of the probability that the masks left, (candidates,).
        """
        return replace(
            self,
            likelihood=together.sum(axis=1) / self._characters,
            closing=together[:, -1] / self.form.line_length,
            masks=masks,
        )

    def with_coherence(self, together: Floats, alone: Floats | None, titled: Floats | None = None) -> Self:
        """The same with what a network says of lines in a poem and alone, and of the poem under its title.

        Args:
            together: log-probability of each line given those before it, (candidates, lines).
            alone: of each line as if nothing stood before it, (candidates, lines); None where it was not read.
            titled: as `together`, given the title too; None likewise.
        """
        return replace(
            self,
            coherence=None if alone is None else (together - alone).sum(axis=1) / self._characters,
            theme=None if titled is None else (titled - together).sum(axis=1) / self._characters,
        )

    @property
    def _characters(self) -> int:
        return self.form.line_count * self.form.line_length


def _words(counted: Usage, symbols: Indices) -> tuple[Floats, Floats, Floats]:
    """Mean log-odds of the words that end in no rhyme, and of those that do; the share of frequent words."""
    open_words, rhymes, frequent = [], [], []
    for beat, place in beats(symbols.shape[2]):
        first, second = symbols[:, :, place], symbols[:, :, place + 1]
        frequent.append(np.isin(first * (len(counted.characters) + 1) + second, counted.frequent_words))
        odds = counted.pairs[beat].log_odds(first, second)
        if beat is Beat.END:
            rhymes.append(odds[:, 1::2])
            odds = odds[:, ::2]
        open_words.append(odds)
    return np.concatenate(open_words, axis=1).mean(axis=1), rhymes[0].mean(axis=1), np.mean(frequent, axis=(0, 2))


def _lines(counted: Usage, symbols: Indices) -> tuple[Floats, Floats]:
    """Mean log-odds of characters in the lines of one sentence, and in those of two."""
    lines = symbols.shape[1]
    pairs = [(earlier, later) for earlier in range(lines) for later in range(earlier + 1, lines)]
    inside = [counted.couplet.of_lines(symbols[:, i], symbols[:, j]) for i, j in pairs if i // 2 == j // 2]
    outside = [counted.poem.of_lines(symbols[:, i], symbols[:, j]) for i, j in pairs if i // 2 != j // 2]
    return np.mean(inside, axis=0), np.mean(outside, axis=0)


def _parallelism(counted: Usage, symbols: Indices) -> Floats:
    if symbols.shape[1] == 4:
        return np.zeros(len(symbols))
    odds = [counted.pairs[Beat.ALIGNED].log_odds(symbols[:, line], symbols[:, line + 1]) for line in _MIDDLE_COUPLETS]
    found: Floats = np.mean(odds, axis=(0, 2))
    return found


def _repeats(lines: Sequence[str]) -> int:
    """Characters that stood before, unless right before in the same line."""
    seen: set[str] = set()
    count = 0
    for line in lines:
        for place, character in enumerate(line):
            count += character in seen and not (place and line[place - 1] == character)
            seen.add(character)
    return count
