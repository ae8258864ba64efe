"""The card of a character's rhymes."""

from collections.abc import Sequence
from typing import Final

import discord

from bot.services.craft import RhymeEntry
from bot.ui.guards import GuardedLayout
from bot.ui.terms import SIGNS, group_title
from bot.words import Language, say
from model.script import Script, convert

INDIGO: Final = discord.Colour(0x2E4A7D)


class RhymeCard(GuardedLayout):
    """A character's readings: tone, group, and words that rhyme."""

    def __init__(self, character: str, entries: Sequence[RhymeEntry], language: Language, script: Script) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[RhymeCard] = discord.ui.Container(accent_colour=INDIGO)
        forms = list(dict.fromkeys(entry.character for entry in entries))
        head = [f"## {character}"]
        if forms != [character] and convert("".join(forms), Script.HANS) != character:
            head.append("-# " + say(language, "rhyme.stands_for", character=character, forms=" ".join(forms)))
        container.add_item(discord.ui.TextDisplay("\n".join(head)))
        for group in dict.fromkeys(entry.reading.group for entry in entries):
            alike = [entry for entry in entries if entry.reading.group == group]
            lines = _reading(alike, language, script, several=len(forms) > 1)
            container.add_item(discord.ui.TextDisplay("\n".join(lines)))
        if not all(entry.words for entry in entries):
            container.add_item(discord.ui.TextDisplay(f"-# {say(language, 'rhyme.oblique')}"))
        self.add_item(container)
        self.stop()


def _reading(alike: Sequence[RhymeEntry], language: Language, script: Script, *, several: bool) -> list[str]:
    """The characters that have one reading in common."""
    first = alike[0]
    said = " ".join(dict.fromkeys(entry.pinyin for entry in alike if entry.pinyin))
    tone_class = say(language, f"tone_class.{first.reading.tone_class.value}")
    parts = [
        *([" ".join(entry.character for entry in alike)] if several else []),
        f"**{group_title(first.reading.group, script)}**",
        f"{SIGNS[first.reading.tone]} {tone_class}",
        *([f"*{said}*"] if said else []),
    ]
    line = " · ".join(parts)
    if not first.words:
        return [line]
    words = " ".join(convert(word, script) for word in first.words)
    return [line, f"-# {say(language, 'rhyme.words')}", words]
