"""Two versions compared blind: pairs of poems, and a vote on each."""

import re
from typing import Any, Self

import discord

from bot.app import PoetBot
from bot.cogs.admin.family import PRESSED
from bot.reading import reader_of
from bot.services.version_refusals import NoSuchVersion
from bot.store.comparisons import Comparison
from bot.ui.admin import OwnersCard
from bot.ui.guards import GuardedItem
from bot.ui.text import shown
from bot.ui.versions import VOTE_BUTTON, Place, pair_card, result_card
from model.script import Script

Interaction = discord.Interaction[PoetBot]


class VoteButton(GuardedItem[discord.ui.Button[Any]], template=VOTE_BUTTON):
    """Says which of two poems is better, and shows the next two; after the last, whose they were."""

    name = f"{PRESSED}vote"

    def __init__(self, button: discord.ui.Button[Any], comparison_id: int, number: int, place: Place) -> None:
        self.comparison_id = comparison_id
        self.number = number
        self.place = place
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["comparison"]), int(match["number"]), Place(match["place"]))

    async def press(self, interaction: Interaction) -> None:
        comparing = interaction.client.comparing
        comparison = await comparing.get(self.comparison_id)
        await comparing.vote(comparison, self.number, interaction.user.id, self.place)
        await interaction.response.edit_message(view=await card_of(interaction, comparison))


async def begin_comparison(interaction: Interaction, version: str, other: str | None) -> None:
    """The poems are written first, which takes a while; where somebody stopped half-way, it goes on."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    for name in filter(None, (version, other)):
        await check_known(interaction, name)
    bot = interaction.client
    script = reader_of(interaction).script_for(None, Script(bot.config.poem.script))
    comparison = await bot.comparing.begin(version, other, interaction.user.id, script)
    await interaction.followup.send(view=await card_of(interaction, comparison), ephemeral=True)


async def check_known(interaction: Interaction, name: str) -> None:
    """Raises:
    NoSuchVersion: there is none of the name that somebody typed.
    """
    if name not in await interaction.client.versions.names():
        raise NoSuchVersion(name=shown(name, 60))


async def card_of(interaction: Interaction, comparison: Comparison) -> OwnersCard:
    """The first pair that the person has not voted on, or the result."""
    bot, language = interaction.client, reader_of(interaction).language
    pair = await bot.comparing.next_pair(comparison, interaction.user.id)
    if pair is not None:
        poems = (pair.other, pair.one) if pair.swapped else (pair.one, pair.other)
        return pair_card(comparison.id, pair.number, len(comparison.pairs), poems, language)
    result = await bot.comparing.result(comparison)
    names = (comparison.one, comparison.other)
    known, current = await bot.versions.names(), await bot.versions.current()
    usable = [name for name in names if name in known and name != current]
    votes = (result.one, result.other, result.neither)
    return result_card(names, votes, result.chance, language, usable=usable)
