"""Which symbols may come next: every place of a poem is a slot, and every slot has a mask."""

from enum import IntEnum
from functools import cache

import torch

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


class Constraints:
    """Slots and masks over the symbols of a vocabulary, as tensors."""

    def __init__(self, vocabulary: Vocabulary, device: torch.device) -> None:
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
        masks = torch.full((len(Slot), len(vocabulary)), -torch.inf)
        for slot, numbers in allowed.items():
            masks[slot, numbers] = 0.0
        self.masks = masks.to(device)
        """For each slot what is added to the logits: 0 for what may come, −∞ for the rest; (slots, symbols).

        Padding, begin and unknown may never come.
        """
        after = torch.full((len(vocabulary),), Slot.CHARACTER_OR_MARK)
        after[[comma, BEGIN]] = Slot.CHARACTER
        after[stop] = Slot.CHARACTER_OR_END
        after[END] = Slot.END
        self.after = after.to(device)
        """The slot behind each symbol without a form, (symbols,): no mark behind a mark, the end only behind 。."""
        closing = torch.full((len(vocabulary),), Slot.STOP)
        closing[[stop, END]] = Slot.END
        self.closing = closing.to(device)
        """The same where the poem has become too long: 。 and the end."""
