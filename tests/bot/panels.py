"""What the tests of panels share: reading menus, and presses with what the client would not send."""

from collections.abc import Iterator
from typing import Any

import discord
from simcord import InteractionResult, MemberActor, ResponseMessage
from simcord.backend import serializers
from simcord.builders import ChannelHandle

from bot.store.servers import ServerSettings
from tests.bot.support import Component, components, interact
from tests.conftest import World


def menus(message: ResponseMessage | None) -> dict[str, Component]:
    """The selects of strings of a message by their custom id."""
    return {part["custom_id"]: part for part in components(message) if part["type"] == 3}


def chosen(message: ResponseMessage | None) -> list[str]:
    """What each menu shows."""
    return list(_shown(message))


def _shown(message: ResponseMessage | None) -> Iterator[str]:
    for menu in menus(message).values():
        yield from (option["label"] for option in menu["options"] if option.get("default"))


async def open_panel(world: World, data: dict[str, Any], **changes: Any) -> ResponseMessage:
    result = await interact(world, data, **changes)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


def use(custom_id: str, *values: str, kind: int = 3) -> dict[str, Any]:
    """A choice in a menu as the client sends it, whatever the menu offers."""
    return {"custom_id": custom_id, "component_type": kind, "values": list(values)}


def message_of(world: World, panel: ResponseMessage) -> dict[str, Any]:
    """The message as Discord sends it with a press."""
    backend = world.env.backend
    return dict(serializers.message_payload(backend, backend.get_message(world.channel.id, panel.id)))


def refused(result: InteractionResult) -> str:
    """What was said privately, and that it was said so."""
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


# Panels of servers.


async def panel_of(world: World, boss: MemberActor, name: str) -> ResponseMessage:
    result = await boss.slash(world.channel, f"server {name}")
    assert result.response is not None
    assert result.response.ephemeral
    return result.response


async def pick(
    world: World, boss: MemberActor, panel: ResponseMessage, custom_id: str, channel: ChannelHandle
) -> InteractionResult:
    return await boss.select(panel, [channel], custom_id=custom_id)


async def kept(world: World) -> ServerSettings:
    return await world.bot.servers.of(world.guild.id)


def closed(world: World, name: str, *denied: str) -> ChannelHandle:
    """A channel in which the bot lacks permissions."""
    me = world.guild.me
    assert me is not None
    overwrite = discord.PermissionOverwrite(**dict.fromkeys(denied, False))
    return world.guild.create_text_channel(name, overwrites={me: overwrite})


def told(result: InteractionResult) -> str:
    messages = [*([result.response] if result.response is not None else []), *result.followups]
    return "\n".join(message.content for message in messages)
