"""The bot that ours is measured beside: it says what it was told. benchmarks/load.py starts it against its stand-in."""

import os
from pathlib import Path

import discord
import yarl
from discord.ext import commands


class Echo(commands.Bot):
    async def setup_hook(self) -> None:
        await self.tree.sync()


def main() -> None:
    discord.http.Route.BASE = os.environ["TANGPOET_DISCORD__API"]
    discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = yarl.URL(os.environ["TANGPOET_DISCORD__GATEWAY"])
    bot = Echo(commands.when_mentioned, intents=discord.Intents(guilds=True))

    @bot.tree.command(name="poem", description="echo")
    async def poem(interaction: discord.Interaction, start: str) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(content=start)

    bot.run(Path(os.environ["DISCORD_TOKEN_FILE"]).read_text(encoding="utf-8").strip(), log_handler=None)


if __name__ == "__main__":
    main()
