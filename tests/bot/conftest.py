"""What only the tests of the bot need."""

import threading
from collections.abc import AsyncIterator
from pathlib import Path

import discord
import pytest
from simcord import MemberActor

from bot.services.children import Children
from bot.services.fonts import Fonts
from bot.services.worker import Worker
from bot.store.database import Database
from model.generation import Poet
from model.requests import Poem, PoemRequest
from tests.bot.learned import run_here
from tests.bot.sheets import SMALL
from tests.bot.typefaces import WHOLE, typeface
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


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    """An empty one."""
    database = await Database.open(tmp_path / "t.db")
    yield database
    await database.close()


@pytest.fixture(scope="session")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """月 is a large box, 山 a small one."""
    return typeface(tmp_path_factory.mktemp("fonts") / "kai.ttf", sides={SMALL: WHOLE // 4})


@pytest.fixture
def fonts(font: Path) -> Fonts:
    return Fonts(str(font))


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Children do their work in this process: a new one takes a second, and SimCord does not wait long for it."""
    monkeypatch.setattr(Children, "_run", run_here)
