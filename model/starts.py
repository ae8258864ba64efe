"""What a poem can be asked to begin with and to be about. Needs no torch: a command checks it before it waits."""

from __future__ import annotations

from typing import Final

from model.errors import BadHeads, BadStart, BadTheme
from model.forms import Form
from model.script import is_han, unify

LONGEST_START: Final = 32
LONGEST_THEME: Final = 12
FEWEST_HEADS: Final = 2
MOST_HEADS: Final = 8
_NAMED: Final = 5


def check_start(start: str) -> str:
    """The start without white space around it, compatibility ideographs replaced by the unified ones.

    Raises:
        BadStart: "empty"; "not_han", with the first few characters that are not Han; "too_long", over 32 characters.
    """
    return _checked(start, LONGEST_START, BadStart)


def check_theme(theme: str) -> str:
    """The theme as `check_start` gives a start.

    Raises:
        BadTheme: as there; "too_long", over 12 characters.
    """
    return _checked(theme, LONGEST_THEME, BadTheme)


def check_heads(heads: str) -> str:
    """The heads of the lines as `check_start` gives a start.

    Raises:
        BadHeads: as there; "too_long", over 8 characters; "too_few", under 2.
    """
    checked = _checked(heads, MOST_HEADS, BadHeads)
    if len(checked) < FEWEST_HEADS:
        raise BadHeads("too_few", checked)
    return checked


def form_for_heads(heads: str, length: int) -> Form:
    """The form of an acrostic with lines of 5 or 7: two to four heads begin a quatrain, more of them eight lines."""
    return next(form for form in Form if form.line_length == length and form.line_count >= len(heads))


def _checked(text: str, longest: int, fault: type[BadStart | BadTheme | BadHeads]) -> str:
    checked = unify(text.strip())
    if not checked:
        raise fault("empty")
    foreign = dict.fromkeys(char for char in checked if not is_han(char))
    if foreign:
        raise fault("not_han", "".join(list(foreign)[:_NAMED]))
    if len(checked) > longest:
        raise fault("too_long", checked)
    return checked
