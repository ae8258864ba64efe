"""What a network is told of the place that it writes next, beside the character before it. Needs no torch.

A form says where every character stands, so a poem of a known form is written without marks::

    written   月 落 乌 啼 霜 满 天 江 枫 渔 …        place     七绝, line 1, place 1 …
    goal      眠 眠 眠 眠 眠 眠 眠 眠 眠 眠 …        above     .  .  .  .  .  .  .  月 落 乌 …
"""

from enum import IntEnum
from functools import cache

import numpy as np
from numpy.typing import NDArray

from model.forms import Form
from model.vocabulary import PAD

Symbols = NDArray[np.int64]

_LINES, _LENGTH = 8, 7
FREE = 0
"""The place in a poem whose form is not told."""
TITLE = 1 + len(Form) * _LINES * _LENGTH
"""The place of every character of the title, which stands before the poem."""
PLACES = TITLE + 1


class Told(IntEnum):
    """The columns of what is told; 0 in each of them: nothing."""

    PLACE = 0
    TONE = 1
    """The tone that the place wants: 1 level, 2 oblique."""
    OUTSIDE = 2
    """1: the poem is from outside the part of the corpus that matters, of another dynasty."""
    ABOVE = 3
    """The character at the same place of the line before."""
    RHYME = 4
    """The character in which the last line that may rhyme has ended."""
    GOAL = 5
    """The character in which the sentence of two lines is to end."""


ECHOES = (Told.ABOVE, Told.RHYME, Told.GOAL)
"""The characters that a network with slot inputs is shown."""

LEVEL, OBLIQUE = 1, 2
TONES = 3
SIDES = 2


@cache
def places(form: Form) -> Symbols:
    """The place of each character of a poem of this form, (characters,)."""
    lines, length = np.divmod(np.arange(form.line_count * form.line_length), form.line_length)
    return 1 + (list(Form).index(form) * _LINES + lines) * _LENGTH + length


@cache
def rhyme_ends(form: Form) -> Symbols:
    """For each character the index of the last character of the line that it may rhyme with, (characters,); −1: none.

    That is the line before in the first sentence, and the last line of the sentence before in the others.
    """
    line = np.arange(form.line_count * form.line_length) // form.line_length
    rhyming = np.where(line == 1, 0, line // 2 * 2 - 1)
    return np.where(rhyming < 0, -1, (rhyming + 1) * form.line_length - 1)


@cache
def goals(form: Form) -> Symbols:
    """For each character the index of the last character of its sentence, (characters,)."""
    sentence = 2 * form.line_length
    return np.arange(form.line_count * form.line_length) // sentence * sentence + sentence - 1


def told_of(form: Form, symbols: Symbols) -> Symbols:
    """What its form and its characters tell of the places of a whole poem, (characters, columns).

    Args:
        form: of the poem.
        symbols: its characters without marks, (characters,).
    """
    told = np.zeros((len(symbols), len(Told)), dtype=np.int64)
    told[:, Told.PLACE] = places(form)
    told[form.line_length :, Told.ABOVE] = symbols[: -form.line_length]
    ends = rhyme_ends(form)
    told[:, Told.RHYME] = np.where(ends < 0, PAD, symbols[ends])
    told[:, Told.GOAL] = symbols[goals(form)]
    return told
