"""Pages of poems: a few lines of each, a menu to see one in full, arrows to the other pages."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord.utils import escape_markdown

from bot.store.poems import PoemRecord
from bot.ui.guards import GuardedLayout
from bot.ui.poem import VERMILION

MOST_LINES: Final = 2
LONGEST_LINE: Final = 32


@dataclass(frozen=True, slots=True)
class Entry:
    """A poem on a page: `head` stands beside its number, `foot` in small print below it."""

    poem_id: int
    poem: PoemRecord
    head: str
    foot: str = ""


class PoemPage(GuardedLayout):
    """A title, the entries, and below them what can be pressed."""

    def __init__(self, title: str, entries: Iterable[Entry], rows: Iterable[discord.ui.ActionRow[Any] | None]) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[PoemPage] = discord.ui.Container(accent_colour=VERMILION)
        container.add_item(discord.ui.TextDisplay(title))
        for entry in entries:
            container.add_item(discord.ui.Separator())
            container.add_item(discord.ui.TextDisplay(_text(entry)))
        for row in filter(None, rows):
            container.add_item(row)
        self.add_item(container)
        self.stop()  # its buttons need no view in memory


def menu_of(entries: Sequence[Entry], custom_id: str, placeholder: str) -> discord.ui.ActionRow[Any]:
    """A menu of the poems of a page; the values are their ids."""
    options = [
        discord.SelectOption(label=first_line(entry.poem), description=f"#{entry.poem_id}", value=str(entry.poem_id))
        for entry in entries
    ]
    menu: discord.ui.Select[Any] = discord.ui.Select(custom_id=custom_id, placeholder=placeholder, options=options)
    return discord.ui.ActionRow(menu)


def arrows(back: str | None, on: str | None) -> discord.ui.ActionRow[Any] | None:
    """Buttons with these custom ids, dead where there is no page; none where there is one page only."""
    if back is None and on is None:
        return None
    return discord.ui.ActionRow(_arrow("◀", back), _arrow("▶", on))


def _arrow(label: str, custom_id: str | None) -> discord.ui.Button[Any]:
    # Nobody can press a dead one, but every button has to have an id.
    return discord.ui.Button(label=label, custom_id=custom_id or f"page:{label}", disabled=custom_id is None)


def first_line(poem: PoemRecord) -> str:
    """Enough of a poem to know it again, as plain text."""
    return _cut(poem.text.partition("\n")[0])


def _text(entry: Entry) -> str:
    theme = f" 《{escape_markdown(_cut(entry.poem.theme))}》" if entry.poem.theme else ""
    lines = entry.poem.text.split("\n")
    shown = [escape_markdown(_cut(line)) for line in lines[:MOST_LINES]]
    more = "…" * (len(lines) > MOST_LINES)
    foot = f"\n-# {entry.foot}" if entry.foot else ""
    return f"**#{entry.poem_id}**{theme} · {entry.head}\n" + "\n".join(shown) + more + foot


def _cut(text: str) -> str:
    return text if len(text) <= LONGEST_LINE else f"{text[: LONGEST_LINE - 1]}…"
