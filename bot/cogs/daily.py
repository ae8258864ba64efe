"""The poem of the day: every minute the servers whose time has come get theirs."""

import asyncio
import logging
import sqlite3
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import discord
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.cogs.poem import record_of
from bot.cogs.posts import ensure_post_of_the_day, open_channel, post_of_the_day
from bot.services.daily import DuePoem
from bot.services.fame import NoPlace, Unclear
from bot.services.refusals import Refusal
from bot.store.daily import DailyPost

log = logging.getLogger(__name__)

MOST_AT_ONCE: Final = 8
"""Poems that are under way together: people who ask for one are not to wait for all servers of a time zone."""


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
            begun = [post for post in await bot.daily.unfinished(now) if is_ours(post.guild_id)]
            due = [poem for poem in await bot.daily.due(now) if is_ours(poem.guild_id)]
        except sqlite3.Error:
            log.exception("Poem of the day: nobody knows who is due; the next minute comes")
            return
        await asyncio.gather(
            *(self._see_to(post.guild_id, partial(self._go_on, post)) for post in begun),
            *(self._see_to(poem.guild_id, partial(self._send, poem)) for poem in due),
        )

    async def _see_to(self, guild_id: int, work: Callable[[], Awaitable[None]]) -> None:
        async with self._turns:
            try:
                await work()
            except Refusal as refusal:
                log.warning("Poem of the day for server %d has to wait: %s", guild_id, refusal.key)
            except Unclear as silence:
                log.warning("Poem of the day for server %d: the next minute tells: %s", guild_id, silence)
            except Exception:  # the other servers and the days to come are to have theirs
                log.exception("Poem of the day for server %d failed", guild_id)

    async def _send(self, due: DuePoem) -> None:
        """What only people can mend is left for tomorrow, so that nothing is tried again and again.

        The poem is written first, since that may fail. Then the day is noted, so that there is never a second post, and
        with it that the first one is under way: whatever happens now, the next minute or start goes on with it.
        """
        bot = self.bot
        try:
            channel = open_channel(bot, due.guild_id, due.channel_id)
        except NoPlace as reason:
            if await bot.daily.claim(due):
                log.warning("No poem of the day for server %d: %s", due.guild_id, reason)
            return
        poem = record_of(await bot.daily.write(due, await bot.readers.of_server(due.guild_id)))
        author_id = bot.user.id if bot.user is not None else 0
        post = await bot.daily.begin(due, poem, author_id, discord.utils.utcnow())
        if post is None:
            return  # it was moved or switched off meanwhile, or somebody else was quicker
        try:
            await post_of_the_day(bot, channel, post)
        except NoPlace as reason:
            log.warning("No poem of the day for server %d: %s", due.guild_id, reason)
        await bot.daily.end(post)

    async def _go_on(self, post: DailyPost) -> None:
        """With a post that was begun: it may have come, or not."""
        bot = self.bot
        try:
            channel = open_channel(bot, post.guild_id, post.channel_id)
            await ensure_post_of_the_day(bot, channel, post)
        except NoPlace as reason:
            log.warning("No poem of the day for server %d: %s", post.guild_id, reason)
        await bot.daily.end(post)


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(DailyCog(bot))
