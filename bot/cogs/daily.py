"""The poem of the day: every minute the servers whose time has come get theirs."""

import asyncio
import logging
import sqlite3
from typing import Final

import discord
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.cogs.poem import record_of
from bot.cogs.posts import open_channel, post_of_the_day
from bot.services.daily import DuePoem
from bot.services.fame import NoPlace, Unclear
from bot.services.refusals import Refusal
from bot.store.origin import Origin

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 8
"""Poems that are under way together: people who ask for one are not to wait for all servers of a time zone."""
NO_REQUEST: Final = 0


class DailyCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot
        self._turns = asyncio.Semaphore(MOST_AT_ONCE)

    async def cog_unload(self) -> None:
        self.each_minute.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        if not self.each_minute.is_running():
            self.each_minute.start()

    @tasks.loop(minutes=1)
    async def each_minute(self) -> None:
        bot, now = self.bot, discord.utils.utcnow()
        try:
            is_ours = await bot.leases.in_servers("daily", now)
            due = [poem for poem in await bot.daily.due(now) if is_ours(poem.guild_id)]
        except sqlite3.Error:
            log.exception("Poem of the day: nobody knows who is due; the next minute comes")
            return
        await asyncio.gather(*map(self._see_to, due))

    async def _see_to(self, due: DuePoem) -> None:
        async with self._turns:
            try:
                await self._send(due)
            except Refusal as refusal:
                log.warning("Poem of the day for server %d has to wait: %s", due.guild_id, refusal.key)
            except Unclear as silence:
                log.warning("Poem of the day for server %d: %s", due.guild_id, silence)
            except Exception:  # the other servers and the days to come are to have theirs
                log.exception("Poem of the day for server %d failed", due.guild_id)

    async def _send(self, due: DuePoem) -> None:
        """What only people can mend is left for tomorrow, so that nothing is tried again and again.

        The poem is written first, since that may fail; then the day is noted, so that there is never a second post.
        """
        bot = self.bot
        try:
            channel = open_channel(bot, due.guild_id, due.channel_id)
        except NoPlace as reason:
            if await bot.daily.claim(due):
                log.warning("No poem of the day for server %d: %s", due.guild_id, reason)
            return
        poem = record_of(await bot.daily.write(due, await bot.readers.of_server(due.guild_id)))
        if not await bot.daily.claim(due):
            return  # it was moved or switched off meanwhile, or somebody else was quicker
        origin = Origin(NO_REQUEST, bot.user.id if bot.user is not None else 0, due.guild_id, due.channel_id)
        poem_id = await bot.poems.add(poem, origin, discord.utils.utcnow())
        try:
            await post_of_the_day(bot, channel, poem_id, due.occasion.name)
        except NoPlace as reason:
            log.warning("No poem of the day for server %d: %s", due.guild_id, reason)


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(DailyCog(bot))
