"""Buttons and menus below a poem: all of them know its id, and find the rest in the database."""

import re
from typing import Any, Self

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
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(item, int(match["poem"]))  # type: ignore[arg-type]  # what the card has under this id

    async def poem(self, interaction: discord.Interaction[PoetBot]) -> PoemRecord:
        """The poem as it is kept.

        Raises:
            Forgotten: it is kept no longer.
        """
        poem = await interaction.client.poems.get(self.poem_id)
        if poem is None:
            raise Forgotten
        return poem
