"""What people reported: /admin reports, and the buttons below a report."""

import dataclasses
import re
from typing import Any, Final, Self

import discord
from discord import app_commands

from bot.app import PoetBot
from bot.cogs.admin.blocks import block
from bot.cogs.admin.family import PRESSED, Family
from bot.reading import reader_of
from bot.services.refusals import Forgotten, Refusal
from bot.store.blocks import Subject
from bot.store.reports import Report
from bot.ui.admin import REPORT_BUTTON, Act, OwnersCard, Surroundings, report_card
from bot.ui.guards import GuardedItem
from bot.words import Language, say, word

Interaction = discord.Interaction[PoetBot]


class NoMoreReports(Refusal):
    key = "error.admin.no_more_reports"


class ReportButton(GuardedItem[discord.ui.Button[Any]], template=REPORT_BUTTON):
    """Does something about a report, or shows another one."""

    name = f"{PRESSED}report"

    def __init__(self, button: discord.ui.Button[Any], report_id: int, act: Act) -> None:
        self.report_id = report_id
        self.act = act
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["report"]), Act(match["act"]))

    async def press(self, interaction: Interaction) -> None:
        bot, language = interaction.client, reader_of(interaction).language
        report, done = await self._turned(bot), ""
        if self.act not in (Act.BEFORE, Act.AFTER):
            done = say(language, "admin.report.settled" if report.settled else await self._settle(interaction, report))
            report = dataclasses.replace(report, settled=True)
        await interaction.response.edit_message(view=await card_of(bot, report, language, done))

    async def _turned(self, bot: PoetBot) -> Report:
        """The report that this is about.

        Raises:
            Forgotten: its poem was deleted, and so is it.
            NoMoreReports: on this side of it none waits any more.
        """
        missing: Refusal = NoMoreReports()
        if self.act is Act.BEFORE:
            found = await bot.reports.before(self.report_id)
        elif self.act is Act.AFTER:
            found = await bot.reports.after(self.report_id)
        else:
            found, missing = await bot.reports.get(self.report_id), Forgotten()
        if found is None:
            raise missing
        return found

    async def _settle(self, interaction: Interaction, report: Report) -> str:
        """Do what was asked for. Returns the key of what is to be said.

        Raises:
            Forgotten: who had the poem written is not known any more.
            OwnerStays: it was one of the owners.
        """
        # Why somebody is blocked stands in their own export: it must not hold what the reporter wrote.
        if self.act is Act.PERSON:
            report = without_ourselves(interaction.client, report)
            if not report.author_id:
                raise Forgotten
            await block(interaction, Subject.PERSON, report.author_id, f"report {report.id}")
        elif self.act is Act.SERVER and report.guild_id is not None:
            await block(interaction, Subject.SERVER, report.guild_id, f"report {report.id}")
        await interaction.client.reports.settle(report.id, discord.utils.utcnow())
        return f"admin.report.done_{self.act}"


class ReportsGroup(app_commands.Group):
    def __init__(self) -> None:
        super().__init__(name=word("command.admin_reports.name"), description=word("command.admin_reports.description"))

    @app_commands.command(
        name=word("command.admin_reports.list.name"), description=word("command.admin_reports.list.description")
    )
    async def list(self, interaction: Interaction) -> None:
        """The first that waits; buttons lead to the others."""
        bot = interaction.client
        first = await bot.reports.after(0)
        if first is None:
            raise NoMoreReports
        card = await card_of(bot, first, reader_of(interaction).language)
        await interaction.response.send_message(view=card, ephemeral=True)


async def card_of(bot: PoetBot, report: Report, language: Language, done: str = "") -> OwnersCard:
    guild = bot.get_guild(report.guild_id) if report.guild_id is not None else None
    around = Surroundings(
        server=guild.name if guild is not None else None,
        before=await bot.reports.before(report.id) is not None,
        after=await bot.reports.after(report.id) is not None,
        waiting=await bot.reports.waiting(),
    )
    return report_card(without_ourselves(bot, report), around, language, done)


def without_ourselves(bot: PoetBot, report: Report) -> Report:
    """The poem of the day was written for nobody: there is no person to block."""
    ours = bot.user is not None and report.author_id == bot.user.id
    return dataclasses.replace(report, author_id=0) if ours else report


REPORTS: Final = Family(commands=lambda: [ReportsGroup()], items=[ReportButton])
