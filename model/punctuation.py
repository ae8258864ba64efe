"""Which symbols may come next: every place of a poem is a slot, and every slot has a mask."""

from enum import IntEnum
from functools import cache

import numpy as np

from model.forms import Form
from model.vocabulary import BEGIN, COMMA, END, SPECIALS, STOP, Vocabulary

LONGEST_FREE = 120
"""Symbols after which a poem of no given form is brought to its end."""


class Slot(IntEnum):
    """What may stand at a place."""

    CHARACTER = 0
    COMMA = 1
    STOP = 2
    END = 3
    CHARACTER_OR_MARK = 4
    CHARACTER_OR_END = 5


@cache
def form_slots(form: Form) -> tuple[Slot, ...]:
    """The places of a poem of this form: two lines a sentence, ，between them and 。behind."""
    line = (Slot.CHARACTER,) * form.line_length
    return (*line, Slot.COMMA, *line, Slot.STOP) * (form.line_count // 2) + (Slot.END,)


class Punctuation:
    """Slots and masks over the symbols of a vocabulary, as arrays."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        """Draw up the masks.

        Raises:
            ValueError: if the vocabulary lacks ，or 。or has no other character: no poem can be written with it.
        """
        if COMMA not in vocabulary or STOP not in vocabulary or len(vocabulary) == SPECIALS + 2:
            raise ValueError(f"a vocabulary for poems needs {COMMA}, {STOP} and other characters")
        comma, stop = marks = [vocabulary.id_of(COMMA), vocabulary.id_of(STOP)]
        characters = [number for number in range(SPECIALS, len(vocabulary)) if number not in marks]
        allowed = {
            Slot.CHARACTER: characters,
            Slot.COMMA: [comma],
            Slot.STOP: [stop],
            Slot.END: [END],
            Slot.CHARACTER_OR_MARK: characters + marks,
            Slot.CHARACTER_OR_END: [*characters, END],
        }
        self.masks = np.full((len(Slot), len(vocabulary)), -np.inf, dtype=np.float32)
        """For each slot what is added to the logits: 0 for what may come, −∞ for the rest; (slots, symbols).

        Padding, begin and unknown may never come.
        """
        for slot, numbers in allowed.items():
            self.masks[slot, numbers] = 0.0
        self.only = np.array([numbers[0] if len(numbers) == 1 else -1 for _, numbers in sorted(allowed.items())])
        """The one symbol that a slot admits, (slots,); −1 where there are several."""
        self.after = np.full(len(vocabulary), Slot.CHARACTER_OR_MARK, dtype=np.int64)
        """The slot behind each symbol without a form, (symbols,): no mark behind a mark, the end only behind 。."""
        self.after[[comma, BEGIN]] = Slot.CHARACTER
        self.after[stop] = Slot.CHARACTER_OR_END
        self.after[END] = Slot.END
        self.closing = np.full(len(vocabulary), Slot.STOP, dtype=np.int64)
        """The same where the poem has become too long: a character where one must come, then 。 and the end."""
        self.closing[comma] = Slot.CHARACTER
        self.closing[[stop, END]] = Slot.END
