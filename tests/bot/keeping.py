"""What the tests of kept poems share: poems, and presses that come together."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from simcord import InteractionResult, ResponseMessage
from simcord.backend import serializers
from simcord.interactions import base_payload

from bot.app import PoetBot
from bot.store.origin import Origin
from bot.store.poems import PoemRecord
from tests.conftest import World

NOW = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
POEM = PoemRecord(
    text="白日依山尽，黄河入海流。\n欲穷千里目，更上一层楼。",
    traditional=None,
    form="五绝",
    pattern="仄起首句不入韵",
    theme="登高",
    start="白日",
    given=(0, 1),
    unknown="",
    broken="",
    seed=7,
    script="hans",
    wish={"form": "五绝", "temperature": 0.7, "script": None},
    weights="0123456789abcdef",
    version="0.1",
)


async def written(bot: PoetBot, person_id: int, *texts: str, guild_id: int | None = None) -> list[int]:
    """Poems that somebody asked for; their ids."""
    origin = Origin(request_id=1, person_id=person_id, guild_id=guild_id, channel_id=2)
    return [await bot.poems.add(replace(POEM, text=text), origin, NOW) for text in texts or [POEM.text]]


async def kept(bot: PoetBot, person_id: int, *texts: str) -> list[int]:
    """Poems that somebody asked for and keeps, each a millisecond after the one before; their ids."""
    poem_ids = await written(bot, person_id, *texts)
    for number, poem_id in enumerate(poem_ids):
        await bot.favorites.keep(person_id, poem_id, NOW.replace(microsecond=number * 1_000))
    return poem_ids


async def press(
    world: World,
    message: ResponseMessage,
    custom_id: str,
    people: Sequence[int],
    *,
    deliveries: int = 1,
    **changes: Any,
) -> list[InteractionResult]:
    """These people press a button at the same moment; each press is delivered so many times."""
    backend = world.env.backend
    results = []
    for person in people:
        record, payload = base_payload(
            backend,
            type=3,
            channel_id=world.channel.id,
            guild_id=world.guild.id,
            user_id=person,
            data={"custom_id": custom_id, "component_type": 2},
        )
        stored = backend.messages[message.channel_id].get(message.id, message._message)
        payload["message"] = dict(serializers.message_payload(backend, stored))
        payload |= changes
        record.source_message_id = message.id
        for _ in range(deliveries):
            backend.emit("INTERACTION_CREATE", payload)
        results.append(InteractionResult(world.env, record))
    await world.env.settle()
    return results
