"""Reports of poems: the entry in a message's menu, and how the owner hears of them."""

import logging
import sqlite3
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands
from discord.ext import commands, tasks

from bot.app import PoetBot
from bot.cogs.admin.reports import card_of
from bot.reading import reader_of
from bot.services.keeping import NoPoemCard
from bot.services.refusals import Forgotten, Refusal
from bot.store.reports import Complaint, Report
from bot.ui.admin import LONGEST_REASON
from bot.ui.guards import GuardedModal
from bot.ui.presses import poem_in
from bot.words import Language, say, word

log = logging.getLogger(__name__)

Interaction = discord.Interaction[PoetBot]

FORM_SECONDS: Final = 900.0  # as long as Discord lets a form be sent
BETWEEN_MESSAGES_SECONDS: Final = 60.0


class ReportedAlready(Refusal):
    """A person can report a poem once."""

    key = "error.report.known"


class ReportForm(GuardedModal):
    """Asks what is wrong with a poem."""

    name = "report form"

    def __init__(self, poem_id: int, message: discord.Message, language: Language) -> None:
        super().__init__(title=say(language, "report.title"), timeout=FORM_SECONDS)
        self.poem_id = poem_id
        self.message_id = message.id
        self.reason: discord.ui.TextInput[Any] = discord.ui.TextInput(
            style=discord.TextStyle.paragraph, custom_id="reason", max_length=LONGEST_REASON
        )
        about = say(language, "report.about")
        self.add_item(discord.ui.Label(text=say(language, "report.field"), description=about, component=self.reason))

    async def submit(self, interaction: Interaction) -> None:
        bot = interaction.client
        complaint = Complaint(
            reporter_id=interaction.user.id,
            poem_id=self.poem_id,
            guild_id=interaction.guild_id,
            channel_id=interaction.channel_id,
            message_id=self.message_id,
            # Half a surrogate pair is no text that could be kept.
            reason=" ".join(self.reason.value.encode("utf-8", "replace").decode().split()),
        )
        if not await bot.reports.add(complaint, discord.utils.utcnow()):
            # The form stood open: meanwhile it was reported from elsewhere, or the poem was deleted.
            raise ReportedAlready if await bot.reports.knows(interaction.user.id, self.poem_id) else Forgotten
        bot.dispatch("poem_reported")
        await interaction.response.send_message(say(reader_of(interaction).language, "report.done"), ephemeral=True)


class ModerationCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.bot = bot
        self.menu = app_commands.ContextMenu(name=word("menu.report"), callback=self.report_message)
        self._untold = True  # perhaps, from the time before this start

    async def cog_load(self) -> None:
        self.bot.tree.add_command(self.menu)

    async def cog_unload(self) -> None:
        self.tell.cancel()
        self.bot.tree.remove_command(self.menu.name, type=self.menu.type)

    async def report_message(self, interaction: Interaction, message: discord.Message) -> None:
        bot = interaction.client
        ours = bot.user is not None and message.author.id == bot.user.id
        poem_id = poem_in(message.components) if ours else None
        if poem_id is None:
            raise NoPoemCard
        if await bot.poems.get(poem_id) is None:
            raise Forgotten
        if await bot.reports.knows(interaction.user.id, poem_id):
            raise ReportedAlready
        await interaction.response.send_modal(ReportForm(poem_id, message, reader_of(interaction).language))

    @commands.Cog.listener()
    async def on_ready(self) -> None:
        """After a reconnection it runs already."""
        if not self.tell.is_running():
            self.tell.start()

    @commands.Cog.listener()
    async def on_poem_reported(self) -> None:
        self._untold = True

    @tasks.loop(seconds=BETWEEN_MESSAGES_SECONDS)
    async def tell(self) -> None:
        """One message at a time, however much was reported; what fails waits for the next report or start."""
        if not self._untold:
            return
        leases = self.bot.leases
        try:
            if await leases.hold("reports", discord.utils.utcnow()) is None:
                return  # another process tells them, perhaps of this one as well: that is seen the next time
            self._untold = False
            try:
                await self._tell_owners()
            finally:
                await leases.release("reports")
        except (discord.HTTPException, aiohttp.ClientError, OSError, sqlite3.Error):
            log.exception("The owner could not be told of reports")

    async def _tell_owners(self) -> None:
        report_ids = await self.bot.reports.untold()
        report = await self.bot.reports.get(report_ids[0]) if report_ids else None
        if report is None:
            return
        owners = sorted(await self.bot.owners.all(discord.utils.utcnow()))
        if any([await self._told(owner_id, report, len(report_ids)) for owner_id in owners]):
            await self.bot.reports.tell(report_ids, discord.utils.utcnow())

    async def _told(self, owner_id: int, report: Report, count: int) -> bool:
        """Send the first of the reports; its buttons lead to the others."""
        language = (await self.bot.readers.of(owner_id, None, "")).language
        done = say(language, "report.more", count=count - 1) if count > 1 else ""
        card = await card_of(self.bot, report, language, done)
        try:
            channel = await self.bot.create_dm(discord.Object(owner_id))
            await channel.send(view=card)
        except (discord.HTTPException, aiohttp.ClientError, OSError) as error:
            log.warning("Owner %d could not be told of report %d: %s", owner_id, report.id, error)
            return False
        return True


async def setup(bot: PoetBot) -> None:
    await bot.add_cog(ModerationCog(bot))
