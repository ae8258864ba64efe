"""What can be pressed below a poem: a custom id says which poem and what for, the database knows the rest."""

import re
from collections.abc import Iterable
from enum import StrEnum
from typing import Any


class Press(StrEnum):
    """What a button or menu below a poem is for; part of its custom id, so never to be renamed."""

    KEEP = "keep"
    ANOTHER = "another"
    CRAFT = "craft"
    PICTURE = "picture"
    REMOVE = "remove"
    LINE = "line"


def custom_id(poem_id: int, press: Press) -> str:
    return f"poem:{poem_id}:{press}"


def template(press: Press) -> str:
    """The pattern of the custom ids of that press; its group `poem` is the poem's id."""
    return rf"poem:(?P<poem>[0-9]{{1,18}}):{press}"


def poem_in(components: Iterable[Any]) -> int | None:
    """The id of the poem that the components of a message belong to; None where they belong to none."""
    for component in components:
        pressed = re.fullmatch(r"poem:(?P<poem>[0-9]{1,18}):[a-z]+", getattr(component, "custom_id", None) or "")
        found = int(pressed["poem"]) if pressed else poem_in(getattr(component, "children", ()))
        if found is not None:
            return found
    return None
