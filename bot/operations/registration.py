"""What Discord is told of the commands, and what it names of the bot: its owners, and its servers."""

import hashlib
import json
import logging
import sqlite3
from collections.abc import Collection, Mapping
from typing import Any

import discord
from discord import app_commands

from bot.services.whereabouts import Whereabout
from bot.store.syncs import EVERYWHERE, Sync, SyncRepository
from bot.words import WordTranslator

log = logging.getLogger(__name__)


class Registration:
    """Tells Discord the commands, where they are not what it was told the last time."""

    def __init__(self, tree: app_commands.CommandTree[Any], syncs: SyncRepository, application_id: int) -> None:
        self._tree = tree
        self._syncs = syncs
        self._application_id = application_id

    async def known(self) -> Mapping[str, int]:
        """The commands that Discord has for everywhere, as far as is noted: their ids by their names."""
        last = await self._syncs.last(self._application_id)
        return last.commands if last is not None else {}

    async def send(self, servers: Collection[int], *, force: bool) -> Mapping[str, int]:
        """Send what has changed; where it is forced, all. Returns what is known() now.

        Args:
            servers: that have commands of their own; from others these are taken away.
            force: also what has not changed.
        """
        everywhere = await self._send(EVERYWHERE, force=force)
        for guild_id in dict.fromkeys([*servers, *await self._syncs.servers(self._application_id)]):
            try:
                await self._send(guild_id, force=force)
            except (discord.Forbidden, discord.NotFound) as error:
                # The owner may list a server before the bot is in it.
                log.warning("The owner's commands cannot be put into server %d: %s", guild_id, error.text)
            if guild_id not in servers:
                await self._syncs.forget(self._application_id, guild_id)
        return everywhere

    async def _send(self, guild_id: int, *, force: bool) -> Mapping[str, int]:
        guild = discord.Object(guild_id) if guild_id != EVERYWHERE else None
        payload_hash = await self._hash(guild)
        last = await self._syncs.last(self._application_id, guild_id)
        if not force and last is not None and last.payload_hash == payload_hash:
            return last.commands
        registered = await self._tree.sync(guild=guild)
        sync = Sync(payload_hash, {command.name: command.id for command in registered})
        # Only now: what Discord did not take is sent again at the next start.
        try:
            await self._syncs.record(self._application_id, sync, discord.utils.utcnow(), guild_id)
        except sqlite3.Error as error:
            log.warning("Could not note which commands Discord has (%s); they are sent again at the next start", error)
        place = f"server {guild_id}" if guild is not None else "everywhere"
        log.info("Commands registered with Discord, %s: %s", place, ", ".join(sorted(sync.commands)) or "none")
        return sync.commands

    async def _hash(self, guild: discord.Object | None) -> str:
        translator = WordTranslator()
        commands = self._tree.get_commands(guild=guild)
        payload = [await command.get_translated_payload(self._tree, translator) for command in commands]
        return hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()


async def owners_by_discord(client: discord.Client) -> frozenset[int]:
    """The application's owner; of a team, its owner and those of its members who administer or develop."""
    application = await client.application_info()
    if application.team is None:
        return frozenset({application.owner.id})
    trusted = {discord.TeamMemberRole.admin, discord.TeamMemberRole.developer}
    members = {
        member.id
        for member in application.team.members
        if member.role in trusted and member.membership_state is discord.TeamMembershipState.accepted
    }
    if application.team.owner_id is not None:
        members.add(application.team.owner_id)
    return frozenset(members)


async def servers_by_discord(client: discord.Client) -> list[Whereabout]:
    """All that the bot is in, whichever process sees them."""
    return [whereabout(guild) async for guild in client.fetch_guilds(limit=None)]


def whereabout(guild: discord.Guild) -> Whereabout:
    return Whereabout(guild.id, guild.name, guild.member_count or guild.approximate_member_count or 0)
