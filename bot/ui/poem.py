"""The card of a poem."""

from collections.abc import Sequence
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedLayout
from bot.words import Language, say

VERMILION: Final = discord.Colour(0xA6382E)  # of a seal's ink
SHORT_WEIGHTS: Final = 8


class PoemCard(GuardedLayout):
    """The poem, what it was made from, and its buttons."""

    def __init__(self, poem: PoemRecord, language: Language, buttons: Sequence[discord.ui.Item[Any]]) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[PoemCard] = discord.ui.Container(accent_colour=VERMILION)
        container.add_item(discord.ui.TextDisplay(escape_markdown(poem.text)))
        container.add_item(discord.ui.TextDisplay("\n".join(f"-# {line}" for line in _small_print(poem, language))))
        container.add_item(discord.ui.ActionRow(*buttons))
        self.add_item(container)
        self.stop()  # its buttons need no view in memory


def _small_print(poem: PoemRecord, language: Language) -> list[str]:
    """What makes the poem again when it is given to the command; and what was odd about the start."""
    asked = poem.wish["form"]
    form = say(language, f"form_name.{asked or 'free'}")
    if asked is None and poem.form is not None:
        form = f"{form} ({say(language, f'form_name.{poem.form}')})"
    parts = [
        *([poem.start] if poem.start else []),
        form,
        say(language, "poem.temperature", temperature=poem.wish["temperature"]),
        say(language, "poem.seed", seed=poem.seed),
        say(language, "poem.weights", weights=poem.weights[:SHORT_WEIGHTS]),
    ]
    lines = [" · ".join(parts)]
    if poem.unknown:
        lines.append(say(language, "poem.unknown", characters=poem.unknown))
    return lines
