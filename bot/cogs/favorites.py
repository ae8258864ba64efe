"""The poems that somebody keeps: looking through them, one of them, letting go, and all of them in a file."""

import re
from datetime import datetime
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import PoetBot
from bot.cogs.pictures import show_poem
from bot.reading import reader_of
from bot.services.favorite_files import files_of
from bot.services.keeping import NoSuchPage, NothingFound, NothingKept, NotKept, cleaned, spellings
from bot.services.refusals import Forgotten
from bot.services.serving import OldPanel
from bot.store.favorites import Favorite, Order
from bot.store.paging import Page, Place
from bot.store.poems import moment
from bot.ui.favorites import LONGEST_SEARCH, OPEN, SORT, TURN, UNDO, LetGoCard, Listing, attachments_of, favorites_page
from bot.ui.guards import GuardedItem
from bot.ui.pages import PoemPage, first_line
from bot.ui.text import shown
from bot.words import say, word

Interaction = discord.Interaction[PoetBot]

MOST_OFFERED: Final = 25
_NUMBER: Final = re.compile(r"\s*#?\s*([0-9]{1,18})\s*", re.ASCII)


class TurnButton(GuardedItem[discord.ui.Button[Any]], template=TURN):
    """Another page of what somebody keeps."""

    name = "favorites page"

    def __init__(self, button: discord.ui.Button[Any], listing: Listing, place: Place) -> None:
        self.listing = listing
        self.place = place
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        place = Place.pressed(match["turn"], match["first"], match["second"])
        return cls(item, Listing(Order(match["order"]), match["search"]), place)

    async def press(self, interaction: Interaction) -> None:
        page = await _page(interaction, self.listing, self.place)
        if not page.rows:
            raise NoSuchPage
        await interaction.response.edit_message(view=await _drawn(interaction, page, self.listing))


class SortMenu(GuardedItem[discord.ui.Select[Any]], template=SORT):
    """What comes first."""

    name = "favorites sort"

    def __init__(self, menu: discord.ui.Select[Any], search: str) -> None:
        self.search = search
        super().__init__(menu)

    @classmethod
    def of(cls, item: discord.ui.Select[Any], match: re.Match[str]) -> Self:
        return cls(item, match["search"])

    async def press(self, interaction: Interaction) -> None:
        listing = Listing(_order_chosen(self.item.values[0]), self.search)
        page = await _first_page(interaction, listing)
        await interaction.response.edit_message(view=await _drawn(interaction, page, listing))


class OpenMenu(GuardedItem[discord.ui.Select[Any]], template=OPEN):
    """One of a page in full, privately."""

    name = "favorites open"

    async def press(self, interaction: Interaction) -> None:
        favorite = await _favorite(interaction, self.item.values[0])
        await interaction.response.defer(ephemeral=True, thinking=True)
        await show_poem(interaction, favorite.id, favorite.kept.poem, loved=favorite.kept.loved)


class UndoButton(GuardedItem[discord.ui.Button[Any]], template=UNDO):
    """Keeps what was let go, as if it had never been."""

    name = "favorites undo"

    def __init__(self, button: discord.ui.Button[Any], poem_id: int, kept_at: datetime) -> None:
        self.poem_id = poem_id
        self.kept_at = kept_at
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["poem"]), moment(int(match["kept_at"])))

    async def press(self, interaction: Interaction) -> None:
        bot = interaction.client
        if await bot.favorites.keep(interaction.user.id, self.poem_id, self.kept_at) is None:
            raise Forgotten
        await bot.fame.consider(self.poem_id)
        favorite = await _favorite(interaction, str(self.poem_id))
        await interaction.response.edit_message(view=LetGoCard(favorite, reader_of(interaction).language, undone=True))


async def offer_favorites(interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
    """One's own: those that have what is typed, the newest first; a number finds its poem, too."""
    bot, person = interaction.client, interaction.user.id
    found: list[Favorite] = []
    if match := _NUMBER.fullmatch(typed):
        numbered = await bot.favorites.get(person, int(match[1]))
        found += [numbered] if numbered is not None else []
    search = cleaned(typed)[:LONGEST_SEARCH]
    page = await bot.favorites.page(person, search=spellings(search), size=MOST_OFFERED)
    found += [favorite for favorite in page.rows if favorite not in found]
    return [
        app_commands.Choice(name=f"#{favorite.id} {first_line(favorite.kept.poem)}", value=str(favorite.id))
        for favorite in found[:MOST_OFFERED]
    ]


class FavoritesCog(
    commands.GroupCog,
    group_name=word("command.favorites.name"),
    group_description=word("command.favorites.description"),
):
    @app_commands.command(
        name=word("command.favorites.list.name"), description=word("command.favorites.list.description")
    )
    @app_commands.rename(search=word("command.favorites.list.search.name"))
    @app_commands.describe(search=word("command.favorites.list.search.description"))
    async def list(
        self, interaction: Interaction, search: app_commands.Range[str, 1, LONGEST_SEARCH] | None = None
    ) -> None:
        listing = Listing(search=cleaned(search or "")[:LONGEST_SEARCH])
        page = await _first_page(interaction, listing)
        await interaction.response.send_message(view=await _drawn(interaction, page, listing), ephemeral=True)

    @app_commands.command(
        name=word("command.favorites.show.name"), description=word("command.favorites.show.description")
    )
    @app_commands.rename(poem=word("command.favorites.show.poem.name"))
    @app_commands.describe(poem=word("command.favorites.show.poem.description"))
    @app_commands.autocomplete(poem=offer_favorites)
    async def show(self, interaction: Interaction, poem: str) -> None:
        await _post(interaction, await _favorite(interaction, poem))

    @app_commands.command(
        name=word("command.favorites.random.name"), description=word("command.favorites.random.description")
    )
    async def random(self, interaction: Interaction) -> None:
        favorite = await interaction.client.favorites.random(interaction.user.id)
        if favorite is None:
            raise _nothing_kept(interaction)
        await _post(interaction, favorite)

    @app_commands.command(
        name=word("command.favorites.remove.name"), description=word("command.favorites.remove.description")
    )
    @app_commands.rename(poem=word("command.favorites.remove.poem.name"))
    @app_commands.describe(poem=word("command.favorites.remove.poem.description"))
    @app_commands.autocomplete(poem=offer_favorites)
    async def remove(self, interaction: Interaction, poem: str) -> None:
        favorite = await _favorite(interaction, poem)
        await interaction.client.favorites.let_go(interaction.user.id, favorite.id)
        await interaction.client.fame.consider(favorite.id)
        card = LetGoCard(favorite, reader_of(interaction).language)
        await interaction.response.send_message(view=card, ephemeral=True)

    @app_commands.command(
        name=word("command.favorites.export.name"), description=word("command.favorites.export.description")
    )
    async def export(self, interaction: Interaction) -> None:
        """Files as large as may be sent here, one message after another; more than one is rare."""
        bot, language = interaction.client, reader_of(interaction).language
        if not await bot.favorites.count(interaction.user.id):
            raise _nothing_kept(interaction)
        await interaction.response.defer(ephemeral=True, thinking=True)
        rows = bot.favorites.every(interaction.user.id)
        async for part in files_of(rows, say(language, "favorites.title"), interaction.filesize_limit):
            said = say(language, "favorites.exported", first=part.first, last=part.last)
            await interaction.followup.send(said, files=attachments_of(part), ephemeral=True)


async def _page(interaction: Interaction, listing: Listing, place: Place | None) -> Page[Favorite]:
    return await interaction.client.favorites.page(
        interaction.user.id, listing.order, place, search=spellings(listing.search)
    )


async def _first_page(interaction: Interaction, listing: Listing) -> Page[Favorite]:
    page = await _page(interaction, listing, None)
    if not page.rows and listing.search and await interaction.client.favorites.count(interaction.user.id):
        raise NothingFound(search=shown(listing.search))
    if not page.rows:
        raise _nothing_kept(interaction)
    return page


async def _drawn(interaction: Interaction, page: Page[Favorite], listing: Listing) -> PoemPage:
    count = await interaction.client.favorites.count(interaction.user.id)
    return favorites_page(page, listing, count, reader_of(interaction).language)


def _order_chosen(value: str) -> Order:
    """Raises:
    OldPanel: there is no such order, or no longer.
    """
    try:
        return Order(value)
    except ValueError:
        raise OldPanel from None


async def _favorite(interaction: Interaction, number: str) -> Favorite:
    """The poem that somebody keeps under this number.

    Raises:
        NotKept: there is none.
    """
    match = _NUMBER.fullmatch(number)
    found = await interaction.client.favorites.get(interaction.user.id, int(match[1])) if match else None
    if found is None:
        raise NotKept(number=shown(number))
    return found


async def _post(interaction: Interaction, favorite: Favorite) -> None:
    """For all to see, but for one with words that nobody is to read there: it may be from elsewhere."""
    poem = favorite.kept.poem
    words = await interaction.client.moderation.words_for(interaction.guild_id)
    await interaction.response.defer(ephemeral=words.in_poem(poem.text, poem.theme), thinking=True)
    await show_poem(interaction, favorite.id, favorite.kept.poem, loved=favorite.kept.loved)


def _nothing_kept(interaction: Interaction) -> NothingKept:
    return NothingKept(menu=say(reader_of(interaction).language, "menu.keep"))


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(TurnButton, SortMenu, OpenMenu, UndoButton)
    await bot.add_cog(FavoritesCog())
