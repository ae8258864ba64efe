"""What the tests of the hall of fame share: a hall, poems that are loved, and what its messages say."""

from typing import Any

import discord
from discord.utils import utcnow
from simcord.builders import ChannelHandle

from bot.services.fame import FameService
from bot.ui.presses import Press, custom_id
from tests.conftest import World

STARS = 2
POSTS = "SELECT poem_id, channel_id, message_id IS NOT NULL, state FROM fame_posts"


async def open_hall(world: World, stars: int = STARS) -> ChannelHandle:
    hall = world.guild.create_text_channel("hall")
    await world.env.settle()
    await world.bot.servers.choose(world.guild.id, {"fame_channel_id": hall.id, "fame_stars": stars}, utcnow())
    return hall


async def write(world: World, **options: Any) -> discord.Message:
    """A poem by Alice. Returns its card; the first has the id 1."""
    await world.alice.slash(world.channel, "poem", **options)
    message = world.channel.last_message
    assert message is not None
    return message


async def keep(world: World, *people: int, poem: int = 1) -> None:
    for person in people:
        await world.bot.favorites.keep(person, poem, utcnow())
        await world.bot.fame.consider(poem)
    await idle(world.bot.fame)


async def idle(service: FameService) -> None:
    """Wait until all is done that was begun from here."""
    while service._task is not None:
        await service._task


async def refresh(world: World) -> None:
    """The round that comes every few minutes."""
    community: Any = world.bot.get_cog("CommunityCog")
    await community.refresh_fame()
    await idle(world.bot.fame)


def said(message: discord.Message | None) -> str:
    assert message is not None
    parts: list[Any] = list(message.components)
    found = []
    while parts:
        part = parts.pop(0)
        found.append(getattr(part, "content", ""))
        parts = list(getattr(part, "children", ())) + parts
    return "\n".join(found)


def star(message: discord.Message | None, poem: int = 1) -> str | None:
    """What stands beside the star of a card."""
    assert message is not None
    parts: list[Any] = list(message.components)
    for part in parts:
        if getattr(part, "custom_id", None) == custom_id(poem, Press.KEEP):
            label: str | None = part.label
            return label
        parts.extend(getattr(part, "children", ()))
    raise AssertionError("no star")


async def lose_id(world: World) -> None:
    """As if the process had ended before it could note which message it was."""
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("UPDATE fame_posts SET message_id = NULL, state = 'posting'")
