"""What the tests of the bot share: reading what a person sees, and interactions that SimCord's people cannot make."""

from collections.abc import Iterator, Mapping
from typing import Any

from simcord import InteractionResult, ResponseMessage
from simcord.interactions import base_payload

from bot.app import PoetBot
from bot.services.worker import Worker
from tests.conftest import World

Component = Mapping[str, Any]


async def settled(worker: Worker) -> None:
    """Wait until all is done that was to be prepared."""
    await worker.prepare(lambda: None)


async def rows(bot: PoetBot, sql: str) -> list[tuple[Any, ...]]:
    """What the bot's database answers, once all notes are written."""
    await bot.journal.close()
    return [tuple(row) for row in await bot.poems._database.fetch_all(sql)]


def components(message: ResponseMessage | None) -> Iterator[Component]:
    """All components of a message, nested ones too."""
    assert message is not None
    waiting: list[Component] = list(message.components)
    while waiting:
        component = waiting.pop(0)
        yield component
        waiting = list(component.get("components", [])) + waiting


def text(message: ResponseMessage | None) -> str:
    """What a person reads in a message."""
    assert message is not None
    return "\n".join([message.content, *(part["content"] for part in components(message) if part["type"] == 10)])


def private(result: InteractionResult) -> str:
    """What only the person reads who asked."""
    assert result.response is not None
    assert result.response.ephemeral
    return text(result.response)


def refusal(result: InteractionResult) -> str:
    """What was said privately and without a card, be it the answer or what follows it."""
    said = result.followups[-1] if result.followups else result.response
    assert said is not None
    assert said.ephemeral
    return said.content


def verse(message: ResponseMessage | None) -> list[str]:
    """The lines of the poem on a card."""
    shown = text(message).strip().split("\n-# ")[0].split("》\n")[-1].replace("*", "")
    return shown.replace("\n", "").replace("，", "。").strip("。").split("。")


def buttons(message: ResponseMessage | None) -> dict[str, Component]:
    """The buttons of a message by their custom id."""
    return {part["custom_id"]: part for part in components(message) if part["type"] == 2}


def colour(message: ResponseMessage | None) -> int:
    return next(int(part["accent_color"]) for part in components(message) if part["type"] == 17)


async def interact(
    world: World, data: dict[str, Any], *, kind: int = 2, person: int | None = None, **changes: Any
) -> InteractionResult:
    """One interaction with a payload that may differ from what SimCord's people send."""
    result = emit(world, data, kind=kind, person=person, **changes)
    await world.env.settle()
    return result


def emit(
    world: World, data: dict[str, Any], *, kind: int = 2, person: int | None = None, **changes: Any
) -> InteractionResult:
    """Send an interaction without waiting for what the bot makes of it."""
    record, payload = base_payload(
        world.env.backend,
        type=kind,
        channel_id=world.channel.id,
        guild_id=world.guild.id,
        user_id=person or world.alice.id,
        data=data,
    )
    payload.update(changes)
    world.env.backend.emit("INTERACTION_CREATE", payload)
    return InteractionResult(world.env, record)


def command(world: World, name: str, **options: Any) -> dict[str, Any]:
    """The data of a command, as the client sends it."""
    registered = world.env.backend.find_command(name, None)
    assert registered is not None
    types = {option["name"]: option["type"] for option in registered["options"]}
    return {
        "id": registered["id"],
        "name": name,
        "type": 1,
        "options": [{"name": key, "type": types[key], "value": value} for key, value in options.items()],
    }
