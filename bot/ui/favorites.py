"""What people see of the poems they keep: pages, what was let go, and the count on a card."""

import io
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import discord
from discord.utils import format_dt

from bot.services.favorite_files import Part
from bot.store.database import milliseconds
from bot.store.favorites import Favorite, Order, Toggled
from bot.store.paging import Page, Turn
from bot.ui.guards import GuardedLayout
from bot.ui.pages import Entry, PoemPage, arrows, first_line, menu_of
from bot.ui.poem import VERMILION, count_label
from bot.ui.text import shown
from bot.words import Language, say

LONGEST_SEARCH: Final = 20
# Custom ids have at most 100 characters, with the search at their end.
TURN: Final = (
    r"(?s)favorites:(?P<order>newest|loved):(?P<turn>on|back):(?P<first>[0-9]{1,19})\.(?P<second>[0-9]{1,19})"
    r":(?P<search>.*)"
)
SORT: Final = r"(?s)favorites:sort:(?P<search>.*)"
OPEN: Final = "favorites:open"
UNDO: Final = r"favorites:undo:(?P<poem>[0-9]{1,18}):(?P<kept_at>[0-9]{1,14})"


@dataclass(frozen=True, slots=True)
class Listing:
    """How somebody looks through what they keep."""

    order: Order = Order.NEWEST
    search: str = ""

    def turn_id(self, turn: Turn, favorite: Favorite) -> str:
        """The custom id of the arrow to the page before or behind this poem."""
        key = ".".join(map(str, favorite.key(self.order)))
        return f"favorites:{self.order}:{turn}:{key}:{self.search}"


def favorites_page(page: Page[Favorite], listing: Listing, count: int, language: Language) -> PoemPage:
    """A page of what somebody keeps, of so many poems in all."""
    title = f"### ⭐ {say(language, 'favorites.title')} · {count}"
    if listing.search:
        title += f"\n-# {say(language, 'favorites.searched', search=shown(listing.search))}"
    entries = [
        Entry(
            favorite.id,
            favorite.kept.poem,
            head=f"⭐ {favorite.kept.loved}",
            foot=say(language, "favorites.kept_at", when=format_dt(favorite.kept_at, "R")),
        )
        for favorite in page.rows
    ]
    rows = [
        menu_of(entries, OPEN, f"📜 {say(language, 'favorites.open')}"),
        _sort_menu(listing, language),
        arrows(
            listing.turn_id(Turn.BACK, page.rows[0]) if page.before else None,
            listing.turn_id(Turn.ON, page.rows[-1]) if page.behind else None,
        ),
    ]
    return PoemPage(title, entries, rows)


def _sort_menu(listing: Listing, language: Language) -> discord.ui.ActionRow[Any]:
    options = [
        discord.SelectOption(
            label=say(language, f"favorites.order.{order}"), value=order, default=order is listing.order
        )
        for order in Order
    ]
    menu: discord.ui.Select[Any] = discord.ui.Select(custom_id=f"favorites:sort:{listing.search}", options=options)
    return discord.ui.ActionRow(menu)


class LetGoCard(GuardedLayout):
    """What was let go, and a way back; once that was taken, what is kept again."""

    def __init__(self, favorite: Favorite, language: Language, *, undone: bool = False) -> None:
        super().__init__(timeout=None)
        container: discord.ui.Container[LetGoCard] = discord.ui.Container(accent_colour=VERMILION)
        line = shown(first_line(favorite.kept.poem), limit=100)
        key = "favorites.kept_again" if undone else "favorites.let_go"
        container.add_item(discord.ui.TextDisplay(say(language, key, number=favorite.id, line=line)))
        undo: discord.ui.Button[Any] = discord.ui.Button(
            label=say(language, "favorites.undo"),
            emoji="↩️",
            custom_id=f"favorites:undo:{favorite.id}:{milliseconds(favorite.kept_at)}",
        )
        if not undone:
            container.add_item(discord.ui.ActionRow(undo))
        self.add_item(container)
        self.stop()


def attachments_of(part: Part) -> list[discord.File]:
    """Both files of an export, named by the poems that are in them."""
    name = f"favorites-{part.first}-{part.last}"
    contents = {"md": bytes(part.markdown), "json": part.json}
    return [discord.File(io.BytesIO(content), f"{name}.{kind}") for kind, content in contents.items()]


def toggled_text(toggled: Toggled, language: Language) -> str:
    """For those who cannot see the card's star."""
    key = "favorites.kept" if toggled.kept else "favorites.kept_no_more"
    return f"{say(language, key)} ⭐ {toggled.loved}"


def recount(
    view: discord.ui.LayoutView, button: discord.ui.Button[Any], files: Iterable[discord.Attachment], loved: int
) -> None:
    """Give the star of a card its count, and leave all else of the card as it is."""
    button.label = count_label(loved)
    names = {file.id: file.filename for file in files}
    for part in view.walk_children():
        if not isinstance(part, discord.ui.MediaGallery):
            continue
        for item in part.items:
            # Files of the message go by their name: the addresses under which Discord shows them expire.
            if item.media.attachment_id in names:
                item.media = f"attachment://{names[item.media.attachment_id]}"
