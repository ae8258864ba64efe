"""Commands that tell what the bot is and does."""

from typing import Final

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot
from bot.reading import reader_of
from bot.services.weights import NetworkInUse
from bot.ui.about import TextCard, help_card
from bot.words import Language, say, word

Interaction = discord.Interaction[PoetBot]

DYNASTIES: Final = ("tang", "song")
SHORT_FINGERPRINT: Final = 8


class AboutCog(commands.Cog):
    @app_commands.command(name=word("command.help.name"), description=word("command.help.description"))
    async def help(self, interaction: Interaction) -> None:
        language = reader_of(interaction).language
        ids = interaction.client.command_ids
        listed = [
            (
                f"</{command.name}:{ids[command.name]}>" if command.name in ids else f"`/{command.name}`",
                say(language, f"command.{command.name}.description"),
            )
            for command in interaction.client.tree.get_commands(type=discord.AppCommandType.chat_input)
        ]
        menu = say(language, "help.menu", name=say(language, "menu.check"))
        await interaction.response.send_message(view=help_card(listed, menu, language), ephemeral=True)

    @app_commands.command(name=word("command.about.name"), description=word("command.about.description"))
    async def about(self, interaction: Interaction) -> None:
        language = reader_of(interaction).language
        lines = [
            say(language, "about.what"),
            *_poem_network(interaction.client.poet.in_use, language),
            _adder(interaction.client.adder.in_use, language),
            say(language, "about.licence"),
        ]
        await interaction.response.send_message(
            view=TextCard(say(language, "about.title", version=VERSION), lines), ephemeral=True
        )


def _poem_network(network: NetworkInUse | None, language: Language) -> list[str]:
    """What writes, and what it learned from."""
    if network is None:
        return [say(language, "about.no_network")]
    header = network.header
    loss = header.figures.get("loss")
    key = "about.network" if loss is None else "about.network_loss"
    dynasties = [name for name in DYNASTIES if name in header.settings.get("dynasties", ())] or ["all"]
    return [
        say(language, key, name=network.name, weights=network.weights, loss=loss),
        say(
            language,
            "about.corpus_shipped" if network.shipped else "about.corpus",
            poems=" · ".join(say(language, f"about.poems.{name}") for name in dynasties),
            fingerprint=header.corpus[:SHORT_FINGERPRINT],
        ),
    ]


def _adder(network: NetworkInUse | None, language: Language) -> str:
    if network is None:
        return say(language, "about.no_adder")
    return say(language, "about.adder", name=network.name, weights=network.weights)


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(AboutCog())
