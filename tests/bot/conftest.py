"""What only the tests of the bot need."""

from collections.abc import AsyncIterator

import pytest

from bot.services.worker import Worker


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test")
    yield worker
    await worker.close()
