"""Where every command begins, fails and ends."""

import logging
from contextlib import suppress
from typing import TYPE_CHECKING

import discord
from discord import app_commands

if TYPE_CHECKING:
    from bot.app import PoetBot

log = logging.getLogger(__name__)


class PoetTree(app_commands.CommandTree["PoetBot"]):
    """Every command begins, fails and ends here."""

    async def interaction_check(self, interaction: discord.Interaction["PoetBot"]) -> bool:
        name = interaction.command.qualified_name if interaction.command is not None else "unknown"
        if interaction.type is discord.InteractionType.autocomplete:
            return await self._may_be_offered(interaction, name)
        try:
            await self.client.requests.begin(interaction, name, vars(interaction.namespace))
        except Exception as error:  # noqa: BLE001 - discord.py would lose it
            await self.client.requests.fail(interaction, error)
            return False
        return True

    async def _may_be_offered(self, interaction: discord.Interaction["PoetBot"], name: str) -> bool:
        """Whether there is to be anything to choose from while the person types."""
        try:
            await self.client.requests.admit(interaction, name)
        except Exception as error:  # noqa: BLE001 - nobody can be told while typing
            log.info("%s: nothing is offered to %s: %s", name, interaction.user.id, error)
            with suppress(discord.HTTPException):  # whoever types on asks again
                await interaction.response.autocomplete([])
            return False
        return True

    async def on_error(self, interaction: discord.Interaction["PoetBot"], error: app_commands.AppCommandError) -> None:
        await self.client.requests.fail(interaction, error)
