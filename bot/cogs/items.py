"""Buttons and menus below a poem: all of them know its id, and find the rest in the database."""

import re
from typing import Self

import discord

from bot.app import PoetBot
from bot.services.refusals import Forgotten
from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedItem, Widget


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
