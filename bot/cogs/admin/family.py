"""What a file of this package brings into the group of the owner's commands."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from discord import app_commands

from bot.requests import OWNERS_COMMAND
from bot.ui.guards import GuardedItem

PRESSED: Final = f"{OWNERS_COMMAND} "
"""The names of buttons and forms of this package begin so: by that PoetBot.admit() knows that they are the owner's."""


@dataclass(frozen=True, slots=True)
class Family:
    """Commands, made anew for each bot, and the buttons that belong to them."""

    commands: Callable[[], Sequence[app_commands.Command[Any, ..., Any] | app_commands.Group]]
    items: Sequence[type[GuardedItem[Any]]] = ()
