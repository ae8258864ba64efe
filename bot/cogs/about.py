"""Commands that tell what the bot is and does."""

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot
from bot.ui.about import TextCard, help_card
from bot.words import Language, say, word

Interaction = discord.Interaction[PoetBot]


class AboutCog(commands.Cog):
    @app_commands.command(name=word("command.help.name"), description=word("command.help.description"))
    async def help(self, interaction: Interaction) -> None:
        language = Language.of(interaction.locale)
        ids = interaction.client.command_ids
        listed = [
            (
                f"</{command.name}:{ids[command.name]}>" if command.name in ids else f"`/{command.name}`",
                say(language, f"command.{command.name}.description"),
            )
            for command in interaction.client.tree.get_commands()
        ]
        await interaction.response.send_message(view=help_card(listed, language), ephemeral=True)

    @app_commands.command(name=word("command.about.name"), description=word("command.about.description"))
    async def about(self, interaction: Interaction) -> None:
        language = Language.of(interaction.locale)
        network = interaction.client.poet.in_use
        if network is None:
            poems = say(language, "about.no_network")
        else:
            loss = network.header.figures.get("loss")
            key = "about.network" if loss is None else "about.network_loss"
            poems = say(language, key, name=network.name, weights=network.weights, loss=loss)
        lines = [say(language, "about.what"), poems, say(language, "about.corpus"), say(language, "about.licence")]
        await interaction.response.send_message(
            view=TextCard(say(language, "about.title", version=VERSION), lines), ephemeral=True
        )


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(AboutCog())
