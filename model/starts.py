"""What a poem can be asked to begin with. Needs no torch: a command checks its option before it waits for a poem."""

from __future__ import annotations

from typing import Final

from model.errors import BadStart
from model.script import is_han, unify

LONGEST_START: Final = 32
_NAMED: Final = 5


def check_start(start: str) -> str:
    """The start without white space around it, compatibility ideographs replaced by the unified ones.

    Raises:
        BadStart: "empty"; "not_han", with the first few characters that are not Han; "too_long", over 32 characters.
    """
    checked = unify(start.strip())
    if not checked:
        raise BadStart("empty")
    foreign = dict.fromkeys(char for char in checked if not is_han(char))
    if foreign:
        raise BadStart("not_han", "".join(list(foreign)[:_NAMED]))
    if len(checked) > LONGEST_START:
        raise BadStart("too_long", checked)
    return checked
