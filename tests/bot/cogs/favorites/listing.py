"""Reading the pages of favourites."""

from typing import Any

from simcord import ResponseMessage

from tests.bot.support import components, private
from tests.conftest import World

SPRING, AUTUMN = "春眠不觉晓，处处闻啼鸟。", "秋风清，秋月明。"


def numbers(message: ResponseMessage | None) -> list[int]:
    """The poems on a page."""
    menu = next(part for part in components(message) if part.get("custom_id") == "favorites:open")
    return [int(option["value"]) for option in menu["options"]]


async def listed(world: World, **options: Any) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "favorites list", **options)
    private(result)
    assert result.response is not None
    return result.response
