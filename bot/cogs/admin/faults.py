"""What stands behind a reference id: /admin error."""

from typing import Any, Final

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.family import Family
from bot.reading import reader_of
from bot.services.refusals import Refusal
from bot.ui.admin import fault_card
from bot.ui.text import shown
from bot.words import word

Interaction = discord.Interaction[PoetBot]


class NoSuchReference(Refusal):
    key = "error.admin.reference"


@app_commands.rename(reference=word("command.admin_error.id.name"))
@app_commands.describe(reference=word("command.admin_error.id.description"))
async def error(interaction: Interaction, reference: str) -> None:
    found = await interaction.client.faults.get(reference.strip().strip("`").lower())
    if found is None:
        raise NoSuchReference(text=shown(reference))
    fault, options = found
    guild = interaction.client.get_guild(fault.guild_id) if fault.guild_id is not None else None
    card, file = fault_card(fault, options, guild.name if guild is not None else None, reader_of(interaction).language)
    await interaction.response.send_message(view=card, file=file, ephemeral=True)


def _commands() -> list[app_commands.Command[Any, ..., Any]]:
    name, description = word("command.admin_error.name"), word("command.admin_error.description")
    return [app_commands.Command(name=name, description=description, callback=error)]


FAULTS: Final = Family(commands=_commands)
