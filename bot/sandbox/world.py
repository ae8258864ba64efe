"""A simulated Discord with one server, one channel and one person in it, and the bot."""

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import discord
from simcord import ChannelHandle, GuildHandle, InteractionResult, MemberActor, SetupError, UserHandle
from simcord.backend.models import Message
from simcord.builders import RoleHandle
from simcord.enums import AppCommandType, OptionType
from simcord.results import ResponseMessage

from bot.app import PoetBot
from bot.sandbox.page import Page, open_page
from bot.sandbox.patience import PatientEnv

BOT_NAME: Final = "tangpoet"
SETTLE_SECONDS: Final = 30.0
LONGEST_STEP: Final = 60.0  # seconds; after the machine slept, time is caught up in steps


class World:
    """One operation at a time: a line from the terminal, an action on the page, or time passing."""

    def __init__(self, bot: discord.Client, *, locale: str, files: Path) -> None:
        self.locale = locale
        self.files = files
        self.turn = asyncio.Lock()
        self.page: Page | None = None
        shards = 1 if isinstance(bot, discord.AutoShardedClient) and bot.shard_count is None else None
        self.env = PatientEnv(bot, shard_count=shards, check_errors=False, settle_timeout=SETTLE_SECONDS)
        backend = self.env.backend
        backend.edit_bot_profile(BOT_NAME)
        # These stand at the simulated epoch, so that their ids, and what the bot keeps under them, outlive a restart.
        person = self.env.create_user("you")
        if isinstance(bot, PoetBot):
            bot.owners.add(person.id)  # who plays here is the host
        self.guild: GuildHandle = self.env.create_guild("Sandbox", owner=person)
        self.channel: ChannelHandle = self.guild.create_text_channel("poems")
        self.member: MemberActor = self.guild.add_member(person)
        backend.advance_clock(max(0.0, self._behind()))
        # The commands are registered nowhere yet: with an application of its own, no earlier sync counts for this one.
        backend.application_id = backend.snowflake()
        backend.subscribers.append(self._speak)

    def _speak(self, event: str, payload: Mapping[str, Any]) -> None:
        """Interactions come from a client in this language; SimCord's own is always English."""
        if event == "INTERACTION_CREATE" and isinstance(payload, dict):
            payload["locale"] = self.locale

    def _behind(self) -> float:
        return (datetime.now(UTC) - self.env.now()).total_seconds()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The bot, logged in and ready; closed at the end."""
        try:
            await self.env.start()
            with self.env.time_context():
                yield
        finally:
            await self.env.bot.close()
            await self.env.shutdown()

    async def serve(self, port: int | None) -> str:
        """Open the page; returns its address."""
        self.page = await open_page(self.env, self.channel, self.member, self.turn, locale=self.locale, port=port)
        return self.page.url

    # ------------------------------------------------------------ what there is

    def commands(self, kind: AppCommandType = AppCommandType.CHAT_INPUT) -> list[dict[str, Any]]:
        backend = self.env.backend
        return backend.visible_commands(user_id=self.member.id, channel_id=self.channel.id, type=kind)

    def messages(self) -> list[Message]:
        """What the bot said that the person can see, in the channel and in direct messages."""
        backend = self.env.backend
        channels = [self.channel.id, backend.dm_channels.get(self.member.id)]
        found = [message for channel in channels if channel for message in backend.messages.get(channel, {}).values()]
        theirs = [message for message in found if message.author_id != self.member.id]
        return sorted((message for message in theirs if message.visible_to(self.member.id)), key=lambda m: m.id)

    def message(self, message_id: int) -> Message | None:
        return next((message for message in self.messages() if message.id == message_id), None)

    def name(self, sign: str, identity: int) -> str:
        """How a mention of a user (@), role (@&) or channel (#) reads."""
        backend = self.env.backend
        if sign == "#":
            channel = backend.channels.get(identity)
            return f"#{channel.name if channel else 'unknown'}"
        if sign == "@&":
            role = backend.get_guild(self.guild.id).roles.get(identity)
            return f"@{role.name.removeprefix('@') if role else 'unknown-role'}"
        user = backend.users.get(identity)
        return f"@{user.name if user else 'unknown-user'}"

    def find(self, kind: OptionType, text: str) -> object | None:
        """The member, role or channel of a name, an id or a mention."""
        wanted = re.sub(r"^<?[@#][!&]?|>$", "", text)
        matches = (
            thing for thing in self._entities(kind) if wanted in (str(thing.id), str(thing.name).removeprefix("@"))
        )
        return next(matches, None)

    def _entities(self, kind: OptionType) -> Iterator[MemberActor | RoleHandle | ChannelHandle]:
        if kind in (OptionType.USER, OptionType.MENTIONABLE):
            for identity in self.guild.member_ids():
                user = UserHandle(self.env, self.env.backend.get_user(identity))
                yield MemberActor(self.env, self.guild, user)
        if kind in (OptionType.ROLE, OptionType.MENTIONABLE):
            yield from self.guild.roles.values()
        if kind == OptionType.CHANNEL:
            yield from self.guild.channels.values()

    def keep(self, url: str) -> Path | None:
        """Write a file that was sent into the sandbox's folder."""
        content = self.env.backend.cdn.get(url)
        if content is None:
            return None
        name = re.sub(r"[^\w.-]", "_", url.rpartition("/")[2])
        path = self.files / f"{hashlib.sha256(url.encode()).hexdigest()[:8]}-{name}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    # ------------------------------------------------------------- what happens

    async def act(self, action: Awaitable[InteractionResult]) -> InteractionResult:
        """Let the person do something, and show what came of it on the page."""
        async with self.turn:
            try:
                return await action
            finally:
                await self._refresh()

    async def slash(self, path: Sequence[str], options: Mapping[str, Any]) -> InteractionResult:
        return await self.act(self.member.slash(self.channel, " ".join(path), **options))

    async def menu(self, name: str, message: Message) -> InteractionResult:
        return await self.act(self.member.context_menu(self.channel, name, self._handle(message)))

    async def click(self, message: Message, custom_id: str) -> InteractionResult:
        return await self.act(self._person(message).click(self._handle(message), custom_id=custom_id))

    async def select(self, message: Message, custom_id: str, values: Sequence[object]) -> InteractionResult:
        return await self.act(self._person(message).select(self._handle(message), values, custom_id=custom_id))

    async def submit(
        self, shown: InteractionResult, values: dict[str, Any], source: Message | None
    ) -> InteractionResult:
        """Send a form that opened from a message, or from a command."""
        person = self._person(source) if source is not None else self.member
        return await self.act(person.submit_modal(shown, values))

    async def say(self, text: str) -> None:
        async with self.turn:
            await self.member.send(self.channel, text)
            await self._refresh()

    async def suggest(self, path: Sequence[str], option: str, text: str, filled: Mapping[str, Any]) -> list[Any]:
        async with self.turn:
            return await self.member.autocomplete(self.channel, " ".join(path), option, text, **filled)

    async def pass_time(self) -> None:
        """Bring the simulated clock up to the real one; what is due by then happens."""
        async with self.turn:
            await self.env.advance_time(min(max(0.0, self._behind()), LONGEST_STEP))

    async def refresh_page(self) -> None:
        async with self.turn:
            await self._refresh()

    async def _refresh(self) -> None:
        if self.page is not None:
            with contextlib.suppress(SetupError, TimeoutError):  # closed from the browser; or the bot is still at work
                await self.page.refresh()

    def _person(self, message: Message) -> MemberActor | UserHandle:
        """Who presses: in a direct message, the person without the server."""
        return self.member.user if self.is_direct(message) else self.member

    def is_direct(self, message: Message) -> bool:
        return message.channel_id != self.channel.id

    def _handle(self, message: Message) -> ResponseMessage:
        return ResponseMessage(self.env, message)
