"""Backups that the bot makes by itself, and the end of old ones."""

import asyncio
import logging
import sqlite3
from datetime import datetime, timedelta
from typing import Final

import discord
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.operations.backups import Reason, all_backups, back_up, prune
from bot.store.database import StoreError

log = logging.getLogger(__name__)

FIRST_SECONDS: Final = 300.0
"""A start has enough to do without a backup."""


class BackupCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self.each_hour.start()

    async def cog_unload(self) -> None:
        self.each_hour.cancel()

    @tasks.loop(hours=1)
    async def each_hour(self) -> None:
        """Only one of several processes sees to it."""
        now = discord.utils.utcnow()
        try:
            if await self.bot.leases.hold("backup", now) is not None:
                await asyncio.to_thread(self.see_to, now)
        except (OSError, sqlite3.Error, StoreError) as error:
            log.error("No backup was made, or an old one could not be deleted: %s; it is tried again in an hour", error)  # noqa: TRY400 - its line says all

    @each_hour.before_loop
    async def _wait(self) -> None:
        await self.bot.wait_until_ready()
        await asyncio.sleep(FIRST_SECONDS)

    def see_to(self, now: datetime) -> None:
        """Make a backup where one is due, and delete those that have had their time, come what may. It blocks."""
        config = self.bot.config
        try:
            if config.backup.hours and self._is_due(now):
                back_up(config, Reason.REGULAR, now)
        finally:
            gone = prune(config.storage.dir, keep=config.backup.keep, days=config.retention.backup_days, now=now)
            if gone:
                log.info("Backups deleted: %s", ", ".join(gone))

    def _is_due(self, now: datetime) -> bool:
        """A backup of the future was made by a clock that went wrong."""
        config = self.bot.config
        regular = [backup for backup in all_backups(config.storage.dir) if backup.reason is Reason.REGULAR]
        return not any(timedelta() <= now - backup.made_at < timedelta(hours=config.backup.hours) for backup in regular)


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(BackupCog(bot))
