"""The cards of /help, /about and /stats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord

from bot.store.stats import DAYS, Aggregates
from bot.ui.guards import GuardedLayout
from bot.words import Language, say

INK: Final = discord.Colour(0x4A4E69)
HELP: Final = "help:page"
"""The custom id of the menu below the help."""
PAGE: Final = 3_000
"""So many characters of commands stand on a page; a card may have 4,000 in all."""
LONGEST_LABEL: Final = 100

# What belongs together, in this order; what is named nowhere stands in the last one.
GROUPS: Final = {
    "poems": ("poem", "acrostic", "check", "rhyme"),
    "kept": ("favorites", "history", "top"),
    "networks": ("add", "subtract", "explain", "compare"),
    "settings": ("settings", "server"),
    "owner": ("admin",),
    "rest": ("privacy", "help", "about", "stats"),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """A command, by its name without the slash, as a mention and what it does."""

    name: str
    mention: str
    description: str


@dataclass(frozen=True, slots=True)
class HelpPage:
    title: str
    text: str


class TextCard(GuardedLayout):
    """A title and some lines."""

    def __init__(self, title: str, lines: Sequence[str]) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[TextCard] = discord.ui.Container(accent_colour=INK)
        container.add_item(discord.ui.TextDisplay(f"### {title}\n" + "\n".join(lines)))
        self.add_item(container)
        self.stop()


class HelpCard(TextCard):
    """A page of commands, and a menu of the pages where there are several; a page beyond the last is the last."""

    def __init__(self, pages: Sequence[HelpPage], number: int, language: Language) -> None:
        number = min(number, len(pages) - 1)
        super().__init__(say(language, "help.title"), [pages[number].text])
        if len(pages) > 1:
            options = [
                discord.SelectOption(label=page.title, value=str(index), default=index == number)
                for index, page in enumerate(pages)
            ]
            menu: discord.ui.Select[Any] = discord.ui.Select(custom_id=HELP, options=options)
            self.add_item(discord.ui.ActionRow(menu))


def help_pages(entries: Sequence[Entry], menus: Sequence[str], language: Language) -> list[HelpPage]:
    """The commands in their groups; then, on the last page, what stands in menus and below poems."""
    pages: list[HelpPage] = []
    titles: list[str] = []
    text = ""
    for title, block in _blocks(entries, language):
        if text and len(text) + len(block) > PAGE:
            pages.append(_page(titles, text))
            titles, text = [], ""
        titles.append(title)
        text += block
    names = " · ".join(f"**{name}**" for name in menus)
    text += f"\n{say(language, 'help.menu', names=names)}\n-# {say(language, 'help.buttons')}"
    return [*pages, _page(titles, text)]


def _page(titles: Sequence[str], text: str) -> HelpPage:
    return HelpPage(" · ".join(dict.fromkeys(titles))[:LONGEST_LABEL], text.strip("\n"))


def _blocks(entries: Sequence[Entry], language: Language) -> Iterator[tuple[str, str]]:
    """Each group with its title; one that is too long for a page comes in several blocks."""
    for group in GROUPS:
        title = say(language, f"help.group.{group}")
        lines = [
            say(language, "help.line", mention=entry.mention, description=entry.description) + "\n"
            for entry in entries
            if _group_of(entry) == group
        ]
        block = ""
        for line in lines:
            if len(block) + len(line) > PAGE:
                yield title, block
                block = ""
            block += line if block else f"\n**{title}**\n{line}"
        if block:
            yield title, block


def _group_of(entry: Entry) -> str:
    root = entry.name.partition(" ")[0]
    return next((group for group, names in GROUPS.items() if root in names), "rest")


def stats_lines(aggregates: Aggregates, servers: int, language: Language) -> list[str]:
    forms = " · ".join(
        f"{say(language, f'form_name.{form}')} {count:,}"
        for form, count in sorted(aggregates.poems.items(), key=lambda item: -item[1])
        if count
    )
    poems = say(language, "stats.poems", count=f"{sum(aggregates.poems.values()):,}")
    return [
        f"{poems}\n-# {forms}" if forms else poems,
        say(language, "stats.favorites", count=f"{aggregates.favorites:,}"),
        say(language, "stats.additions", count=f"{aggregates.additions:,}"),
        say(language, "stats.servers", count=f"{servers:,}"),
        say(language, "stats.people", count=f"{aggregates.people:,}", days=DAYS),
        say(language, "stats.no_seconds")
        if aggregates.seconds is None
        else say(language, "stats.seconds", seconds=f"{aggregates.seconds:.1f}"),
    ]
