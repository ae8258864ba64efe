"""The owner of the bot in its tests, and what is pressed without a person of SimCord's."""

from typing import Any

import discord
from simcord import InteractionResult

from bot.services.owners import Owners
from tests.bot.support import text
from tests.conftest import World


async def nobody() -> frozenset[int]:
    raise AssertionError


def owned_by_alice(world: World) -> World:
    """Alice owns the bot, and runs the server."""
    manager = world.guild.create_role("manager", permissions=discord.Permissions(administrator=True))
    world.guild.add_member(world.alice.user, roles=[manager])
    world.bot.owners = Owners([world.alice.id], nobody)
    return world


async def admin(world: World, path: str, **options: Any) -> InteractionResult:
    result: InteractionResult = await world.alice.slash(world.channel, f"admin {path}", **options)
    assert isinstance(world.env.errors, list)
    assert result.response is not None
    assert result.response.ephemeral
    return result


async def said(world: World, path: str, **options: Any) -> str:
    return text((await admin(world, path, **options)).response).strip()


def heard(world: World, result: InteractionResult) -> str:
    """The one private answer."""
    assert isinstance(world.env.errors, list)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


async def change(world: World, sql: str) -> None:
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute(sql)


def press(custom_id: str) -> dict[str, Any]:
    return {"custom_id": custom_id, "component_type": 2}


def message(world: World, custom_id: str) -> dict[str, Any]:
    """A message of ours as an interaction carries it."""
    assert world.bot.user is not None
    return {
        "id": str(world.env.backend.snowflake()),
        "channel_id": str(world.channel.id),
        "type": 0,
        "content": "",
        "author": {"id": str(world.bot.user.id), "username": "bot", "discriminator": "0", "avatar": None},
        "attachments": [],
        "embeds": [],
        "mentions": [],
        "mention_roles": [],
        "mention_everyone": False,
        "pinned": False,
        "tts": False,
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "flags": 1 << 15,
        "components": [{"type": 1, "id": 1, "components": [{"type": 2, "id": 2, "style": 2, "custom_id": custom_id}]}],
    }
