"""What is offered while somebody types an option: starts and themes, in the person's script."""

from collections.abc import Callable, Iterable
from typing import Final

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.words import Language, say, texts
from model.errors import ModelError
from model.script import Script, convert, normalise
from model.starts import check_start, check_theme

MOST_OFFERED: Final = 25
STARTS: Final = (
    *"日红山夜湖海月",
    *("春江", "明月", "秋风", "白云", "青山", "落日", "夜雨", "孤舟", "故人", "长安"),
    *("江南", "天涯", "落花", "春风", "寒山", "万里", "清明时节雨", "独"),
)
THEME: Final = "theme."

Offers = list[app_commands.Choice[str]]


async def offer_starts(interaction: discord.Interaction[PoetBot], typed: str) -> Offers:
    script = (await interaction.client.requests.reader(interaction)).script or Script.HANS
    starts = [convert(start, script) for start in STARTS]
    return _offers(typed, ((start, start) for start in starts), check_start)


async def offer_themes(interaction: discord.Interaction[PoetBot], typed: str) -> Offers:
    """Themes with what they mean: somebody who types in English finds them, too."""
    reader = await interaction.client.requests.reader(interaction)
    language, script = reader.language, reader.script or Script.HANS
    themes = [key.removeprefix(THEME) for key in texts(Language.ENGLISH) if key.startswith(THEME)]
    return _offers(typed, ((say(language, THEME + theme), convert(theme, script)) for theme in themes), check_theme)


def _offers(typed: str, known: Iterable[tuple[str, str]], check: Callable[[str], str]) -> Offers:
    """Those that hold what is typed, in either script; before them what is typed, where it is none and will do."""
    wanted = normalise(typed.strip()).casefold()
    found = [
        app_commands.Choice(name=name, value=value) for name, value in known if wanted in normalise(name).casefold()
    ]
    if wanted and not any(normalise(choice.value) == wanted for choice in found):
        try:
            own = check(typed)
        except ModelError:
            pass  # it is answered when it is sent
        else:
            found.insert(0, app_commands.Choice(name=own, value=own))
    return found[:MOST_OFFERED]
