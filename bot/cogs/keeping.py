"""Keeping a poem: the star below it, the bin beside that, and the menu of a message."""

import contextlib
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.cogs.items import PoemItem
from bot.errors import ALREADY_ANSWERED, GONE
from bot.reading import reader_of
from bot.services.keeping import MayNotRemove, NoPoemCard
from bot.services.refusals import Forgotten
from bot.ui.favorites import recount, toggled_text
from bot.ui.presses import Press, poem_in, template
from bot.words import word

Interaction = discord.Interaction[PoetBot]

MOST_RECOUNTS: Final = 3


class KeepButton(PoemItem[discord.ui.Button[Any]], template=template(Press.KEEP)):
    """Keeps the poem for whoever presses, or lets it go; the card shows how many keep it."""

    name = "poem keep"

    async def press(self, interaction: Interaction) -> None:
        bot = interaction.client
        toggled = await bot.favorites.toggle(interaction.user.id, self.poem_id, discord.utils.utcnow())
        if toggled is None:
            raise Forgotten
        await bot.fame.consider(self.poem_id)
        try:
            await interaction.response.edit_message(**self._counted(interaction, toggled.loved))
        except discord.HTTPException as error:
            if error.code in GONE | {ALREADY_ANSWERED}:
                raise
            # The card is gone, or Discord lets nobody edit it any more.
            said = toggled_text(toggled, reader_of(interaction).language)
            await interaction.response.send_message(said, ephemeral=True)
        else:
            await self._follow(interaction, toggled.loved)

    def _counted(self, interaction: Interaction, loved: int) -> dict[str, Any]:
        """The card as it is, with another count; its files have to be named to stay."""
        view: Any = self.view  # made out of the message's own components
        files = interaction.message.attachments if interaction.message is not None else []
        recount(view, self.item, files, loved)
        view.stop()  # its buttons need no view in memory
        return {"view": view} | ({"attachments": files} if files else {})

    async def _follow(self, interaction: Interaction, shown: int) -> None:
        """Edits of people who press together may overtake each other: whoever is last sets the count right."""
        for _ in range(MOST_RECOUNTS):
            kept = await interaction.client.poems.find(self.poem_id)
            if kept is None or kept.loved == shown:
                return
            shown = kept.loved
            with contextlib.suppress(discord.HTTPException):  # what was pressed is done; the next press counts anew
                await interaction.edit_original_response(**self._counted(interaction, shown))


class RemoveButton(PoemItem[discord.ui.Button[Any]], template=template(Press.REMOVE)):
    """Takes the card away; the poem stays in its author's history, and with those who keep it."""

    name = "poem remove"

    async def press(self, interaction: Interaction) -> None:
        if not await self._may_remove(interaction):
            raise MayNotRemove
        # Through the interaction's own token, which needs no permission and works where the bot is no member.
        await interaction.response.defer()
        with contextlib.suppress(discord.NotFound):  # somebody else was quicker
            await interaction.delete_original_response()

    async def _may_remove(self, interaction: Interaction) -> bool:
        """Whoever asked for the poem or had the card shown, and who keeps order in the channel."""
        if interaction.permissions.manage_messages:
            return True
        message = interaction.message
        asked = message.interaction_metadata if message is not None else None
        if asked is not None and asked.user.id == interaction.user.id:
            return True
        kept = await interaction.client.poems.find(self.poem_id)
        return kept is not None and kept.person_id == interaction.user.id


class KeepingCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name=word("menu.keep"), callback=self.keep_message)

    async def cog_load(self) -> None:
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    async def keep_message(self, interaction: Interaction, message: discord.Message) -> None:
        """Only our own cards count: anybody can write a message with ids of poems in it through a bot of their own."""
        bot = interaction.client
        ours = bot.user is not None and message.author.id == bot.user.id
        poem_id = poem_in(message.components) if ours else None
        if poem_id is None:
            raise NoPoemCard
        kept = await bot.favorites.keep(interaction.user.id, poem_id, discord.utils.utcnow())
        if kept is None:
            raise Forgotten
        await bot.fame.consider(poem_id)
        said = toggled_text(kept, reader_of(interaction).language)
        await interaction.response.send_message(said, ephemeral=True)


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(KeepButton, RemoveButton)
    await bot.add_cog(KeepingCog(bot))
