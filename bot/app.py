"""PoetBot: it builds the services, loads the cogs, tells Discord its commands, and closes in good order."""

import asyncio
import hashlib
import json
import logging
import sqlite3
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from importlib.metadata import version
from typing import Any, Final

import discord
from discord import app_commands
from discord.ext import commands

from bot import errors
from bot.config import Config
from bot.operations.lock import FolderLock
from bot.reading import note_reader
from bot.services.adder import AdderService
from bot.services.craft import CraftService
from bot.services.journal import Journal
from bot.services.limits import Limits
from bot.services.poet import PoetService
from bot.services.readers import Reader, Readers
from bot.services.refusals import ShuttingDown
from bot.services.worker import NETWORKS, Worker
from bot.store.additions import AdditionRepository
from bot.store.database import Database
from bot.store.origin import Origin
from bot.store.people import PeopleRepository
from bot.store.poems import PoemRepository
from bot.store.requests import Outcome, Request, RequestRepository
from bot.store.servers import ServerRepository
from bot.store.syncs import Sync, SyncRepository
from bot.words import WordTranslator

log = logging.getLogger(__name__)

DATABASE: Final = "tangpoet.db"
VERSION: Final = version("tangpoet")
COGS: Final = ("bot.cogs.poem", "bot.cogs.craft", "bot.cogs.learning", "bot.cogs.about")
LAST_WORDS_SECONDS: Final = 2.0


class PoetTree(app_commands.CommandTree["PoetBot"]):
    """Every command begins, fails and ends here."""

    async def interaction_check(self, interaction: discord.Interaction["PoetBot"]) -> bool:
        if interaction.type is not discord.InteractionType.application_command:
            return True
        name = interaction.command.qualified_name if interaction.command is not None else "unknown"
        try:
            await self.client.begin(interaction, name, vars(interaction.namespace))
        except Exception as error:  # noqa: BLE001 - discord.py would lose it
            await self.client.fail(interaction, error)
            return False
        return True

    async def on_error(self, interaction: discord.Interaction["PoetBot"], error: app_commands.AppCommandError) -> None:
        await self.client.fail(interaction, error)


class PoetBot(commands.AutoShardedBot):
    """The bot. It needs no token until it is run."""

    def __init__(self, config: Config, *, only_sync: bool = False) -> None:
        intents = discord.Intents.none()
        intents.guilds = True
        super().__init__(
            command_prefix=commands.when_mentioned,
            tree_cls=PoetTree,
            help_command=None,
            intents=intents,
            allowed_mentions=discord.AllowedMentions.none(),
            allowed_contexts=app_commands.AppCommandContext(guild=True, dm_channel=True, private_channel=True),
            allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            guild_ready_timeout=0.5,  # nothing here waits for the list of servers
            max_messages=None,
        )
        self.config = config
        self.limits = Limits()
        self._only_sync = only_sync
        self._opened = AsyncExitStack()
        self._started = False
        self._refusing = False
        self._closing: asyncio.Task[None] | None = None
        self._given_up: list[str] = []

    # Set by setup_hook, before anyone can ask for anything.
    people: PeopleRepository
    servers: ServerRepository
    readers: Readers
    poems: PoemRepository
    additions: AdditionRepository
    syncs: SyncRepository
    journal: Journal
    poet: PoetService
    adder: AdderService
    craft: CraftService
    command_ids: Mapping[str, int]

    async def setup_hook(self) -> None:
        """Runs after login and before the connection: open what is kept, start the services, register the commands."""
        await self._open()
        await self.tree.set_translator(WordTranslator())
        for cog in COGS:
            await self.load_extension(cog)
        if self._only_sync:
            await self.sync_commands(force=True)
            return
        self.poet.warm_up()
        self.adder.warm_up()
        self.craft.warm_up()
        try:
            await self.sync_commands()
        except discord.HTTPException:
            # The commands of the last time still work.
            log.exception("Discord did not take the commands; they are sent again at the next start")

    async def _open(self) -> None:
        config = self.config
        self._opened.callback(FolderLock.take(config.storage.dir).release)
        database = await Database.open(config.storage.dir / DATABASE)
        self._opened.push_async_callback(database.close)
        self.people = PeopleRepository(database)
        self.servers = ServerRepository(database)
        self.readers = Readers(self.people, self.servers)
        self.poems = PoemRepository(database)
        self.additions = AdditionRepository(database)
        self.syncs = SyncRepository(database)
        self.journal = Journal(RequestRepository(database))
        self._opened.push_async_callback(self.journal.close)
        worker = Worker(NETWORKS)
        self._opened.push_async_callback(self._close_worker, worker)
        self.poet = PoetService(
            worker,
            network=config.model.network,
            folder=config.model.dir,
            device=config.model.device,
            queue=config.limits.queue,
            batch=config.limits.batch,
            tiers=config.poem.tiers,
        )
        self.adder = AdderService(worker, adder=config.model.adder, folder=config.model.dir, queue=config.limits.queue)
        self.craft = CraftService(worker, self.poet)
        self._started = True

    async def sync_commands(self, *, force: bool = False) -> None:
        """Tell Discord the commands, if they are not what it was told the last time."""
        application_id = self.application_id or 0  # known since the login
        translator = WordTranslator()
        payload = [await command.get_translated_payload(self.tree, translator) for command in self.tree.get_commands()]
        payload_hash = hashlib.sha256(json.dumps(payload, sort_keys=True).encode()).hexdigest()
        last = await self.syncs.last(application_id)
        self.command_ids = last.commands if last is not None else {}
        unchanged = last is not None and last.payload_hash == payload_hash
        if not force and (unchanged or not self.config.discord.sync_commands):
            return
        registered = await self.tree.sync()
        self.command_ids = {command.name: command.id for command in registered}
        # Only now: what Discord did not take is sent again at the next start.
        try:
            await self.syncs.record(application_id, Sync(payload_hash, dict(self.command_ids)), discord.utils.utcnow())
        except sqlite3.Error as error:
            log.warning("Could not note which commands Discord has (%s); they are sent again at the next start", error)
        log.info("Commands registered with Discord: %s", ", ".join(sorted(self.command_ids)))

    async def on_ready(self) -> None:
        log.info("Ready as %s in %d servers", self.user, len(self.guilds))

    # Every request passes these, whether typed or pressed.

    async def begin(self, interaction: discord.Interaction[Any], command: str, options: Mapping[str, Any]) -> None:
        """Note that a request runs, and for whom.

        Raises:
            ShuttingDown: the bot takes no more; the request is noted all the same, and has to be failed.
        """
        self.journal.begin(
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
        if self._refusing:
            raise ShuttingDown
        note_reader(interaction, await self.reader(interaction))

    async def reader(self, interaction: discord.Interaction[Any]) -> Reader:
        """Who reads the answer."""
        return await self.readers.of(interaction.user.id, interaction.guild_id, interaction.locale.value)

    def done(self, interaction: discord.Interaction[Any]) -> None:
        self.journal.finish(Outcome(interaction.id, "done", discord.utils.utcnow()))

    async def fail(self, interaction: discord.Interaction[Any], error: BaseException) -> None:
        kind, reference = errors.UNEXPECTED.key, None
        try:
            kind, reference = await errors.answer(interaction, error)
        finally:
            self.journal.finish(Outcome(interaction.id, kind, discord.utils.utcnow(), reference))

    async def on_app_command_completion(self, interaction: discord.Interaction[Any], _command: object) -> None:
        self.done(interaction)

    async def close(self) -> None:
        """Refuse new work, finish what runs, close everything. A second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self._refusing = True
        if self._started:
            # What was taken on is finished and told, as long as Discord can still be reached.
            deadline = asyncio.get_running_loop().time() + self.config.limits.shutdown_seconds
            await self._until(deadline, self.journal.idle(), "requests")
            await self._until(deadline, self.poet.close(), "a batch of poems")
            await self._for_last_words(self.journal.idle(), "answers")
        try:
            await super().close()
        finally:
            await self._opened.aclose()
            if self._given_up:
                log.warning("Closed without waiting any longer for %s", ", ".join(self._given_up))
        log.info("Closed")

    async def _close_worker(self, worker: Worker) -> None:
        # Its thread ends with the process (exits.leave); what it still does is for nobody.
        await self._for_last_words(worker.close(), "the networks")

    async def _for_last_words(self, ending: Coroutine[Any, Any, None], name: str) -> None:
        await self._until(asyncio.get_running_loop().time() + LAST_WORDS_SECONDS, ending, name)

    async def _until(self, deadline: float, ending: Coroutine[Any, Any, None], name: str) -> None:
        try:
            async with asyncio.timeout_at(deadline):
                await ending
        except TimeoutError:
            self._given_up.append(name)


def origin_of(interaction: discord.Interaction[Any]) -> Origin:
    return Origin(interaction.id, interaction.user.id, interaction.guild_id, interaction.channel_id)


def create_bot(config: Config) -> PoetBot:
    """The bot with these settings; it needs no token until it is run."""
    return PoetBot(config)
