"""What only the tests of the bot need."""

import threading
from collections.abc import AsyncIterator

import discord
import pytest
from simcord import MemberActor

from bot.services.worker import Worker
from model.generation import Poet
from model.requests import Poem, PoemRequest
from tests.conftest import World


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test")
    yield worker
    await worker.close()


@pytest.fixture
async def gate(worker: Worker) -> AsyncIterator[threading.Event]:
    """What the worker waits for before it does anything else."""
    gate = threading.Event()
    worker.start(gate.wait)
    yield gate
    gate.set()


@pytest.fixture
def wishes(monkeypatch: pytest.MonkeyPatch) -> list[PoemRequest]:
    """The requests that reach the network."""
    reached: list[PoemRequest] = []
    compose_all = Poet.compose_all

    def note(poet: Poet, requests: list[PoemRequest]) -> list[Poem]:
        reached.extend(requests)
        return compose_all(poet, requests)

    monkeypatch.setattr(Poet, "compose_all", note)
    return reached


@pytest.fixture
def boss(world: World) -> MemberActor:
    """Somebody who may manage the server."""
    role = world.guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
    return world.guild.add_member(world.env.create_user("boss"), roles=[role])
