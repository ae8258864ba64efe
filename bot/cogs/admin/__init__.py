"""/admin, the owner's commands: a file for each family.

Who may use them is checked in one place, PoetBot.admit(), for all that is typed, chosen, pressed or sent: a command is
known there by the group that it is in, everything else by its name, which begins as family.PRESSED does.
"""

from typing import Final

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.blocks import BLOCKS
from bot.cogs.admin.corpora import CORPORA
from bot.cogs.admin.faults import FAULTS
from bot.cogs.admin.jobs import JOBS
from bot.cogs.admin.lists import LISTS
from bot.cogs.admin.models import MODELS
from bot.cogs.admin.reports import REPORTS
from bot.cogs.admin.servers import SERVERS
from bot.cogs.admin.training import TRAINING
from bot.requests import OWNERS_COMMAND
from bot.words import word

FAMILIES: Final = (BLOCKS, SERVERS, LISTS, REPORTS, FAULTS, TRAINING, JOBS, MODELS, CORPORA)


async def setup(bot: PoetBot) -> None:
    group = app_commands.Group(
        name=word(f"command.{OWNERS_COMMAND}.name"),
        description=word(f"command.{OWNERS_COMMAND}.description"),
        allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=False, private_channel=False),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=False),
        default_permissions=discord.Permissions(),
    )
    for family in FAMILIES:
        for command in family.commands():
            group.add_command(command)
        bot.add_dynamic_items(*family.items)
    if bot.config.owner.servers:
        bot.tree.add_command(group, guilds=[discord.Object(guild_id) for guild_id in bot.config.owner.servers])
    else:
        bot.tree.add_command(group)
