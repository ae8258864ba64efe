"""Lists of the owner, in pages."""

import re
from typing import Any, Final, Self

import discord

from bot.app import PoetBot
from bot.cogs.admin.family import PRESSED, Family
from bot.reading import reader_of
from bot.store.blocks import Subject
from bot.ui.admin import LIST_BUTTON, Listed, OwnersCard, list_card
from bot.ui.guards import GuardedItem
from bot.ui.text import shown
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
        await interaction.response.edit_message(view=_card(interaction, self.listed, self.page))


async def show_list(interaction: Interaction, listed: Listed) -> None:
    await interaction.response.send_message(view=_card(interaction, listed, 0), ephemeral=True)


def _card(interaction: Interaction, listed: Listed, page: int) -> OwnersCard:
    language = reader_of(interaction).language
    lines = _blocks(interaction.client) if listed is Listed.BLOCKS else _servers(interaction.client, language)
    return list_card(listed, lines, page, language)


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


def _servers(bot: PoetBot, language: Language) -> list[str]:
    """The largest first."""
    guilds = sorted(bot.guilds, key=lambda guild: (-(guild.member_count or 0), guild.id))
    return [
        say(
            language,
            "admin.servers.line",
            name=shown(guild.name, LONGEST_NAME),
            id=guild.id,
            members=guild.member_count or 0,
        )
        + (" 🚫" if bot.blocks.holds(Subject.SERVER, guild.id) else "")
        for guild in guilds
    ]


LISTS: Final = Family(commands=lambda: (), items=[PageButton])
