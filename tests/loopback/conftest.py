"""The stand-in, with a person and places to ask in."""

import asyncio
import threading
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import discord
import pytest
import yarl

from bot.app import PoetBot
from bot.config import Config
from loopback.people import Channel, Person
from loopback.running import connected
from loopback.server import StandIn, standing_in
from model.generation import Poet
from model.requests import Poem, PoemRequest


@pytest.fixture
def shards() -> int:
    """Into so many the servers are divided; a module may have its own."""
    return 1


@pytest.fixture(autouse=True)
def own_addresses() -> Iterator[None]:
    """What a test sets for the whole process ends with it."""
    base, gateway = discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY
    yield
    discord.http.Route.BASE, discord.gateway.DiscordWebSocket.DEFAULT_GATEWAY = base, gateway


@pytest.fixture
async def stand_in(shards: int, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StandIn]:
    async with standing_in(shards) as stand_in:
        # discord.py in this process is to find the stand-in instead of Discord.
        monkeypatch.setattr(discord.http.Route, "BASE", stand_in.base)
        monkeypatch.setattr(discord.gateway.DiscordWebSocket, "DEFAULT_GATEWAY", yarl.URL(stand_in.gateway.url))
        yield stand_in


@pytest.fixture
def alice(stand_in: StandIn) -> Person:
    return stand_in.person("alice")


@pytest.fixture
def bob(stand_in: StandIn) -> Person:
    return stand_in.person("bob")


@pytest.fixture
def poems(stand_in: StandIn) -> Channel:
    """A channel of a server that the bot is in."""
    return stand_in.server("poets").channel("poems")


@pytest.fixture
async def bot(config: Config, stand_in: StandIn, poems: Channel) -> AsyncIterator[PoetBot]:
    async with connected(config, stand_in) as bot:
        yield bot


@dataclass
class Pauses:
    """How long discord.py would have waited by itself."""

    seconds: list[float]


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> Pauses:
    """discord.py waits for seconds before it tries again: here it notes them, and goes on almost at once."""
    noted = Pauses([])

    async def sleep(seconds: float) -> None:
        noted.seconds.append(seconds)
        await asyncio.sleep(0.01)

    hurried: Any = SimpleNamespace(**{name: getattr(asyncio, name) for name in dir(asyncio)})
    hurried.sleep = sleep
    for module in ("webhook.async_", "http", "client", "shard"):
        monkeypatch.setattr(f"discord.{module}.asyncio", hurried)
    return noted


@pytest.fixture
def quick_pulse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything is asked, and stamped, all the time."""
    monkeypatch.setattr("bot.operations.pulse.BEAT_SECONDS", 0.01)
    monkeypatch.setattr("bot.operations.pulse.STAMP_SECONDS", 0.02)


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """No poem is written before it is set."""
    opened, compose_all = threading.Event(), Poet.compose_all

    def wait(poet: Poet, requests: Sequence[PoemRequest]) -> list[Poem]:
        opened.wait()
        return compose_all(poet, requests)

    monkeypatch.setattr(Poet, "compose_all", wait)
    yield opened
    opened.set()
