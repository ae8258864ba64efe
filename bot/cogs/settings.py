"""One's own settings."""

import re
from dataclasses import replace
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.reading import note_reader, reader_of
from bot.sections import PoemSection
from bot.services.readers import Reader
from bot.services.serving import OldPanel
from bot.store.people import PersonSettings
from bot.store.servers import ServerSettings
from bot.ui.guards import GuardedItem
from bot.ui.settings import CHOICES, NOT_CHOSEN, Owner, Row, Setting, SettingsPanel, template
from bot.words import word

Interaction = discord.Interaction[PoetBot]

CHOSEN: Final = (Setting.LANGUAGE, Setting.SCRIPT, Setting.FORM, Setting.DISPLAY, Setting.PINYIN)


class SettingMenu(GuardedItem[discord.ui.Select[Any]], template=template(Owner.PERSON, CHOSEN)):
    """Changes one setting of whoever uses it, and of nobody else."""

    name = "settings change"

    def __init__(self, item: discord.ui.Select[Any], setting: Setting) -> None:
        self.setting = setting
        super().__init__(item)

    @classmethod
    def of(cls, item: discord.ui.Select[Any], match: re.Match[str]) -> Self:
        return cls(item, Setting(match["setting"]))

    async def press(self, interaction: Interaction) -> None:
        chosen = chosen_of(self.setting, self.item.values[0])
        value = int(chosen == "yes") if self.setting is Setting.PINYIN and chosen else chosen
        bot = interaction.client
        await bot.people.choose(interaction.user.id, {self.setting.value: value}, discord.utils.utcnow())
        note_reader(interaction, await bot.requests.reader(interaction))
        await interaction.response.edit_message(view=await panel_of(interaction))


class SettingsCog(commands.Cog):
    @app_commands.command(name=word("command.settings.name"), description=word("command.settings.description"))
    async def settings(self, interaction: Interaction) -> None:
        await interaction.response.send_message(view=await panel_of(interaction), ephemeral=True)


def chosen_of(setting: Setting, value: str) -> str | None:
    """What was chosen on a panel; None where it is to be as if nothing was.

    Raises:
        OldPanel: it can be chosen no longer.
    """
    if value == NOT_CHOSEN:
        return None
    if value not in CHOICES[setting]:
        raise OldPanel
    return value


async def panel_of(interaction: Interaction) -> SettingsPanel:
    """The panel of whoever asks, in their language."""
    bot = interaction.client
    person = await bot.people.of(interaction.user.id)
    server = await bot.servers.of(interaction.guild_id) if interaction.guild_id is not None else ServerSettings()
    rows = rows_of(person, interaction.locale.value, server, bot.config.poem)
    return SettingsPanel(Owner.PERSON, rows, reader_of(interaction).language)


def rows_of(person: PersonSettings, locale: str, server: ServerSettings, defaults: PoemSection) -> list[Row]:
    """What a person chose, and what would count if they had not."""
    reader = Reader.of(replace(person, language=None), locale, server)
    unscripted = Reader.of(replace(person, script=None), locale, server)
    pinyin = None if person.pinyin is None else "yes" if person.pinyin else "no"
    return [
        Row(Setting.LANGUAGE, person.language, reader.language),
        Row(Setting.SCRIPT, person.script, unscripted.script or defaults.script),
        Row(Setting.FORM, person.form, server.form or defaults.form),
        Row(Setting.DISPLAY, person.display, server.display or defaults.display),
        Row(Setting.PINYIN, pinyin, "no"),
    ]


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(SettingMenu)
    await bot.add_cog(SettingsCog())
