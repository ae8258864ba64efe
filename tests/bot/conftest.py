"""What only the tests of the bot need."""

from collections.abc import AsyncIterator

import pytest

from bot.services.worker import Worker
from model.generation import Poet
from model.requests import Poem, PoemRequest


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test")
    yield worker
    await worker.close()


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
