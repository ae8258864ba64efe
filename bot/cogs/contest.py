"""The command that lets three networks write from one start, and the votes on what they wrote."""

import contextlib
import re
from collections.abc import Sequence
from typing import Any, Final, Self

import discord
from discord import app_commands
from discord.ext import commands

from bot.app import VERSION, PoetBot
from bot.cogs.offers import offer_starts
from bot.cogs.poem import check_room
from bot.cogs.waiting import answered, server_of
from bot.errors import ALREADY_ANSWERED, GONE
from bot.reading import reader_of
from bot.requests import origin_of
from bot.services.contests import Attempt, are_clean, in_blind_order, wish_for_all
from bot.services.moderation import TRIES, UnwantedPoem, WordList
from bot.services.refusals import Forgotten, StartDoesNotFitHere
from bot.store.contests import ContestRecord, Entry
from bot.ui.contest import ContestCard, ballot_text, recount
from bot.ui.guards import GuardedItem
from bot.words import word
from model.forms import Form
from model.requests import PoemRequest
from model.script import Script
from model.starts import check_start

Interaction = discord.Interaction[PoetBot]

MOST_RECOUNTS: Final = 3


class VoteButton(GuardedItem[discord.ui.Button[Any]], template=r"contest:(?P<contest>[0-9]{1,18}):(?P<place>[0-2])"):
    """Votes for one of the poems, or changes the vote; whoever voted hears whose it is."""

    name = "compare vote"

    def __init__(self, button: discord.ui.Button[Any], contest_id: int, place: int) -> None:
        self.contest_id = contest_id
        self.place = place
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["contest"]), int(match["place"]))

    async def press(self, interaction: Interaction) -> None:
        bot, now = interaction.client, discord.utils.utcnow()
        contest = await bot.contests.get(self.contest_id)
        if contest is None:
            raise Forgotten
        cell = contest.entries[self.place].cell
        tally = await bot.contests.vote(self.contest_id, interaction.user.id, cell, now)
        if tally is None:
            raise Forgotten
        said = ballot_text(contest, cell, tally, reader_of(interaction).language)
        try:
            await interaction.response.edit_message(view=self._counted(tally.votes))
        except discord.HTTPException as error:
            if error.code in GONE | {ALREADY_ANSWERED}:
                raise
            # The card is gone, or Discord lets nobody edit it any more; the vote counts all the same.
            await interaction.response.send_message(said, ephemeral=True)
        else:
            await interaction.followup.send(said, ephemeral=True)
            await self._follow(interaction, tally.votes)

    def _counted(self, votes: int) -> discord.ui.LayoutView:
        """The card as it is, with another count."""
        view: Any = self.view  # made out of the message's own components
        recount(view, votes)
        view.stop()  # its buttons need no view in memory
        card: discord.ui.LayoutView = view
        return card

    async def _follow(self, interaction: Interaction, shown: int) -> None:
        """Edits of people who press together may overtake each other: whoever is last sets the count right."""
        for _ in range(MOST_RECOUNTS):
            votes = await interaction.client.contests.votes(self.contest_id)
            if votes == shown:
                return
            shown = votes
            with contextlib.suppress(discord.HTTPException):  # the vote is counted; the next press counts anew
                await interaction.edit_original_response(view=self._counted(votes))


class ContestCog(commands.Cog):
    def __init__(self, bot: PoetBot) -> None:
        self.defaults = bot.config.poem

    @app_commands.command(name=word("command.compare.name"), description=word("command.compare.description"))
    @app_commands.rename(start=word("command.compare.start.name"))
    @app_commands.describe(start=word("command.compare.start.description"))
    @app_commands.autocomplete(start=offer_starts)
    async def compare(self, interaction: Interaction, start: str) -> None:
        """What can be wrong with the start is said before the deferral, privately."""
        start = check_start(start)
        check_room(start, Form.QIJUE, StartDoesNotFitHere)
        wish = PoemRequest(
            start=start,
            temperature=self.defaults.temperature,
            top_k=self.defaults.top_k,
            top_p=self.defaults.top_p,
            script=reader_of(interaction).script_for(start, Script(self.defaults.script)),
            on_unknown="keep",
        )
        bot, now = interaction.client, discord.utils.utcnow()
        async with bot.limits.one_at_a_time(interaction.user.id, now):
            words = await bot.moderation.words_for(interaction.guild_id)
            words.check_wish(wish)
            bot.contest.admit(server_of(interaction))
            await bot.limits.spend(interaction.user.id, interaction.guild_id, now)
            await interaction.response.defer(thinking=True)
            contest = _record(start, in_blind_order(await _written(interaction, wish, words)))
            contest_id = await bot.contests.add(contest, origin_of(interaction), discord.utils.utcnow())
            card = ContestCard(contest, contest_id, reader_of(interaction).language)
            await interaction.edit_original_response(view=card, attachments=[])


async def _written(interaction: Interaction, wish: PoemRequest, words: WordList) -> Sequence[Attempt]:
    """What the three wrote, without unwanted words.

    Raises:
        UnwantedPoem: one of the words was in every set of poems that was tried.
    """
    for _ in range(TRIES):
        ticket = interaction.client.contest.enter(wish_for_all(wish), server_of(interaction))
        attempts = await answered(interaction, ticket)
        if are_clean(attempts, words):
            return attempts
    raise UnwantedPoem


def _record(start: str, attempts: Sequence[Attempt]) -> ContestRecord:
    return ContestRecord(
        start=start,
        seed=attempts[0].poem.seed,
        unknown="".join(dict.fromkeys(char for attempt in attempts for char in attempt.poem.unknown)),
        entries=tuple(
            Entry(attempt.cell, attempt.poem.text, attempt.poem.weights, attempt.size, attempt.perplexity)
            for attempt in attempts
        ),
        version=VERSION,
    )


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(VoteButton)
    await bot.add_cog(ContestCog(bot))
