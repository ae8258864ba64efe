"""The panels on which people and servers choose how they want it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final

import discord

from bot.ui.guards import GuardedLayout
from bot.words import Language, say
from model.forms import Form
from model.script import Script

TEAL: Final = discord.Colour(0x3E7C7B)
NOT_CHOSEN: Final = "-"


class Owner(StrEnum):
    """Whose panel it is; the beginning of its custom ids, so never to be renamed."""

    PERSON = "settings"
    SERVER = "server"


class Setting(StrEnum):
    """What can be chosen; part of custom ids, and the name of the column."""

    LANGUAGE = "language"
    SCRIPT = "script"
    FORM = "form"
    DISPLAY = "display"
    PINYIN = "pinyin"
    LEARNING = "learning"


CHOICES: Final = {
    Setting.LANGUAGE: tuple(language.value for language in Language),
    Setting.SCRIPT: tuple(script.value for script in Script),
    Setting.FORM: (*(form.value for form in Form), "free"),
    Setting.DISPLAY: ("text", "picture"),
    Setting.PINYIN: ("yes", "no"),
    Setting.LEARNING: ("yes",),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One setting: what was chosen, if anything, and what counts where nothing is."""

    setting: Setting
    chosen: str | None
    otherwise: str


class SettingsPanel(GuardedLayout):
    """A select for each setting, which shows what is chosen; below them what the reader should know."""

    def __init__(self, owner: Owner, rows: Sequence[Row], language: Language, notes: Sequence[str] = ()) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[SettingsPanel] = discord.ui.Container(accent_colour=TEAL)
        title, about = say(language, f"settings.{owner.name.lower()}.title"), f"settings.{owner.name.lower()}.about"
        container.add_item(discord.ui.TextDisplay(f"### {title}\n-# {say(language, about)}"))
        for row in rows:
            container.add_item(discord.ui.TextDisplay(f"**{say(language, f'settings.{row.setting}.title')}**"))
            container.add_item(discord.ui.ActionRow(_select(owner, row, language)))
        if notes:
            container.add_item(discord.ui.TextDisplay("\n".join(notes)))
        self.add_item(container)
        self.stop()


def template(owner: Owner, settings: Sequence[Setting]) -> str:
    """The pattern of the custom ids of these settings; its group `setting` is the setting."""
    return f"{owner}:(?P<setting>{'|'.join(settings)})"


def name_of(setting: Setting, value: str, language: Language) -> str:
    """What a choice is called."""
    if setting is Setting.LANGUAGE:
        return Language(value).own_name
    return say(language, f"form.{value}" if setting is Setting.FORM else f"settings.{setting}.{value}")


def _select(owner: Owner, row: Row, language: Language) -> discord.ui.Select[Any]:
    otherwise = name_of(row.setting, row.otherwise, language)
    key = f"settings.{owner.name.lower()}.not_chosen.{row.setting}"
    options = [
        discord.SelectOption(
            label=say(language, key, otherwise=otherwise), value=NOT_CHOSEN, default=row.chosen is None
        ),
        *(
            discord.SelectOption(label=name_of(row.setting, value, language), value=value, default=value == row.chosen)
            for value in CHOICES[row.setting]
        ),
    ]
    return discord.ui.Select(custom_id=f"{owner}:{row.setting}", options=options)
