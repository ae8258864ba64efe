"""The servers that the bot is in: /admin servers."""

import re
from typing import Any, Final, Self

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.choosing import id_in, offer_servers
from bot.cogs.admin.family import PRESSED, Family
from bot.cogs.admin.lists import show_list
from bot.reading import reader_of
from bot.services.refusals import Refusal
from bot.services.whereabouts import Whereabout
from bot.ui.admin import LEAVE_BUTTON, Listed, OwnersCard, leave_card
from bot.ui.guards import GuardedItem
from bot.ui.text import shown
from bot.words import say, word

Interaction = discord.Interaction[PoetBot]


class NotThere(Refusal):
    """A server that the bot is not in."""

    key = "error.admin.not_there"


class LeaveButton(GuardedItem[discord.ui.Button[Any]], template=LEAVE_BUTTON):
    """Says that the bot is really to leave a server."""

    name = f"{PRESSED}leave"

    def __init__(self, button: discord.ui.Button[Any], guild_id: int) -> None:
        self.guild_id = guild_id
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["guild"]))

    async def press(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        server, bot = await server_of(interaction, self.guild_id), interaction.client
        try:
            await bot.http.leave_guild(server.id)
        except discord.NotFound as error:
            raise NotThere(id=server.id) from error
        finally:
            bot.whereabouts.forget()
        text = say(reader_of(interaction).language, "admin.leave.done", server=shown(server.name, 60), id=server.id)
        await interaction.edit_original_response(view=OwnersCard(text))


class ServersGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_servers.name"), description=word("command.admin_servers.description"))

    @app_commands.command(
        name=word("command.admin_servers.list.name"), description=word("command.admin_servers.list.description")
    )
    async def list(self, interaction: Interaction) -> None:
        await show_list(interaction, Listed.SERVERS)

    @app_commands.command(
        name=word("command.admin_servers.leave.name"), description=word("command.admin_servers.leave.description")
    )
    @app_commands.rename(server=word("command.admin_servers.guild.name"))
    @app_commands.describe(server=word("command.admin_servers.guild.description"))
    @app_commands.autocomplete(server=offer_servers)
    async def leave(self, interaction: Interaction, server: str) -> None:
        """It is asked first: whoever is to come back has to be invited again."""
        guild_id = id_in(server)
        await interaction.response.defer(thinking=True, ephemeral=True)
        found = await server_of(interaction, guild_id)
        card = leave_card(found.id, found.name, reader_of(interaction).language)
        await interaction.edit_original_response(view=card)


async def server_of(interaction: Interaction, guild_id: int) -> Whereabout:
    """Raises:
    NotThere: the bot is not, or no longer, in this server.
    """
    found = await interaction.client.whereabouts.find(guild_id, discord.utils.utcnow())
    if found is None:
        raise NotThere(id=guild_id)
    return found


SERVERS: Final = Family(commands=lambda: [ServersGroup()], items=[LeaveButton])
