"""The poems that somebody asked for: to be read again, and to be made again."""

import dataclasses
import re
from typing import Any, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.cogs.items import number_chosen
from bot.cogs.pictures import show_poem
from bot.cogs.poem import record_of, wish_of
from bot.cogs.waiting import answered, server_of
from bot.reading import reader_of
from bot.requests import origin_of
from bot.services.keeping import NoSuchPage, NothingAsked
from bot.services.moderation import compose_clean
from bot.services.refusals import Forgotten
from bot.store.paging import Place
from bot.store.poems import KeptPoem, PoemRecord
from bot.ui.about import TextCard
from bot.ui.guards import GuardedItem
from bot.ui.history import AGAIN, OPEN, TURN, differences, history_page
from bot.words import say, word
from model.requests import PoemRequest

Interaction = discord.Interaction[PoetBot]


class TurnButton(GuardedItem[discord.ui.Button[Any]], template=TURN):
    """Another page of what somebody asked for."""

    name = "history page"

    def __init__(self, button: discord.ui.Button[Any], place: Place) -> None:
        self.place = place
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, Place.pressed(match["turn"], match["poem"]))

    async def press(self, interaction: Interaction) -> None:
        page = await interaction.client.poems.of_person(interaction.user.id, self.place)
        if not page.rows:
            raise NoSuchPage
        await interaction.response.edit_message(view=history_page(page, reader_of(interaction).language))


class OpenMenu(GuardedItem[discord.ui.Select[Any]], template=OPEN):
    """One of a page in full, privately."""

    name = "history open"

    async def press(self, interaction: Interaction) -> None:
        kept = await _own(interaction, number_chosen(self.item))
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_poem(interaction, kept.id, kept.poem, loved=kept.loved)


class AgainMenu(GuardedItem[discord.ui.Select[Any]], template=AGAIN):
    """One of a page made once more with its own seed, and compared."""

    name = "history again"

    async def press(self, interaction: Interaction) -> None:
        bot = interaction.client
        old = (await _own(interaction, number_chosen(self.item))).poem
        wish, server = same_wish(old), server_of(interaction)
        async with bot.limits.one_at_a_time(interaction.user.id, discord.utils.utcnow()):
            words = await bot.moderation.words_for(interaction.guild_id)
            words.check_wish(wish)
            bot.poet.admit(server)
            await bot.limits.spend(interaction.user.id, interaction.guild_id, discord.utils.utcnow())
            await interaction.response.defer(ephemeral=True, thinking=True)
            poem = await compose_clean(lambda same: answered(interaction, bot.poet.enter(same, server)), wish, words)
            await self._compare(interaction, old, record_of(poem))

    async def _compare(self, interaction: Interaction, old: PoemRecord, new: PoemRecord) -> None:
        """One that reads the same is not kept twice."""
        bot, language = interaction.client, reader_of(interaction).language
        if new.text == old.text:
            same = [say(language, "history.same", seed=old.seed), f">>> {discord.utils.escape_markdown(new.text)}"]
            await interaction.edit_original_response(view=TextCard(say(language, "history.made_again"), same))
            return
        poem_id = await bot.poems.add(new, origin_of(interaction), discord.utils.utcnow())
        await show_poem(interaction, poem_id, new)
        told = TextCard(say(language, "history.differs.title"), differences(old, new, language))
        await interaction.followup.send(view=told, ephemeral=True)


def same_wish(poem: PoemRecord) -> PoemRequest:
    """What makes the poem again, if the weights and the program are the same."""
    return dataclasses.replace(wish_of(poem), seed=poem.seed, candidates=poem.wish.get("candidates", 1))


class HistoryCog(commands.Cog):
    @app_commands.command(name=word("command.history.name"), description=word("command.history.description"))
    async def history(self, interaction: Interaction) -> None:
        page = await interaction.client.poems.of_person(interaction.user.id)
        if not page.rows:
            raise NothingAsked
        card = history_page(page, reader_of(interaction).language)
        await interaction.response.send_message(view=card, ephemeral=True)


async def _own(interaction: Interaction, number: int) -> KeptPoem:
    """One of those that the person asked for.

    Raises:
        Forgotten: it is kept no longer, or was never theirs.
    """
    kept = await interaction.client.poems.find(number)
    if kept is None or kept.person_id != interaction.user.id:
        raise Forgotten
    return kept


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(TurnButton, OpenMenu, AgainMenu)
    await bot.add_cog(HistoryCog())
