"""What a server's people share: /top, the hall of fame, and the bot's comings and goings."""

import logging
import re
import sqlite3
from datetime import timedelta
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.cogs.items import number_chosen
from bot.cogs.pictures import show_poem
from bot.cogs.posts import HallPoster
from bot.reading import reader_of
from bot.services.refusals import Forgotten, Refusal
from bot.store.community import LovedPoem
from bot.store.paging import Page, Place
from bot.ui.community import OPEN, TURN, Period, top_page
from bot.ui.guards import GuardedItem
from bot.words import word

log = logging.getLogger(__name__)

Interaction = discord.Interaction[PoetBot]

LENGTHS: Final = {Period.WEEK: timedelta(days=7), Period.MONTH: timedelta(days=30)}
PERIOD_CHOICES: Final = [app_commands.Choice(name=word(f"period.{period}"), value=period.value) for period in Period]
MINUTES_BETWEEN_ROUNDS: Final = 10


class TopOnlyInServers(Refusal):
    key = "error.top.server_only"


class NothingLoved(Refusal):
    """A server in which nobody keeps a poem."""

    key = "error.top.nothing"


class NothingLovedLately(Refusal):
    """A server in which nobody has begun to keep a poem lately."""

    key = "error.top.nothing_lately"


class NoMoreOfTop(Refusal):
    """A page that is empty by now."""

    key = "error.top.no_page"


class TopTurnButton(GuardedItem[discord.ui.Button[Any]], template=TURN):
    """Another page of the most loved poems."""

    name = "top page"

    def __init__(self, button: discord.ui.Button[Any], period: Period, place: Place) -> None:
        self.period = period
        self.place = place
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        place = Place.pressed(match["turn"], match["stars"], match["poem"])
        return cls(item, Period(match["period"]), place)

    async def press(self, interaction: Interaction) -> None:
        page = await _page(interaction, self.period, self.place)
        if not page.rows:
            raise NoMoreOfTop
        await interaction.response.edit_message(view=top_page(page, self.period, reader_of(interaction).language))


class TopOpenMenu(GuardedItem[discord.ui.Select[Any]], template=OPEN):
    """One of a page in full, privately."""

    name = "top open"

    async def press(self, interaction: Interaction) -> None:
        kept = await interaction.client.poems.find(number_chosen(self.item))
        if kept is None:
            raise Forgotten
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_poem(interaction, kept.id, kept.poem, loved=kept.loved)


class CommunityCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot

    async def cog_unload(self) -> None:
        self.refresh_fame.cancel()

    @app_commands.command(name=word("command.top.name"), description=word("command.top.description"))
    @app_commands.rename(period=word("command.top.period.name"))
    @app_commands.describe(period=word("command.top.period.description"))
    @app_commands.choices(period=PERIOD_CHOICES)
    async def top(self, interaction: Interaction, period: str = Period.WEEK) -> None:
        """Private: whoever browses does not fill the channel."""
        if interaction.guild_id is None:
            raise TopOnlyInServers
        wanted = Period(period)
        page = await _page(interaction, wanted, None)
        if not page.rows:
            raise NothingLoved if wanted is Period.EVER else NothingLovedLately
        card = top_page(page, wanted, reader_of(interaction).language)
        await interaction.response.send_message(view=card, ephemeral=True)

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """Comes again after a long break of the connection."""
        present = [guild.id for guild in self.bot.guilds]
        try:
            await self.bot.presence.compare(present, discord.utils.utcnow())
        except sqlite3.Error:
            log.exception("Could not note which servers there are; the next connection tries again")
        if not self.refresh_fame.is_running():
            self.refresh_fame.start()  # first: its rounds do what cannot be done now
            await self.bot.fame.start(HallPoster(self.bot))

    @commands.Cog.listener()
    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self.bot.presence.joined(guild.id, discord.utils.utcnow())

    @commands.Cog.listener()
    async def on_guild_remove(self, guild: discord.Guild) -> None:
        """Not for a server that is only out of reach: that has an event of its own."""
        await self.bot.presence.left(guild.id, discord.utils.utcnow())
        log.info("Left server %d: nothing is posted there, and its settings go after a time", guild.id)

    @tasks.loop(minutes=MINUTES_BETWEEN_ROUNDS)
    async def refresh_fame(self) -> None:
        try:
            await self.bot.fame.refresh()
        except sqlite3.Error:
            log.exception("Hall of fame: nothing could be brought up to date; the next round comes")


async def _page(interaction: Interaction, period: Period, place: Place | None) -> Page[LovedPoem]:
    top, guild_id = interaction.client.top, interaction.guild_id or 0  # what is pressed stands in a server
    if period is Period.EVER:
        return await top.ever(guild_id, place)
    return await top.since(guild_id, discord.utils.utcnow() - LENGTHS[period], place)


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(TopTurnButton, TopOpenMenu)
    await bot.add_cog(CommunityCog(bot))
