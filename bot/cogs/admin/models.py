"""Versions of the weights that write poems: /admin models."""

import re
from typing import Any, Final, Self

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.choosing import Choices, offered_names
from bot.cogs.admin.comparing import VoteButton, begin_comparison, check_known
from bot.cogs.admin.family import PRESSED, Family
from bot.cogs.admin.lists import show_list
from bot.reading import reader_of
from bot.ui.admin import Listed, OwnersCard
from bot.ui.guards import GuardedItem
from bot.ui.text import shown
from bot.ui.versions import ROLLBACK_BUTTON, VERSION_BUTTON, Act, delete_card
from bot.words import say, word

Interaction = discord.Interaction[PoetBot]


class VersionButton(GuardedItem[discord.ui.Button[Any]], template=VERSION_BUTTON):
    """Uses, compares or deletes a version."""

    name = f"{PRESSED}version"

    def __init__(self, button: discord.ui.Button[Any], act: Act, version: str) -> None:
        self.act = act
        self.version = version
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, Act(match["act"]), match["name"])

    async def press(self, interaction: Interaction) -> None:
        match self.act:
            case Act.USE:
                await use_version(interaction, self.version)
            case Act.COMPARE:
                await begin_comparison(interaction, self.version, None)
            case Act.DELETE:
                await interaction.client.versions.delete(self.version)
                text = say(reader_of(interaction).language, "version.deleted", name=shown(self.version, 60))
                await interaction.response.edit_message(view=OwnersCard(text))


class RollbackButton(GuardedItem[discord.ui.Button[Any]], template=ROLLBACK_BUTTON):
    """Uses what was in use before."""

    name = f"{PRESSED}rollback"

    async def press(self, interaction: Interaction) -> None:
        await roll_back(interaction)


async def offer_versions(interaction: Interaction, typed: str) -> Choices:
    return offered_names(typed, await interaction.client.versions.names())


class ModelsGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_models.name"), description=word("command.admin_models.description"))

    @app_commands.command(
        name=word("command.admin_models.list.name"), description=word("command.admin_models.list.description")
    )
    async def list(self, interaction: Interaction) -> None:
        await show_list(interaction, Listed.MODELS)

    @app_commands.command(
        name=word("command.admin_models.use.name"), description=word("command.admin_models.use.description")
    )
    @app_commands.rename(version=word("command.admin_models.version.name"))
    @app_commands.describe(version=word("command.admin_models.version.description"))
    @app_commands.autocomplete(version=offer_versions)
    async def use(self, interaction: Interaction, version: str) -> None:
        await use_version(interaction, version)

    @app_commands.command(
        name=word("command.admin_models.rollback.name"), description=word("command.admin_models.rollback.description")
    )
    async def rollback(self, interaction: Interaction) -> None:
        await roll_back(interaction)

    @app_commands.command(
        name=word("command.admin_models.compare.name"), description=word("command.admin_models.compare.description")
    )
    @app_commands.rename(
        version=word("command.admin_models.version.name"), other=word("command.admin_models.other.name")
    )
    @app_commands.describe(
        version=word("command.admin_models.version.description"), other=word("command.admin_models.other.description")
    )
    @app_commands.autocomplete(version=offer_versions, other=offer_versions)
    async def compare(self, interaction: Interaction, version: str, other: str | None = None) -> None:
        await begin_comparison(interaction, version, other)

    @app_commands.command(
        name=word("command.admin_models.delete.name"), description=word("command.admin_models.delete.description")
    )
    @app_commands.rename(version=word("command.admin_models.version.name"))
    @app_commands.describe(version=word("command.admin_models.version.description"))
    @app_commands.autocomplete(version=offer_versions)
    async def delete(self, interaction: Interaction, version: str) -> None:
        """It is asked first: what is deleted has to be trained again. What is in use may still be loading."""
        await interaction.response.defer(ephemeral=True, thinking=True)
        await check_known(interaction, version)
        await interaction.client.versions.check_deletable(version)
        card = delete_card(version, reader_of(interaction).language)
        await interaction.edit_original_response(view=card)


async def use_version(interaction: Interaction, name: str) -> None:
    """Loading takes seconds, and longer than Discord waits where the machine is busy."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await check_known(interaction, name)
    await interaction.client.versions.use(name)
    await interaction.followup.send(say(reader_of(interaction).language, "version.now", name=name), ephemeral=True)


async def roll_back(interaction: Interaction) -> None:
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.client.versions.roll_back()
    name = await interaction.client.versions.current()
    text = say(reader_of(interaction).language, "version.back", name=name or "–")
    await interaction.followup.send(text, ephemeral=True)


MODELS: Final = Family(commands=lambda: [ModelsGroup()], items=[VersionButton, RollbackButton, VoteButton])
