"""Whom the bot does not serve: /admin block and /admin unblock."""

from typing import Final

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.choosing import id_in, offer_blocked_people, offer_blocked_servers, offer_servers
from bot.cogs.admin.family import Family
from bot.cogs.admin.lists import show_list
from bot.reading import reader_of
from bot.services.refusals import Refusal
from bot.store.blocks import Subject
from bot.ui.admin import Listed
from bot.words import say, word

Interaction = discord.Interaction[PoetBot]
Reason = app_commands.Range[str, 1, 200]


class OwnerStays(Refusal):
    """An owner who is blocked could not undo it."""

    key = "error.admin.owner_stays"


class NotBlocked(Refusal):
    key = "error.admin.not_blocked"


class BlockGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_block.name"), description=word("command.admin_block.description"))

    @app_commands.command(
        name=word("command.admin_block.person.name"), description=word("command.admin_block.person.description")
    )
    @app_commands.rename(user=word("command.admin_block.user.name"), reason=word("command.admin_block.reason.name"))
    @app_commands.describe(
        user=word("command.admin_block.user.description"), reason=word("command.admin_block.reason.description")
    )
    async def person(self, interaction: Interaction, user: discord.User, reason: Reason | None = None) -> None:
        await block(interaction, Subject.PERSON, user.id, reason or "")
        await answer(interaction, "person", user.id)

    @app_commands.command(
        name=word("command.admin_block.server.name"), description=word("command.admin_block.server.description")
    )
    @app_commands.rename(server=word("command.admin_block.guild.name"), reason=word("command.admin_block.reason.name"))
    @app_commands.describe(
        server=word("command.admin_block.guild.description"), reason=word("command.admin_block.reason.description")
    )
    @app_commands.autocomplete(server=offer_servers)
    async def server(self, interaction: Interaction, server: str, reason: Reason | None = None) -> None:
        guild_id = id_in(server)
        await block(interaction, Subject.SERVER, guild_id, reason or "")
        await answer(interaction, "server", guild_id)

    @app_commands.command(
        name=word("command.admin_block.list.name"), description=word("command.admin_block.list.description")
    )
    async def list(self, interaction: Interaction) -> None:
        await show_list(interaction, Listed.BLOCKS)


class UnblockGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_unblock.name"), description=word("command.admin_unblock.description"))

    @app_commands.command(
        name=word("command.admin_unblock.person.name"), description=word("command.admin_unblock.person.description")
    )
    @app_commands.rename(user=word("command.admin_unblock.user.name"))
    @app_commands.describe(user=word("command.admin_unblock.user.description"))
    @app_commands.autocomplete(user=offer_blocked_people)
    async def person(self, interaction: Interaction, user: str) -> None:
        await unblock(interaction, Subject.PERSON, id_in(user))

    @app_commands.command(
        name=word("command.admin_unblock.server.name"), description=word("command.admin_unblock.server.description")
    )
    @app_commands.rename(server=word("command.admin_unblock.guild.name"))
    @app_commands.describe(server=word("command.admin_unblock.guild.description"))
    @app_commands.autocomplete(server=offer_blocked_servers)
    async def server(self, interaction: Interaction, server: str) -> None:
        await unblock(interaction, Subject.SERVER, id_in(server))


async def block(interaction: Interaction, kind: Subject, subject_id: int, reason: str) -> None:
    """Serve somebody no longer.

    Raises:
        OwnerStays: it is one of the owners.
    """
    now = discord.utils.utcnow()
    if kind is Subject.PERSON and await interaction.client.owners.include(subject_id, now):
        raise OwnerStays
    await interaction.client.blocks.add(kind, subject_id, reason, now)


async def unblock(interaction: Interaction, kind: Subject, subject_id: int) -> None:
    if not await interaction.client.blocks.remove(kind, subject_id):
        raise NotBlocked(id=subject_id)
    await answer(interaction, f"free_{kind}", subject_id)


async def answer(interaction: Interaction, key: str, subject_id: int) -> None:
    text = say(reader_of(interaction).language, f"admin.blocks.{key}", id=subject_id)
    await interaction.response.send_message(text, ephemeral=True)


BLOCKS: Final = Family(commands=lambda: [BlockGroup(), UnblockGroup()])
