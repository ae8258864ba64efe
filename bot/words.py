"""Words in three languages: what the bot says, and what its commands are called. The texts stand in locale/."""

import tomllib
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

import discord
from discord import app_commands

from model.script import Script


class Language(StrEnum):
    """A language of the bot, by Discord's code of the locale."""

    ENGLISH = "en"
    SIMPLIFIED = "zh-CN"
    TRADITIONAL = "zh-TW"

    @property
    def own_name(self) -> str:
        """What the language calls itself, so that whoever speaks it finds it among the others."""
        return _OWN_NAMES[self]

    @classmethod
    def known(cls, locale: str | None) -> "Language | None":
        """The language for a locale of Discord, where the bot has one."""
        return _BY_LOCALE.get(locale or "")

    @classmethod
    def of(cls, locale: discord.Locale) -> "Language":
        """The language for a locale of Discord; English where there is none of its own."""
        return cls.known(locale.value) or cls.ENGLISH


_OWN_NAMES = {Language.ENGLISH: "English", Language.SIMPLIFIED: "简体中文", Language.TRADITIONAL: "繁體中文"}
_SCRIPTS = {Language.SIMPLIFIED: Script.HANS, Language.TRADITIONAL: Script.HANT}
_BY_LOCALE = {language.value: language for language in Language} | dict.fromkeys(("en-US", "en-GB"), Language.ENGLISH)


def script_of_reader(language: Language) -> Script | None:
    """The script that somebody reads who has this language; None where it does not tell."""
    return _SCRIPTS.get(language)


@cache
def texts(language: Language) -> Mapping[str, str]:
    """All texts of a language by their dotted key; a file for each family of commands.

    Raises:
        ValueError: a key stands in two files.
    """
    folder = files("bot").joinpath("locale", language.value)
    sources = sorted(
        (entry for entry in folder.iterdir() if entry.name.endswith(".toml")), key=lambda entry: entry.name
    )
    flat = [text for source in sources for text in _flatten(tomllib.loads(source.read_text(encoding="utf-8")))]
    found = dict(flat)
    if len(found) != len(flat):
        raise ValueError(f"a text of {language.value} stands in two files")
    return found


def _flatten(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    flat: list[tuple[str, str]] = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            flat += _flatten(value, f"{prefix}{key}.")
        else:
            flat.append((f"{prefix}{key}", value))
    return flat


def say(language: Language, key: str, **values: object) -> str:
    """The text of that key, with the values filled in."""
    return texts(language)[key].format(**values)


def count_words(language: Language, key: str, *, count: int, **values: object) -> str:
    """The text for so many: `key.one` for one thing, where the language makes a difference, or else `key.other`."""
    form = "one" if count == 1 and f"{key}.one" in texts(language) else "other"
    return say(language, f"{key}.{form}", count=count, **values)


def word(key: str) -> app_commands.locale_str:
    """The text of that key as discord.py wants it for a command: in English, to be translated at registration."""
    return app_commands.locale_str(texts(Language.ENGLISH)[key], key=key)


class WordTranslator(app_commands.Translator):
    """Gives Discord the names, descriptions and choices of the commands in every language that the bot has."""

    async def translate(
        self, string: app_commands.locale_str, locale: discord.Locale, context: app_commands.TranslationContextTypes
    ) -> str | None:
        del context
        language = Language.of(locale)
        key = string.extras.get("key")
        if key is None or language is Language.ENGLISH:
            return None
        return texts(language)[key]
