"""Waiting for the networks: whoever waits sees how many come before, and can give up."""

import asyncio
import logging
import re
from typing import Any, Final, Self, TypeVar

import aiohttp
import discord

from bot.app import PoetBot
from bot.reading import reader_of
from bot.services.queue import Ticket
from bot.services.refusals import BegunAlready, NotYours, TooSlow, WaitsNoMore
from bot.ui.guards import GuardedItem
from bot.ui.waiting import CANCEL, WaitingNotice
from bot.words import Language

log = logging.getLogger(__name__)

Interaction = discord.Interaction[PoetBot]
Result = TypeVar("Result")

PATIENCE_SECONDS: Final = 1.0
BETWEEN_NOTICES_SECONDS: Final = 4.0
NOTICES_A_SECOND: Final = 25.0
"""To all who wait together: each costs some milliseconds, which the poems that they wait for would lack."""
ANSWERABLE_SECONDS: Final = 14 * 60.0
"""An interaction can be answered for 15 minutes; the last of them is for saying so."""


class CancelButton(GuardedItem[discord.ui.Button[Any]], template=CANCEL):
    """Gives up a request that waits."""

    name = "waiting cancel"

    def __init__(self, button: discord.ui.Button[Any], request_id: int, person_id: int) -> None:
        self.request_id = request_id
        self.person_id = person_id
        super().__init__(button)

    @classmethod
    def of(cls, item: discord.ui.Button[Any], match: re.Match[str]) -> Self:
        return cls(item, int(match["request"]), int(match["person"]))

    async def press(self, interaction: Interaction) -> None:
        """The request itself says that it was given up, and takes the notice away."""
        if interaction.user.id != self.person_id:
            raise NotYours
        ticket = interaction.client.waiting.get(self.request_id)
        if ticket is None:
            raise WaitsNoMore
        if not ticket.give_up():
            raise BegunAlready
        await interaction.response.defer()


def server_of(interaction: Interaction) -> int:
    """For whom the request takes its turn: the server, or the person where there is none."""
    return interaction.guild_id or interaction.user.id


async def answered(interaction: Interaction, ticket: Ticket[Any, Result]) -> Result:
    """The answer to a deferred request; where it takes long, the place in the queue, or its turn, is shown meanwhile.

    Raises:
        GivenUp: the person did not want to wait.
        TooSlow: nothing came while the person can still be told so.
    """
    waiting = interaction.client.waiting
    waiting[interaction.id] = ticket
    try:
        async with asyncio.timeout(ANSWERABLE_SECONDS):
            if not await ticket.answered_within(PATIENCE_SECONDS):
                await _show_place(interaction, ticket, reader_of(interaction).language)
            return await ticket.answer
    except TimeoutError:
        raise TooSlow from None
    finally:
        del waiting[interaction.id]
        ticket.answer.cancel()  # nobody waits for it where this was cancelled


def between_notices(waiting: int) -> float:
    """After so many seconds each of so many hears again how many come before."""
    return max(BETWEEN_NOTICES_SECONDS, waiting / NOTICES_A_SECOND)


async def _show_place(interaction: Interaction, ticket: Ticket[Any, Any], language: Language) -> None:
    shown: int | None = None
    while ticket.waits:
        place = ticket.place
        if place != shown and not await _notify(interaction, place, language):
            return
        shown = place
        if await ticket.answered_within(between_notices(len(interaction.client.waiting))):
            return
    # Who heard of no place hears of the turn only where that takes long: most are answered before.
    if shown is None and await ticket.answered_within(PATIENCE_SECONDS):
        return
    if not ticket.answer.done():
        await _notify(interaction, None, language)


async def _notify(interaction: Interaction, place: int | None, language: Language) -> bool:
    """Returns whether it could be said; the answer comes all the same."""
    notice = WaitingNotice(interaction.id, interaction.user.id, place, language)
    try:
        await interaction.edit_original_response(view=notice)
    except (discord.DiscordException, aiohttp.ClientError, OSError) as error:
        log.warning("The place of %s could not be shown: %s", interaction.user.id, error)
        return False
    return True


async def setup(bot: PoetBot) -> None:
    bot.add_dynamic_items(CancelButton)
