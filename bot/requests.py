"""The way of every request, whether typed or pressed: it begins, is let in or not, and is answered or fails."""

import logging
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

import discord

from bot import errors
from bot.current import CURRENT, CurrentRequest
from bot.operations.faults import note_fault
from bot.operations.measures import DONE
from bot.reading import note_reader
from bot.services.journal import Repeated
from bot.services.readers import Reader
from bot.services.refusals import Refusal, ShuttingDown
from bot.store.origin import Origin
from bot.store.requests import Outcome, Request

if TYPE_CHECKING:
    from bot.app import PoetBot

log = logging.getLogger(__name__)

OWNERS_COMMAND: Final = "admin"
"""The owner's commands are a group of this name, and what is pressed or sent there is noted under it."""
PRIVACY_COMMAND: Final = "privacy"
"""The same for what is kept about people, which those who are blocked may see and delete as well."""


class Requests:
    def __init__(self, bot: "PoetBot") -> None:
        self._bot = bot
        self.refusing = False
        """Whether no more are taken."""

    async def begin(self, interaction: discord.Interaction[Any], command: str, options: Mapping[str, Any]) -> None:
        """Note that a request runs, and for whom.

        Raises:
            ShuttingDown: the bot takes no more; the request is noted all the same, and has to be failed.
            Refusal: as admit() does; here, too, it has to be failed.
            Repeated: it began before; failing it changes nothing.
        """
        self._bot.journal.begin(
            Request(
                id=interaction.id,
                person_id=interaction.user.id,
                guild_id=interaction.guild_id,
                channel_id=interaction.channel_id,
                command=command,
                options=dict(options),
                locale=interaction.locale.value,
                asked_at=discord.utils.utcnow(),
            )
        )
        CURRENT.set(CurrentRequest(interaction.id, command, interaction.guild_id))
        note_reader(interaction, await self.reader(interaction))
        if self.refusing:
            raise ShuttingDown
        await self.admit(interaction, command)

    async def admit(self, interaction: discord.Interaction[Any], command: str) -> None:
        """Whoever is blocked gets nothing but their own data; not so the owner, who has to be able to undo it.

        Raises:
            PersonBlocked, ServerBlocked: nothing is done for this person, or in this server.
            NotTheOwner: the command is the owner's.
        """
        now, person_id = discord.utils.utcnow(), interaction.user.id
        if command.partition(" ")[0] == OWNERS_COMMAND:
            await self._bot.owners.check(person_id, now)
            return
        if command.partition(" ")[0] == PRIVACY_COMMAND:
            return
        try:
            self._bot.blocks.check(person_id, interaction.guild_id)
        except Refusal:
            if not await self._bot.owners.include(person_id, now):
                raise

    async def reader(self, interaction: discord.Interaction[Any]) -> Reader:
        """Who reads the answer."""
        return await self._bot.readers.of(interaction.user.id, interaction.guild_id, interaction.locale.value)

    def done(self, interaction: discord.Interaction[Any]) -> None:
        self._ended(interaction, DONE)
        log.info("Answered")

    async def fail(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        if isinstance(error, Repeated):
            log.info("Interaction %d was delivered again", interaction.id)
            return
        kind, reference = errors.UNEXPECTED.key, None
        try:
            kind, reference = await errors.answer(interaction, error)
            if reference is not None:
                await note_fault(self._bot.faults, interaction, error, reference, secret=self._bot.http.token)
        finally:
            self._ended(interaction, kind, reference)

    def _ended(self, interaction: discord.Interaction[Any], outcome: str, reference: str | None = None) -> None:
        counts = self._bot.journal.finish(Outcome(interaction.id, outcome, discord.utils.utcnow(), reference))
        if counts and (request := CURRENT.get()) is not None:
            self._bot.measures.answered(request.command, outcome, request.seconds)


def origin_of(interaction: discord.Interaction[Any]) -> Origin:
    return Origin(interaction.id, interaction.user.id, interaction.guild_id, interaction.channel_id)
