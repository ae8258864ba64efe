"""Bases for everything that people press: whatever goes wrong in it takes the one path of errors.py."""

import re
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeVar, cast

import discord

if TYPE_CHECKING:
    from bot.app import PoetBot

Widget = TypeVar("Widget", bound=discord.ui.Item[Any])


class GuardedView(discord.ui.View):
    """A view whose errors are answered."""

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, _: discord.ui.Item[Any]) -> None:
        await interaction.client.requests.fail(interaction, error)


class GuardedLayout(discord.ui.LayoutView):
    """A layout whose errors are answered."""

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, _: discord.ui.Item[Any]) -> None:
        await interaction.client.requests.fail(interaction, error)


class GuardedModal(discord.ui.Modal):
    """A form whose errors are answered. Subclasses do their work in `submit`."""

    name: ClassVar[str]
    """What the sent form is called in the notes of requests."""

    async def on_submit(self, interaction: discord.Interaction[Any]) -> None:
        bot: PoetBot = interaction.client
        await bot.requests.begin(interaction, self.name, {"custom_id": self.custom_id})
        await self.submit(interaction)
        bot.requests.done(interaction)

    async def on_error(self, interaction: discord.Interaction[Any], error: Exception, *_: Any) -> None:
        await interaction.client.requests.fail(interaction, error)

    async def submit(self, interaction: "discord.Interaction[PoetBot]") -> None:
        raise NotImplementedError


class GuardedItem(discord.ui.DynamicItem[Widget], template=r"(?!)"):
    """A button or menu that outlives the process: its custom id says what it belongs to, the database knows the rest.

    discord.py has no `on_error` for these. Subclasses that need more than what was pressed make themselves in `of` out
    of the match alone, which cannot fail; all do their work in `press`.
    """

    name: ClassVar[str]
    """What the press is called in the notes of requests."""

    @classmethod
    async def from_custom_id(
        cls, _interaction: discord.Interaction[Any], item: discord.ui.Item[Any], match: re.Match[str]
    ) -> Self:
        # Our own cards have no other kind of widget under the id.
        return cls.of(cast("Widget", item), match)

    @classmethod
    def of(cls, item: Widget, match: re.Match[str]) -> Self:  # noqa: ARG003 - subclasses read it
        """Out of what was pressed and the match of its custom id."""
        return cls(item)

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        bot: PoetBot = interaction.client
        try:
            await bot.requests.begin(interaction, self.name, {"custom_id": self.custom_id, **self.chosen()})
            await self.press(interaction)
        except Exception as error:  # noqa: BLE001 - the path of every error begins here
            await bot.requests.fail(interaction, error)
        else:
            bot.requests.done(interaction)

    def chosen(self) -> dict[str, Any]:
        """What a menu was set to, for the notes."""
        return {"values": self.item.values} if isinstance(self.item, discord.ui.Select) else {}

    async def press(self, interaction: "discord.Interaction[PoetBot]") -> None:
        raise NotImplementedError
