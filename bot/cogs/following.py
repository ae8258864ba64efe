"""Follows which version of the weights is in use, and tells the owner of new versions and of what was fetched."""

import logging
import sqlite3
from typing import Final

import aiohttp
import discord
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.services.corpora import Download
from bot.ui.admin import OwnersCard
from bot.ui.versions import verdict_card
from bot.words import Language, say

log = logging.getLogger(__name__)

FOLLOWED_SECONDS: Final = 3.0
TOLD_SECONDS: Final = 15.0
LEASE: Final = "versions"
SERVER_FAULT: Final = 500
"""From this status on it is Discord that fails."""


class FollowingCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot

    async def cog_unload(self) -> None:
        self.follow.cancel()
        self.tell.cancel()

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """After a reconnection they run already."""
        for loop in (self.follow, self.tell):
            if not loop.is_running():
                loop.start()

    @tasks.loop(seconds=FOLLOWED_SECONDS)
    async def follow(self) -> None:
        """Every process does this: what one of them is told to use all of them use within five seconds."""
        try:
            await self.bot.versions.follow()
        except (sqlite3.Error, OSError):
            log.exception("Nobody knows which version is to be used; the next round comes")

    @tasks.loop(seconds=TOLD_SECONDS)
    async def tell(self) -> None:
        try:
            await self._tell_of_download()
            if await self.bot.leases.hold(LEASE, discord.utils.utcnow()) is not None:
                await self._tell_of_versions()
                await self.bot.corpora.favorites.sweep()
        except (
            discord.HTTPException,
            aiohttp.ClientError,
            sqlite3.Error,
            OSError,
        ):
            log.exception("The owner could not be told of versions; the next round comes")

    async def _tell_of_versions(self) -> None:
        """Once for each; an owner who takes no direct messages finds them in the list."""
        for version in await self.bot.versions.untold():
            owners = sorted(await self.bot.owners.all(discord.utils.utcnow()))
            sent = [
                await self._send(owner_id, verdict_card(version, await self._language(owner_id))) for owner_id in owners
            ]
            if any(sent) or not sent:
                await self.bot.versions.note_told(version.name)

    async def _tell_of_download(self) -> None:
        ended: Download | None = self.bot.corpora.ended_download()
        if ended is None:
            return
        failure = ended.child.failure
        if failure is not None:
            log.warning("%s was not fetched: %s", ended.name, failure)
        key = "corpus.download_done" if failure is None else "corpus.download_failed"
        text = say(await self._language(ended.person_id), key, name=ended.name)
        await self._send(ended.person_id, OwnersCard(text))

    async def _language(self, person_id: int) -> Language:
        return (await self.bot.readers.of(person_id, None, "")).language

    async def _send(self, person_id: int, card: OwnersCard) -> bool:
        """Returns whether it need not be tried again: it was sent, or the person takes none."""
        try:
            channel = await self.bot.create_dm(discord.Object(person_id))
            await channel.send(view=card)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as reason:
            log.warning("Owner %d could not be told: %s", person_id, reason)
            # A person who takes no direct messages will not take the next one either.
            return isinstance(reason, discord.HTTPException) and reason.status < SERVER_FAULT
        return True


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(FollowingCog(bot))
