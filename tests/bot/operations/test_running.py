"""What the process sets for itself."""

import sys
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from bot.config import Config
from bot.operations import running

USUAL_SECONDS = 0.005
"""Python's own."""


@pytest.fixture
def usual() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(USUAL_SECONDS)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("usual")
def test_threads_that_compute_let_the_event_loop_in(config: Config, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []

    async def serve(_config: Config, _token: SecretStr) -> None:
        seen.append(sys.getswitchinterval())

    monkeypatch.setattr(running, "serve", serve)
    running.run(config, SecretStr("none"))

    assert seen == [pytest.approx(running.SWITCH_SECONDS)]
    assert seen[0] < USUAL_SECONDS
