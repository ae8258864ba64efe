"""The cards of /help and /about."""

from typing import Final

import discord

from bot.ui.guards import GuardedLayout
from bot.words import Language, say

INK: Final = discord.Colour(0x4A4E69)


class TextCard(GuardedLayout):
    """A title and some lines."""

    def __init__(self, title: str, lines: list[str]) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[TextCard] = discord.ui.Container(accent_colour=INK)
        container.add_item(discord.ui.TextDisplay(f"### {title}\n" + "\n".join(lines)))
        self.add_item(container)
        self.stop()


def help_card(commands: list[tuple[str, str]], menu: str, language: Language) -> TextCard:
    """Each command as a mention and what it does; then what stands in menus and below poems."""
    lines = [say(language, "help.line", mention=mention, description=text) for mention, text in commands]
    return TextCard(say(language, "help.title"), [*lines, menu, f"-# {say(language, 'help.buttons')}"])
