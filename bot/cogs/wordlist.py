"""The words that a server does not want in poems."""

import re
from collections.abc import Sequence
from typing import Any, Final

import discord

from bot.cogs.craft import FORM_SECONDS
from bot.cogs.managing import Interaction, managed
from bot.reading import reader_of
from bot.store.words import bare
from bot.ui.guards import GuardedModal
from bot.ui.text import shown
from bot.words import Language, count_words, say

MOST_WORDS: Final = 200
LONGEST_WORD: Final = 20
_MOST_NAMED: Final = 6
# Discord's fields hold 4,000 characters, and 200 words of 20 are more.
_WORDS_IN_FIELD: Final = MOST_WORDS // 2
_FIELD: Final = 4_000
# What people put between words; no word has any of these.
_BETWEEN: Final = re.compile(r"[\n\r,;，；、]+")


class WordsForm(GuardedModal):
    """The whole list, in two fields."""

    name = "server words form"

    def __init__(self, words: Sequence[str], language: Language) -> None:
        super().__init__(title=say(language, "server.words.title"), timeout=FORM_SECONDS)
        halves = words[:_WORDS_IN_FIELD], words[_WORDS_IN_FIELD:MOST_WORDS]
        self.fields: list[discord.ui.TextInput[Any]] = [
            discord.ui.TextInput(
                style=discord.TextStyle.paragraph,
                custom_id=f"words{number}",
                default="\n".join(half),
                required=False,
                max_length=_FIELD,
            )
            for number, half in enumerate(halves)
        ]
        first, more = self.fields
        about = say(language, "server.words.about", most=MOST_WORDS, longest=LONGEST_WORD)
        self.add_item(discord.ui.Label(text=say(language, "server.words.field"), description=about, component=first))
        self.add_item(discord.ui.Label(text=say(language, "server.words.more"), component=more))

    async def submit(self, interaction: Interaction) -> None:
        """Keep what can be kept, and name the rest: what was typed into a form is lost when it is refused."""
        guild, language = managed(interaction), reader_of(interaction).language
        words, wrong = read_words("\n".join(field.value for field in self.fields))
        await interaction.client.server_words.replace(guild.id, words[:MOST_WORDS])
        lines = [count_words(language, "server.words.kept", count=len(words[:MOST_WORDS]))]
        if wrong:
            named = " · ".join(shown(word) for word in wrong[:_MOST_NAMED]) + (" …" if wrong[_MOST_NAMED:] else "")
            lines.append(say(language, "server.words.left_out", words=named, longest=LONGEST_WORD))
        if over := len(words[MOST_WORDS:]):
            lines.append(count_words(language, "server.words.too_many", count=over, most=MOST_WORDS))
        await interaction.response.send_message("\n".join(lines), ephemeral=True)


def read_words(typed: str) -> tuple[list[str], list[str]]:
    """The words of a list, each once, in the form in which they are compared; and what is too long or no word."""
    pieces = [piece for piece in map(str.strip, _BETWEEN.split(typed)) if piece]
    words = list(dict.fromkeys(bare(piece) for piece in pieces if 1 <= len(bare(piece)) <= LONGEST_WORD))
    return words, [piece for piece in pieces if not 1 <= len(bare(piece)) <= LONGEST_WORD]
