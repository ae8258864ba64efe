"""A server's own settings, for those who may manage it."""

import re
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.cogs.managing import Interaction, ServerItem, managed, warnings_about
from bot.cogs.posting import DAILY_ITEMS, FAME_ITEMS, daily_panel, fame_panel
from bot.cogs.settings import chosen_of
from bot.cogs.wordlist import WordsForm
from bot.reading import note_reader, reader_of
from bot.sections import PoemSection
from bot.store.servers import ServerSettings
from bot.ui.server import Posting
from bot.ui.settings import Owner, Row, Setting, SettingsPanel, template
from bot.words import Language, script_of_reader, word

CHOSEN: Final = (Setting.LANGUAGE, Setting.SCRIPT, Setting.FORM, Setting.DISPLAY, Setting.LEARNING)


class ServerMenu(ServerItem[discord.ui.Select[Any]], template=template(Owner.SERVER, CHOSEN)):
    """Changes one setting of the server that it is in."""

    name = "server settings change"

    def __init__(self, item: discord.ui.Select[Any], setting: Setting) -> None:
        self.setting = setting
        super().__init__(item)

    @classmethod
    def of(cls, item: discord.ui.Select[Any], match: re.Match[str]) -> Self:
        return cls(item, Setting(match["setting"]))

    async def change(self, interaction: Interaction, guild: discord.Guild) -> None:
        bot, chosen = interaction.client, chosen_of(self.setting, self.item.values[0])
        value = int(chosen is not None) or None if self.setting is Setting.LEARNING else chosen
        await bot.servers.choose(guild.id, {self.setting.value: value}, discord.utils.utcnow())
        note_reader(interaction, await bot.requests.reader(interaction))
        await interaction.response.edit_message(view=await settings_panel(interaction, guild))


@app_commands.allowed_contexts(guilds=True, dms=False, private_channels=False)
@app_commands.allowed_installs(guilds=True, users=False)
@app_commands.default_permissions(manage_guild=True)
class ServerCog(
    commands.GroupCog,
    group_name=word("command.server.name"),
    group_description=word("command.server.description"),
):
    """All of it is private: what a server chooses shows in what is posted there."""

    @app_commands.command(
        name=word("command.server.settings.name"), description=word("command.server.settings.description")
    )
    async def settings(self, interaction: Interaction) -> None:
        guild = managed(interaction)
        await interaction.response.send_message(view=await settings_panel(interaction, guild), ephemeral=True)

    @app_commands.command(name=word("command.server.daily.name"), description=word("command.server.daily.description"))
    async def daily(self, interaction: Interaction) -> None:
        guild = managed(interaction)
        await interaction.response.send_message(view=await daily_panel(interaction, guild), ephemeral=True)

    @app_commands.command(name=word("command.server.fame.name"), description=word("command.server.fame.description"))
    async def fame(self, interaction: Interaction) -> None:
        guild = managed(interaction)
        await interaction.response.send_message(view=await fame_panel(interaction, guild), ephemeral=True)

    @app_commands.command(name=word("command.server.words.name"), description=word("command.server.words.description"))
    async def words(self, interaction: Interaction) -> None:
        kept = await interaction.client.server_words.of(managed(interaction).id)
        await interaction.response.send_modal(WordsForm(kept, reader_of(interaction).language))


async def settings_panel(interaction: Interaction, guild: discord.Guild) -> SettingsPanel:
    bot = interaction.client
    server = await bot.servers.of(guild.id)
    notes = dict.fromkeys(line for posting in Posting for line in warnings_about(interaction, guild, posting, server))
    return SettingsPanel(Owner.SERVER, rows_of(server, bot.config.poem), reader_of(interaction).language, list(notes))


def rows_of(server: ServerSettings, defaults: PoemSection) -> list[Row]:
    """What a server chose, and what would count if it had not."""
    read = script_of_reader(Language(server.language)) if server.language else None
    return [
        Row(Setting.LANGUAGE, server.language, Language.ENGLISH),
        Row(Setting.SCRIPT, server.script, read or defaults.script),
        Row(Setting.FORM, server.form, defaults.form),
        Row(Setting.DISPLAY, server.display, defaults.display),
        Row(Setting.LEARNING, "yes" if server.learning else None, "no"),
    ]


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(ServerMenu, *DAILY_ITEMS, *FAME_ITEMS)
    await bot.add_cog(ServerCog())
