"""What the tests of the buttons below a poem share."""

from typing import Any

import pytest
from simcord import ResponseMessage

from bot.services.fame import FameService
from tests.bot.support import rows
from tests.conftest import World


@pytest.fixture
def considered(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The poems that the hall of fame was told of."""
    told: list[int] = []

    async def note(_fame: FameService, poem_id: int) -> None:
        told.append(poem_id)

    monkeypatch.setattr(FameService, "consider", note)
    return told


async def poem(world: World, **options: Any) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "poem", start="月", **options)
    assert result.response is not None
    return result.response


async def keepers(world: World) -> list[tuple[Any, ...]]:
    return await rows(world.bot, "SELECT person_id, poem_id FROM favorites ORDER BY person_id")
