"""Bases for everything that people press: whatever goes wrong in it takes the one path of errors.py."""

from typing import TYPE_CHECKING, Any, ClassVar

import discord

if TYPE_CHECKING:
    from bot.app import PoetBot


class GuardedView(discord.ui.View):
    """A view whose errors are answered."""

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, _: discord.ui.Item[Any]) -> None:
        await interaction.client.fail(interaction, error)


class GuardedLayout(discord.ui.LayoutView):
    """A layout whose errors are answered."""

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, _: discord.ui.Item[Any]) -> None:
        await interaction.client.fail(interaction, error)


class GuardedModal(discord.ui.Modal):
    """A form whose errors are answered."""

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, *_: Any) -> None:
        await interaction.client.fail(interaction, error)


class GuardedButton(discord.ui.DynamicItem[discord.ui.Button[Any]], template=r"(?!)"):
    """A button that outlives the process: its custom id says what it belongs to, and the database knows the rest.

    discord.py has no `on_error` for these. Subclasses make the item in `from_custom_id` out of the match alone, which
    cannot fail, and do their work in `press`.
    """

    name: ClassVar[str]
    """What the press is called in the notes of requests."""

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        bot: PoetBot = interaction.client
        try:
            bot.begin(interaction, self.name, {"custom_id": self.custom_id})
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001 - the path of every error begins here
            await bot.fail(interaction, error)
        else:
            bot.done(interaction)

    async def press(self, interaction: "discord.Interaction[PoetBot]") -> None:
        raise NotImplementedError
