"""Buttons and menus below a poem: all of them know its id, and find the rest in the database."""

import re
from typing import Any, Self

import discord

from bot.app import PoetBot
from bot.services.refusals import Forgotten
from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedItem, Widget
from bot.words import Language


class PoemItem(GuardedItem[Widget], template=r"(?!)"):
    """Something to press below a poem; its template has a group `poem`."""

    def __init__(self, poem_id: int, language: Language) -> None:
        self.poem_id = poem_id
        super().__init__(self.widget(poem_id, language))

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], _item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        return cls(int(match["poem"]), Language.of(interaction.locale))

    @staticmethod
    def widget(poem_id: int, language: Language) -> Widget:
        """What is shown."""
        raise NotImplementedError

    async def poem(self, interaction: discord.Interaction[PoetBot]) -> PoemRecord:
        """The poem as it is kept.

        Raises:
            Forgotten: it is kept no longer.
        """
        poem = await interaction.client.poems.get(self.poem_id)
        if poem is None:
            raise Forgotten
        return poem
