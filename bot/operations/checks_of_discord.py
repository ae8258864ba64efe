"""What `doctor` asks Discord about the bot, where a token is set. It connects nowhere but to Discord's REST."""

import asyncio
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Final

import aiohttp
import discord
from pydantic import SecretStr

from bot.config import Config
from bot.operations.addresses import use_addresses
from bot.operations.checks import Check, State
from bot.services.serving import needed_permissions
from bot.store.database import DATABASE
from bot.store.syncs import EVERYWHERE

PATIENCE_SECONDS: Final = 10.0
"""For one question."""
CLOCKS_SECONDS: Final = 30.0
"""So much may this machine's clock and Discord's differ."""
FEW_CONNECTIONS: Final = 20
"""Of the connections that a bot may begin in a day."""
MOST_SERVERS: Final = 50
"""Servers whose channels are looked at; Discord is asked three times for each."""
_PICTURE: Final = "picture"
_UNHEARD: Final = (aiohttp.ClientError, OSError, discord.DiscordException)  # TimeoutError is an OSError


@dataclass(frozen=True, slots=True)
class Place:
    """A channel in which the bot posts by itself, and the permissions that it needs there."""

    guild_id: int
    channel_id: int
    needed: Sequence[str]


async def ask_discord(config: Config, token: SecretStr) -> list[Check]:
    """One check after another; where Discord cannot be reached, or refuses the token, the others have to wait."""
    use_addresses(config.discord)
    reach, clock = await check_reach()
    if clock is None:
        return [reach]
    async with discord.Client(intents=discord.Intents.none()) as client:
        login = await check_login(client, token)
        if login.state is State.FAIL:
            return [reach, clock, login]
        return [
            reach,
            clock,
            login,
            await _asked("intents", check_intents(client)),
            await _asked("connections", check_connections(client)),
            await _asked("commands", check_commands(client, config)),
            await _asked("permissions", check_permissions(client, config)),
        ]


async def check_reach(clock: Callable[[], float] = time.time) -> tuple[Check, Check | None]:
    """Whether Discord answers, and whether its clock and this machine's agree."""
    name, address = "Discord", discord.http.Route.BASE
    try:
        timeout = aiohttp.ClientTimeout(total=PATIENCE_SECONDS)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(f"{address}/gateway") as answer:
            answer.raise_for_status()
            date = answer.headers["Date"]
    except (aiohttp.ClientError, OSError, LookupError) as error:
        mend = "Look at this machine's network, its name servers and firewall, and at https://discordstatus.com."
        return Check(name, State.FAIL, f"{address} does not answer: {_said(error)}.", mend), None
    behind = parsedate_to_datetime(date).timestamp() - clock()
    found = f"Discord's clock is {abs(behind):.0f} s {'ahead' if behind > 0 else 'behind'}."
    state = State.OK if abs(behind) < CLOCKS_SECONDS else State.WARN
    mend = "" if state is State.OK else "Set this machine's clock, for example with `timedatectl set-ntp true`."
    return Check(name, State.OK, f"{address} answers."), Check("clock by Discord", state, found, mend)


async def check_login(client: discord.Client, token: SecretStr) -> Check:
    """Whether Discord knows the token."""
    name = "login"
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await client.login(token.get_secret_value())
    except discord.LoginFailure:
        mend = "Copy the token again from the Bot page of the application."
        return Check(name, State.FAIL, "Discord does not accept the token.", mend)
    except _UNHEARD as error:
        return Check(name, State.FAIL, f"Discord does not answer: {_said(error)}.", "Try again later.")
    return Check(name, State.OK, f"The token is that of {client.user}.")


async def _asked(name: str, question: Awaitable[Check]) -> Check:
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await question
    except _UNHEARD as error:
        return Check(name, State.WARN, f"Discord does not say: {_said(error)}.", "Try again later.")


async def check_intents(client: discord.Client) -> Check:
    """The bot asks for `guilds` only, which every bot may have."""
    flags = (await client.application_info()).flags
    privileged = {
        "presence": flags.gateway_presence or flags.gateway_presence_limited,
        "server members": flags.gateway_guild_members or flags.gateway_guild_members_limited,
        "message content": flags.gateway_message_content or flags.gateway_message_content_limited,
    }
    needless = [name for name, on in privileged.items() if on]
    if needless:
        found = f"Privileged intents are on that the bot has no use for: {', '.join(needless)}."
        return Check("intents", State.WARN, found, "Turn them off on the Bot page of the application.")
    return Check("intents", State.OK, "No privileged ones are on, and none are needed.")


async def check_connections(client: discord.Client) -> Check:
    """A bot that is started again and again is locked out by Discord for the rest of the day."""
    shards, _, limits = await client.http.get_bot_gateway()
    left, hours = limits["remaining"], limits["reset_after"] / 3_600_000
    found = f"{left} of {limits['total']} connections can be begun in the next {hours:.0f} hours; shards: {shards}."
    if left < max(FEW_CONNECTIONS, shards):
        mend = "Find out why the bot is started so often, and stop it until then: each start takes one for each shard."
        return Check("connections", State.WARN if left >= shards else State.FAIL, found, mend)
    return Check("connections", State.OK, found)


async def check_commands(client: discord.Client, config: Config) -> Check:
    """Whether Discord has the commands that it was given last."""
    name, number = "commands", client.application_id or 0  # which is known since the login
    noted = _noted_commands(config, number)
    there = {command["name"] for command in await client.http.get_global_commands(number)}
    again = "`python -m bot sync` registers them, while the bot is stopped."
    if noted is None:
        if config.discord.sync_commands:
            return Check(name, State.OK, "They are registered at the first start.")
        return Check(name, State.WARN, "None were registered, and [discord] sync_commands is off.", again)
    if there != noted:
        found = f"Discord has others than it was given: {', '.join(sorted(there ^ noted))}."
        return Check(name, State.WARN, found, f"{again} If they change again, another program uses the token.")
    return Check(name, State.OK, f"Discord has the {len(there)} that it was given last.")


async def check_permissions(client: discord.Client, config: Config) -> Check:
    """Whether the bot can post where servers want poems of the day and halls of fame."""
    name, places = "permissions", list(_places(config))
    lacking = []
    for guild_id in dict.fromkeys(place.guild_id for place in places[:MOST_SERVERS]):
        here = [place for place in places if place.guild_id == guild_id]
        lacking += await _lacking(client, guild_id, here)
    if lacking:
        mend = "Give the bot these permissions in the channels' settings, or choose others with /server daily and fame."
        return Check(name, State.WARN, f"{'; '.join(lacking)}.", mend)
    return Check(name, State.OK, f"Nothing is lacking in the {len(places)} channels where it posts by itself.")


async def _lacking(client: discord.Client, guild_id: int, places: Sequence[Place]) -> list[str]:
    try:
        guild = await client.fetch_guild(guild_id, with_counts=False)
        channels = {channel.id: channel for channel in await guild.fetch_channels()}
        me = await guild.fetch_member(client.user.id if client.user is not None else 0)
    except (discord.Forbidden, discord.NotFound):
        return [f"server {guild_id}: the bot is not in it any more"]
    found = []
    for place in places:
        channel = channels.get(place.channel_id)
        if channel is None:
            found.append(f"channel {place.channel_id} in {guild.name}: it is gone, or hidden from the bot")
            continue
        allowed = channel.permissions_for(me)
        missing = [wanted for wanted in place.needed if not getattr(allowed, wanted)]
        if missing:
            found.append(f"#{channel.name} in {guild.name}: {', '.join(missing)}")
    return found


def _noted_commands(config: Config, application_id: int) -> set[str] | None:
    sql = "SELECT key FROM command_syncs JOIN json_each(commands) WHERE application_id = ? AND guild_id = ?"
    return {str(name) for (name,) in _read(config, sql, application_id, EVERYWHERE)} or None


def _places(config: Config) -> Iterator[Place]:
    sql = "SELECT guild_id, daily_channel_id, fame_channel_id, display FROM servers WHERE left_at IS NULL"
    for guild_id, daily, fame, display in _read(config, sql):
        pictures = (display or config.poem.display) == _PICTURE
        for channel, is_fame in ((daily, False), (fame, True)):
            if channel is not None:
                yield Place(guild_id, channel, needed_permissions(fame=is_fame, pictures=pictures))


def _read(config: Config, sql: str, *values: int) -> list[tuple[Any, ...]]:
    """Out of a database that may be of an older version, damaged, or not there: another check tells that."""
    path = config.storage.dir / DATABASE
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return connection.execute(sql, values).fetchall()
    except sqlite3.Error:
        return []


def _said(error: BaseException) -> str:
    return str(error) or type(error).__name__
