"""Where several processes share the work: each shows that it lives, and sees what the others have changed."""

import logging
import sqlite3
from typing import Final

import discord
from discord.ext import commands, tasks

from bot.app import PoetBot

log = logging.getLogger(__name__)

BETWEEN_LOOKS_SECONDS: Final = 2.0


class ProcessesCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self.look_around.start()

    async def cog_unload(self) -> None:
        self.look_around.cancel()

    @tasks.loop(seconds=BETWEEN_LOOKS_SECONDS)
    async def look_around(self) -> None:
        bot, now = self.bot, discord.utils.utcnow()
        try:
            await bot.limits.renew(now)
            await bot.leases.renew(now)
            await bot.presence.note_count(len(bot.guilds))
            await bot.changes.look()
        except sqlite3.Error as error:
            log.warning("The other processes are out of sight (%s); the next round comes", error)


async def setup(bot: PoetBot) -> None:
    """Whoever is alone has nobody to look at."""
    if not bot.share.is_all:
        await bot.add_cog(ProcessesCog(bot))
