"""The words: none missing in any language, and a payload that Discord takes."""

import re
import string
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest
from discord import app_commands
from simcord.enums import AppCommandType

from bot import words
from bot.words import Language, WordTranslator, say, texts, word
from tests.conftest import World

OTHERS = [language for language in Language if language is not Language.ENGLISH]
# Names and signs that read the same in every language.
SAME = {
    Language.SIMPLIFIED: re.compile(r"form_name\.[五七][绝律]|about\.title|help\.line|cell_name\..+"),
    Language.TRADITIONAL: re.compile(r"form_name\.[五七]律|about\.title|help\.line|cell_name\..+"),
}


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_empty_or_left_in_english(language: Language) -> None:
    english, other = texts(Language.ENGLISH), texts(language)

    # Chinese has one text for any number.
    counted = {key for key in english if key.endswith(".one") and f"{key.removesuffix('one')}other" in english}
    assert list(other) == [key for key in english if key not in counted]
    for key, text in other.items():
        assert text.strip() == text != "", key
        assert fields(text) == fields(english[key]), key
        assert (text == english[key]) == bool(SAME[language].fullmatch(key)), key


def test_the_two_scripts_differ() -> None:
    simplified, traditional = texts(Language.SIMPLIFIED), texts(Language.TRADITIONAL)
    differing = [key for key in simplified if simplified[key] != traditional[key]]

    assert len(differing) > 0.8 * len(simplified)


@pytest.mark.parametrize(
    ("locale", "language"),
    [
        (discord.Locale.chinese, Language.SIMPLIFIED),
        (discord.Locale.taiwan_chinese, Language.TRADITIONAL),
        (discord.Locale.british_english, Language.ENGLISH),
        (discord.Locale.french, Language.ENGLISH),
    ],
)
def test_the_language_of_a_locale(locale: discord.Locale, language: Language) -> None:
    assert Language.of(locale) is language


def test_values_are_filled_in_as_they_are() -> None:
    assert "{braces}" in say(Language.ENGLISH, "poem.unknown", characters="{braces}")


async def test_only_words_are_translated() -> None:
    translator = WordTranslator()
    context: Any = None

    assert await translator.translate(app_commands.locale_str("plain"), discord.Locale.chinese, context) is None
    assert await translator.translate(word("command.poem.name"), discord.Locale.french, context) is None
    assert await translator.translate(word("command.poem.name"), discord.Locale.chinese, context) == "作诗"


Part = dict[str, Any]


def group(name: str, *options: Part) -> Part:
    return {"name": name, "description": "x", "type": 2, "options": list(options)}


def subcommand(name: str, *options: Part, text: str = "x") -> Part:
    return {"name": name, "description": text, "type": 1, "options": list(options)}


def parts(command: Part) -> Iterator[Part]:
    yield command
    for option in command.get("options") or []:
        yield from parts(option)
        yield from option.get("choices") or []


def names(part: Part) -> Iterator[tuple[str, str]]:
    """Each name with its locale; "" for the name itself."""
    yield "", part["name"]
    yield from (part.get("name_localizations") or {}).items()


def is_name(text: str) -> bool:
    """^[-_'\\p{L}\\p{N}]{1,32}$, lower case."""
    allowed = all(char in "-_'" or unicodedata.category(char)[0] in "LN" for char in text)
    return allowed and 1 <= len(text) <= 32 and text == text.lower()


def check_siblings(siblings: list[Part], *, longest_free_name: int = 0) -> None:
    """Names apart in every language; where they are free, spaces and capitals may stand in them."""
    assert len(siblings) <= 25
    for locale in {locale for part in siblings for locale, _ in names(part)}:
        # Where a locale has no name of its own, the name itself stands.
        seen = [str(dict(names(part)).get(locale, part["name"])) for part in siblings]
        assert len(set(seen)) == len(seen), seen
        for name in seen:
            fits = 1 <= len(name.strip()) <= len(name) <= longest_free_name
            assert fits if longest_free_name else is_name(name), name


def check_depth(part: Part, kind: int = 0) -> None:
    """A command has groups and subcommands, or options; a group has subcommands; a subcommand has options."""
    options = part.get("options") or []
    kinds = {option.get("type", 3) for option in options}
    below = {0: {1, 2}, 2: {1}}.get(kind, set())
    assert kinds <= below if kinds & {1, 2} else kind != 2, part["name"]
    assert kind != 2 or options, part["name"]
    needed = [bool(option.get("required")) for option in options]
    assert needed == sorted(needed, reverse=True), part["name"]
    for option in options:
        if option.get("type") in {1, 2}:
            check_depth(option, option["type"])


def check_payload(commands: list[Part]) -> None:
    """Discord's rules, of which one broken one makes it refuse everything."""
    menus = [command for command in commands if command.get("type", 1) != AppCommandType.CHAT_INPUT]
    for kind in AppCommandType:
        assert len([menu for menu in menus if menu["type"] == kind]) <= 5
    check_siblings([command for command in commands if command not in menus])
    check_siblings(menus, longest_free_name=32)
    for command in commands:
        check_depth(command)
        size = 0
        for part in parts(command):
            if part.get("options"):
                check_siblings(part["options"])
            if part.get("choices"):
                check_siblings(part["choices"], longest_free_name=100)
                assert all(1 <= len(str(choice["value"])) <= 100 for choice in part["choices"])
            if part in menus:
                assert not part.get("description")
                assert not part.get("options")
            elif "value" not in part:
                for text in [part["description"], *(part.get("description_localizations") or {}).values()]:
                    assert 1 <= len(text) <= 100, text
            for localizations in ("name_localizations", "description_localizations"):
                assert (part.get(localizations) or {}).keys() in (set(), {"zh-CN", "zh-TW"})
            size += sum(len(name) for _, name in names(part)) + len(str(part.get("value", "")))
            size += len(part.get("description", "")) + len(
                "".join((part.get("description_localizations") or {}).values())
            )
        assert size <= 8000


async def test_the_payload_keeps_discords_rules(world: World) -> None:
    [sent] = [entry.json for entry in world.env.http_requests if entry.method == "PUT"]
    assert isinstance(sent, list)

    check_payload(sent)
    for command in sent:
        for part in parts(command):
            assert (part.get("name_localizations") or {}).keys() == {"zh-CN", "zh-TW"}, part


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "Poem"},
        {"name": "a b"},
        {"name_localizations": {"zh-CN": "作诗！", "zh-TW": "x"}},
        {"description": "x" * 101},
        {"description_localizations": {"zh-CN": "", "zh-TW": "x"}},
        {"name_localizations": {"fr": "poème"}},
        {"options": [{"name": "a", "description": "x"}] * 2},
        {"options": [{"name": "a", "description": "x"}, {"name": "b", "description": "x", "required": True}]},
        {"options": [{"name": "a", "description": "x", "type": 2}]},
        {"options": [{"name": "a", "description": "x", "type": 1}, {"name": "b", "description": "x", "type": 3}]},
        {"options": [group("a", group("b", subcommand("c")))]},
        {"options": [subcommand("a", subcommand("b"))]},
        {"options": [group("a", {"name": "b", "description": "x", "type": 3})]},
        {"options": [group("a", subcommand("b"), subcommand("b"))]},
        {"options": [group("a", *(subcommand(f"b{number}") for number in range(26)))]},
        {"options": [group(name, *(subcommand(f"x{n}", text="x" * 100) for n in range(20))) for name in "abcd"]},
        {"options": [{"name": "a", "description": "x", "name_localizations": {"zh-CN": "甲 乙", "zh-TW": "x"}}]},
    ],
)
def test_the_check_finds_what_discord_would_refuse(broken: Part) -> None:
    command = {"name": "poem", "description": "x"}
    check_payload([command, command | {"name": "deep", "options": [group("a", subcommand("b")), subcommand("c")]}])
    with pytest.raises(AssertionError):
        check_payload([command | broken])


@pytest.mark.parametrize(
    "broken",
    [
        {"name": "x" * 33},
        {"name": " "},
        {"description": "x"},
        {"name_localizations": {"zh-CN": "检" * 33, "zh-TW": "x"}},
        {"name_localizations": {"zh-CN": "", "zh-TW": "x"}},
        {"name_localizations": {"fr": "Vérifier"}},
    ],
)
def test_the_check_finds_what_discord_would_refuse_of_menus(broken: Part) -> None:
    menu = {"name": "Check this poem", "type": 3}
    check_payload([menu])
    with pytest.raises(AssertionError):
        check_payload([menu | broken])
    with pytest.raises(AssertionError):
        check_payload([menu | {"name": f"menu {number}"} for number in range(6)])


def test_a_text_has_one_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for language in Language:
        folder = tmp_path / "locale" / language.value
        folder.mkdir(parents=True)
        for name in ("a", "b"):
            (folder / f"{name}.toml").write_text(f'[{name if language is Language.ENGLISH else "x"}]\nk = "1"\n')
    monkeypatch.setattr(words, "files", lambda _: tmp_path)

    assert dict(texts.__wrapped__(Language.ENGLISH)) == {"a.k": "1", "b.k": "1"}
    with pytest.raises(ValueError, match="zh-TW stands in two files"):
        texts.__wrapped__(Language.TRADITIONAL)
