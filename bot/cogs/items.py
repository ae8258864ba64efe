"""Buttons and menus below a poem: all of them know its id, and find the rest in the database."""

import re
from typing import Any, Final, Self

import discord

from bot.app import PoetBot
from bot.services.refusals import Forgotten
from bot.services.serving import OldPanel
from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedItem, Widget

LARGEST_NUMBER: Final = 10**18
"""Ids of ours stay below it, and SQLite takes what is below."""


class PoemItem(GuardedItem[Widget], template=r"(?!)"):
    """Something to press below a poem; its template is one of bot/ui/presses.py."""

    def __init__(self, item: Widget, poem_id: int) -> None:
        self.poem_id = poem_id
        super().__init__(item)

    @classmethod
    def of(cls, item: Widget, match: re.Match[str]) -> Self:
        return cls(item, int(match["poem"]))

    async def poem(self, interaction: discord.Interaction[PoetBot]) -> PoemRecord:
        """The poem as it is kept.

        Raises:
            Forgotten: it is kept no longer.
        """
        poem = await interaction.client.poems.get(self.poem_id)
        if poem is None:
            raise Forgotten
        return poem


def number_chosen(menu: discord.ui.Select[Any], below: int = LARGEST_NUMBER) -> int:
    """The number that stands for what somebody chose in a menu of ours, which may be an old one.

    Raises:
        OldPanel: it cannot be chosen, or no longer.
    """
    value = menu.values[0]
    if not re.fullmatch(r"[0-9]{1,18}", value, re.ASCII) or int(value) >= below:
        raise OldPanel
    return int(value)
