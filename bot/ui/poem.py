"""The card of a poem."""

import re
from collections.abc import Sequence
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedLayout
from bot.words import Language, say
from model.script import HAN

VERMILION: Final = discord.Colour(0xA6382E)  # of a seal's ink
SHORT_WEIGHTS: Final = 8
_FIRST_OF_LINE: Final = re.compile(f"(?<![{HAN}])[{HAN}]")


class PoemCard(GuardedLayout):
    """The poem, what it was made from, and a row for each list of things to press."""

    def __init__(self, poem: PoemRecord, language: Language, rows: Sequence[Sequence[discord.ui.Item[Any]]]) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[PoemCard] = discord.ui.Container(accent_colour=VERMILION)
        if poem.theme:
            container.add_item(discord.ui.TextDisplay(f"### 《{escape_markdown(poem.theme)}》"))
        container.add_item(discord.ui.TextDisplay(_text(poem)))
        container.add_item(discord.ui.TextDisplay("\n".join(f"-# {line}" for line in _small_print(poem, language))))
        for row in rows:
            container.add_item(discord.ui.ActionRow(*row))
        self.add_item(container)
        self.stop()  # its buttons need no view in memory


def _text(poem: PoemRecord) -> str:
    text = escape_markdown(poem.text)
    return _FIRST_OF_LINE.sub(r"**\g<0>**", text) if poem.wish.get("heads") else text


def _small_print(poem: PoemRecord, language: Language) -> list[str]:
    """What makes the poem again when it is given to the command; and what was odd about the wish."""
    asked = poem.wish["form"]
    form = say(language, f"form_name.{asked or 'free'}")
    if asked is None and poem.form is not None:
        form = f"{form} ({say(language, f'form_name.{poem.form}')})"
    heads, candidates = poem.wish.get("heads"), poem.wish.get("candidates", 1)
    parts = [
        *([say(language, "poem.acrostic", heads=heads)] if heads else []),
        *([poem.start] if poem.start else []),
        form,
        say(language, "poem.temperature", temperature=poem.wish["temperature"]),
        say(language, "poem.seed", seed=poem.seed),
        *([say(language, "poem.best_of", candidates=candidates)] if candidates > 1 else []),
        say(language, "poem.weights", weights=poem.weights[:SHORT_WEIGHTS]),
    ]
    lines = [" · ".join(parts)]
    if (theme := poem.wish.get("theme")) and not poem.theme:
        lines.append(say(language, "poem.unheeded", theme=escape_markdown(theme)))
    if poem.unknown:
        lines.append(say(language, "poem.unknown", characters=poem.unknown))
    if poem.broken:
        lines.append(say(language, "poem.broken", characters=poem.broken))
    return lines
