"""Lists of the owner, in pages."""

import re
from typing import Any, Final, Self

import discord

from bot.app import PoetBot
from bot.cogs.admin.family import PRESSED, Family
from bot.reading import reader_of
from bot.services.favorite_corpus import FAVORITES
from bot.store.blocks import Subject
from bot.ui.admin import LIST_BUTTON, Listed, OwnersCard, list_card
from bot.ui.corpora import corpus_line
from bot.ui.guards import GuardedItem
from bot.ui.text import shown
from bot.ui.versions import processes_note, version_lines
from bot.words import Language, say

Interaction = discord.Interaction[PoetBot]

LONGEST_NAME: Final = 40


class PageButton(GuardedItem[discord.ui.Button[Any]], template=LIST_BUTTON):
    """Another page of a list, as it is now."""

    name = f"{PRESSED}page"

    def __init__(self, button: discord.ui.Button[Any], listed: Listed, page: int) -> None:
        self.listed = listed
        self.page = page
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, Listed(match["list"]), int(match["page"]))

    async def press(self, interaction: Interaction) -> None:
        await interaction.response.defer()
        await interaction.edit_original_response(view=await _card(interaction, self.listed, self.page))


async def show_list(interaction: Interaction, listed: Listed) -> None:
    """What is in use may still be loading, and Discord may have to be asked."""
    await interaction.response.defer(ephemeral=True, thinking=True)
    await interaction.edit_original_response(view=await _card(interaction, listed, 0))


async def _card(interaction: Interaction, listed: Listed, page: int) -> OwnersCard:
    bot, language = interaction.client, reader_of(interaction).language
    match listed:
        case Listed.BLOCKS:
            lines = _blocks(bot)
        case Listed.SERVERS:
            lines = await _servers(bot, language)
        case Listed.MODELS:
            lines = await _models(bot, language)
        case Listed.CORPORA:
            lines = await _corpora(bot, language)
    return list_card(listed, lines, page, language)


async def _models(bot: PoetBot, language: Language) -> list[str]:
    """What is in use and what should be stands first, whatever its age."""
    loaded = await bot.versions.loaded()
    lines = [
        version_lines(
            one.name,
            one.bytes,
            one.version,
            one.header.figures.get("loss"),
            [process.process * (len(loaded) > 1) for process in loaded if process.name == one.name],
            language,
        )
        for one in sorted(await bot.versions.all(), key=lambda one: not one.in_use)
    ]
    faults = processes_note(loaded, language)
    return [f"{faults}\n{lines[0]}", *lines[1:]] if faults and lines else lines


async def _corpora(bot: PoetBot, language: Language) -> list[str]:
    lines = [
        corpus_line(
            one.name,
            one.about.statistics if one.about is not None else None,
            one.about.file if one.about is not None else "",
            language,
            ready=not one.unfinished,
        )
        for one in await bot.corpora.all()
    ]
    loved = await bot.corpora.favorites.loved()
    return [*lines, say(language, "corpus.favorites.line", name=FAVORITES, count=len(loved.poems))]


def _blocks(bot: PoetBot) -> list[str]:
    signs = {Subject.PERSON: "👤 <@{id}> `{id}`", Subject.SERVER: "🏠 `{id}`"}
    return [
        " · ".join(
            [
                signs[block.kind].format(id=block.subject_id),
                discord.utils.format_dt(block.blocked_at, "d"),
                *([shown(block.reason, LONGEST_NAME)] if block.reason else []),
            ]
        )
        for block in bot.blocks.all()
    ]


async def _servers(bot: PoetBot, language: Language) -> list[str]:
    """The largest first."""
    servers = await bot.whereabouts.all(discord.utils.utcnow())
    return [
        say(
            language,
            "admin.servers.line",
            name=shown(server.name, LONGEST_NAME),
            id=server.id,
            members=server.members,
        )
        + (" 🚫" if bot.blocks.holds(Subject.SERVER, server.id) else "")
        for server in sorted(servers, key=lambda server: (-server.members, server.id))
    ]


LISTS: Final = Family(commands=lambda: (), items=[PageButton])
