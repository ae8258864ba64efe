"""PoetBot: it builds the services, loads the cogs, tells Discord its commands, and closes in good order."""

import asyncio
import logging
from collections.abc import Coroutine, Mapping
from contextlib import AsyncExitStack
from functools import partial
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

import aiohttp
import discord
import yarl
from discord import app_commands
from discord.ext import commands

from bot.config import Config
from bot.operations.backups import Reason, back_up
from bot.operations.lock import lock_on
from bot.operations.notify import READY, STOPPING, notify
from bot.operations.registration import Registration, owners_by_discord, servers_by_discord, whereabout
from bot.operations.silence import bound_silence
from bot.operations.watch import watch
from bot.parts import Parts
from bot.requests import Requests
from bot.services.owners import Owners
from bot.services.queue import Ticket
from bot.services.whereabouts import Whereabouts
from bot.services.worker import NETWORKS, Worker
from bot.share import Share
from bot.store.database import DATABASE, Database
from bot.tree import PoetTree
from bot.ui.states import prepare
from bot.words import WordTranslator

log = logging.getLogger(__name__)

VERSION: Final = version("tangpoet")
COGS: Final = (
    "bot.cogs.waiting",
    "bot.cogs.poem",
    "bot.cogs.pictures",
    "bot.cogs.keeping",
    "bot.cogs.favorites",
    "bot.cogs.history",
    "bot.cogs.community",
    "bot.cogs.daily",
    "bot.cogs.craft",
    "bot.cogs.learning",
    "bot.cogs.explain",
    "bot.cogs.contest",
    "bot.cogs.settings",
    "bot.cogs.server",
    "bot.cogs.privacy",
    "bot.cogs.about",
    "bot.cogs.moderation",
    "bot.cogs.jobs",
    "bot.cogs.admin",
    "bot.cogs.following",
    "bot.cogs.backups",
    "bot.cogs.processes",
)
LAST_WORDS_SECONDS: Final = 2.0


class PoetBot(Parts, commands.AutoShardedBot):
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
            shard_count=config.discord.shards or None,
        )
        self.shard_ids = list(config.discord.shard_ids) or None
        self.config = config
        self.waiting: dict[int, Ticket[Any, Any]] = {}  # whose place is shown, by the interaction's id
        self.owners = Owners(config.owner.users, lambda: owners_by_discord(self))
        self.whereabouts = Whereabouts(
            Share.of(config.discord), lambda: map(whereabout, self.guilds), lambda: servers_by_discord(self)
        )
        self.requests = Requests(self)
        self._only_sync = only_sync
        self._opened = AsyncExitStack()
        self._started = False
        self._closing: asyncio.Task[None] | None = None
        self._given_up: list[str] = []

    command_ids: Mapping[str, int]

    async def setup_hook(self) -> None:
        """Runs after login and before the connection: open what is kept, start the services, register the commands."""
        bound_silence(self.http)
        await self._open()
        await self.tree.set_translator(WordTranslator())
        for cog in COGS:
            await import_module(cog).setup(self)
        if self._only_sync:
            await self.sync_commands(force=True)
            return
        await watch(self, VERSION, self._opened)
        self.poet.warm_up()
        self.adder.warm_up()
        self.craft.warm_up()
        if self.config.picture.sums:
            # After the networks: whoever asks for the first poem shall not share the processor with it.
            self.worker.prepare(lambda: self.studio.prepare(lambda: prepare(self.config.storage.dir)))
        try:
            await self.sync_commands()
        except (discord.HTTPException, aiohttp.ClientError, TimeoutError):
            # The commands of the last time still work.
            log.exception("Discord did not take the commands; they are sent again at the next start")

    async def _open(self) -> None:
        config = self.config
        lock = await lock_on(config.storage.dir, Share.of(config.discord))
        self._opened.callback(lock.release)
        saved = partial(asyncio.to_thread, back_up, config, Reason.MIGRATION, discord.utils.utcnow())
        database = await Database.open(config.storage.dir / DATABASE, may_migrate=lock.alone, before_migration=saved)
        self._opened.push_async_callback(database.close)
        worker = Worker(NETWORKS)
        self._opened.push_async_callback(self._close_worker, worker)
        await self.build(config, database, worker, self._opened, alone=lock.alone)
        lock.let_others_in()
        self._started = True

    async def sync_commands(self, *, force: bool = False) -> None:
        """Tell Discord the commands, if they are not what it was told the last time."""
        registration = Registration(self.tree, self.syncs, self.application_id or 0)  # which is known since the login
        self.command_ids = await registration.known()
        if force or self.config.discord.sync_commands:
            async with self.leases.turn("sync", discord.utils.utcnow):
                self.command_ids = await registration.send(self.config.owner.servers, force=force)

    async def launch_shard(self, gateway: yarl.URL, shard_id: int, *, initial: bool = False) -> None:
        """A gateway of the settings goes over the one that Discord names."""
        configured = self.config.discord.gateway
        await super().launch_shard(yarl.URL(configured) if configured else gateway, shard_id, initial=initial)

    @property
    def is_closing(self) -> bool:
        """Whether it takes no new work any more."""
        return self.requests.refusing

    async def on_ready(self) -> None:
        log.info("Ready as %s in %d servers", self.user, len(self.guilds))
        notify(READY)

    async def on_app_command_completion(self, interaction: discord.Interaction[Any], _command: object) -> None:
        self.requests.done(interaction)

    async def close(self) -> None:
        """Refuse new work, finish what runs, close everything. A second call waits for the first."""
        if self._closing is None:
            self._closing = asyncio.create_task(self._close(), name="close")
        await asyncio.shield(self._closing)

    async def _close(self) -> None:
        self.requests.refusing = True
        notify(STOPPING)
        if self._started:
            # What was taken on is finished and told, as long as Discord can still be reached.
            deadline = asyncio.get_running_loop().time() + self.config.limits.shutdown_seconds
            await self._until(deadline, self.journal.idle(), "requests")
            await self._until(deadline, self.poet.close(), "a batch of poems")
            await self._until(deadline, self.adder.close(), "sums")
            await self._until(deadline, self.explain.close(), "a cell's poem")
            await self._until(deadline, self.contest.close(), "contests of the networks")
            await self._for_last_words(self.journal.idle(), "answers")
            await self._for_last_words(self.fame.close(), "the hall of fame")
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


def create_bot(config: Config) -> PoetBot:
    """The bot with these settings; it needs no token until it is run."""
    return PoetBot(config)
