"""Commands about what is kept of a person, and the daily forgetting."""

import logging
import re
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.reading import reader_of
from bot.services.privacy import NotYours, Piece
from bot.ui.guards import GuardedItem
from bot.ui.privacy import DELETE, DeletedCard, QuestionCard, ShownCard, export_text
from bot.words import word

log = logging.getLogger(__name__)

Interaction = discord.Interaction[PoetBot]

MOST_FILES: Final = 10  # in a message


class DeleteButton(GuardedItem[discord.ui.Button[Any]], template=DELETE):
    """Deletes everything about whoever was asked, when they press it themselves and soon."""

    name = "privacy delete confirmed"

    def __init__(self, item: discord.ui.Button[Any], person_id: int, asked_at: int) -> None:
        self.person_id = person_id
        self.asked_at = datetime.fromtimestamp(asked_at, UTC)
        super().__init__(item)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["person"]), int(match["asked"]))

    async def press(self, interaction: Interaction) -> None:
        """Nothing else of this person may run: what it kept would come behind the deletion."""
        if interaction.user.id != self.person_id:
            raise NotYours
        bot = interaction.client
        async with bot.limits.one_at_a_time(self.person_id, discord.utils.utcnow()):
            await interaction.response.defer()
            deleted = await bot.privacy.delete(self.person_id, self.asked_at, discord.utils.utcnow())
        await bot.fame.withdraw(deleted.posted)
        await interaction.edit_original_response(view=DeletedCard(deleted, reader_of(interaction).language))


class PrivacyCog(
    commands.GroupCog,
    group_name=word("command.privacy.name"),
    group_description=word("command.privacy.description"),
):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot

    async def cog_load(self) -> None:
        self.forget.start()

    async def cog_unload(self) -> None:
        self.forget.cancel()

    @app_commands.command(name=word("command.privacy.show.name"), description=word("command.privacy.show.description"))
    async def show(self, interaction: Interaction) -> None:
        bot = interaction.client
        facts = await bot.privacy.facts(interaction.user.id)
        card = ShownCard(facts, bot.config.retention.backup_days, reader_of(interaction).language)
        await interaction.response.send_message(view=card, ephemeral=True)

    @app_commands.command(
        name=word("command.privacy.export.name"), description=word("command.privacy.export.description")
    )
    async def export(self, interaction: Interaction) -> None:
        bot = interaction.client
        async with bot.limits.one_at_a_time(interaction.user.id, discord.utils.utcnow()):
            await interaction.response.defer(thinking=True, ephemeral=True)
            limit, now = interaction.filesize_limit, discord.utils.utcnow()
            async with bot.privacy.export(interaction.user.id, limit, now) as pieces:
                text = export_text(pieces, reader_of(interaction).language)
                await interaction.edit_original_response(content=text, attachments=_files(pieces[:MOST_FILES]))
                for start in range(MOST_FILES, len(pieces), MOST_FILES):
                    files = _files(pieces[start : start + MOST_FILES])
                    await interaction.followup.send(files=files, ephemeral=True)

    @app_commands.command(
        name=word("command.privacy.delete.name"), description=word("command.privacy.delete.description")
    )
    async def delete(self, interaction: Interaction) -> None:
        days = interaction.client.config.retention.backup_days
        language = reader_of(interaction).language
        card = QuestionCard(interaction.user.id, discord.utils.utcnow(), days, language)
        await interaction.response.send_message(view=card, ephemeral=True)

    @tasks.loop(hours=24)
    async def forget(self) -> None:
        """Soon after the start, and then once a day."""
        bot, now = self.bot, discord.utils.utcnow()
        left = now - timedelta(days=bot.config.retention.left_server_days)
        try:
            if await bot.leases.hold("retention", now) is None:
                return  # another process does it
            await bot.retention.sweep(now)
            await bot.presence.forget_left(left)
        except sqlite3.Error:
            # Nothing is lost: it is too old tomorrow as well.
            log.exception("What is too old could not be deleted; it is tried again in a day")

    @forget.before_loop
    async def _wait(self) -> None:
        await self.bot.wait_until_ready()


def _files(pieces: Sequence[Piece]) -> list[discord.File]:
    return [discord.File(piece.content, piece.name) for piece in pieces]


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(DeleteButton)
    await bot.add_cog(PrivacyCog(bot))
