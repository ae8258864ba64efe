"""Somebody who runs a server of their own, and is not the owner of the bot, tries all that is the owner's.

What that is, the running bot tells: whatever is added to it is tried as well.
"""

import logging
import random
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from simcord import InteractionResult, MemberActor
from simcord.interactions import base_payload

from bot.cogs.admin.family import PRESSED
from bot.requests import OWNERS_COMMAND
from bot.services.owners import Owners
from bot.ui.guards import GuardedModal
from bot.words import Language, say
from tests.bot.attacks import Attack, Attacks, commands_of, drawn, filled, items_of, offering, pressed_message
from tests.bot.owner import nobody
from tests.bot.support import rows, text
from tests.conftest import World

STRANGER = say(Language.ENGLISH, "error.not_the_owner")
EACH, MANY_PRESSES = 2, 8
SEED = 5


@pytest.fixture
def stranger(world: World) -> MemberActor:
    """Alice owns the bot; Bob may do everything in the server."""
    world.bot.owners = Owners([world.alice.id], nobody)
    all_of_it = world.guild.create_role("all", permissions=discord.Permissions.all())
    return world.guild.add_member(world.bob.user, roles=[all_of_it])


def attacks_on(world: World) -> Iterator[Attack]:
    """Every command and every press of the owner's."""
    attacks = Attacks(world)
    for command in commands_of(world):
        if command.qualified_name.startswith(f"{OWNERS_COMMAND} "):
            yield from drawn(attacks.command(command), EACH, SEED)
    for item in items_of(world):
        if item.name.startswith(PRESSED):
            yield from drawn(attacks.press(item), EACH, SEED)


def send(world: World, attack: Attack, person: int, *, directly: bool = False) -> InteractionResult:
    channel = world.bob.user.dm_channel if directly else world.channel
    record, payload = base_payload(
        world.env.backend,
        type=attack.kind,
        channel_id=channel.id,
        guild_id=None if directly else world.guild.id,
        user_id=person,
        data=attack.data,
    )
    if attack.kind == 3:
        payload["message"] = pressed_message(world, attack.data)
    world.env.backend.emit("INTERACTION_CREATE", payload)
    return InteractionResult(world.env, record)


async def all_but_requests(world: World) -> dict[str, list[tuple[Any, ...]]]:
    tables = await rows(world.bot, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name != 'requests'")
    return {name: await rows(world.bot, f"SELECT * FROM {name} ORDER BY 1") for (name,) in tables}  # noqa: S608


@pytest.mark.parametrize("directly", [False, True])
async def test_every_command_and_press_of_the_owners_is_refused_and_logged(
    world: World, stranger: MemberActor, caplog: pytest.LogCaptureFixture, *, directly: bool
) -> None:
    caplog.set_level(logging.INFO)
    before = await all_but_requests(world)
    attacks = list(attacks_on(world))
    results = [send(world, attack, stranger.id, directly=directly) for attack in attacks]
    await world.env.settle()

    assert len({attack.what for attack in attacks}) >= 20
    for attack, result in zip(attacks, results, strict=True):
        assert result.ephemeral, attack
        assert text(result.response).strip() == STRANGER, attack
    assert await rows(world.bot, "SELECT DISTINCT outcome FROM requests") == [("error.not_the_owner",)]
    refusals = [record.getMessage() for record in caplog.records if "error.not_the_owner" in record.getMessage()]
    assert len(refusals) == len(attacks)
    assert all(str(stranger.id) in line for line in refusals)
    assert await all_but_requests(world) == before


async def test_nothing_of_the_owners_is_offered_while_a_stranger_types(world: World, stranger: MemberActor) -> None:
    attacks = Attacks(world)
    typing = [
        attack
        for command, name in offering(world)
        if command.qualified_name.startswith(f"{OWNERS_COMMAND} ")
        for attack in drawn(attacks.typing(command, name), EACH, SEED)
    ]
    results = [send(world, attack, stranger.id, directly=bool(place % 2)) for place, attack in enumerate(typing)]
    await world.env.settle()

    assert len(typing) >= 10
    assert [result.autocomplete_choices for result in results] == [[]] * len(typing)


def forms_of_the_owners() -> set[str]:
    """The names of all forms that are the owner's, whoever adds one."""
    waiting: list[type[GuardedModal]] = [GuardedModal]
    found = set()
    while waiting:
        waiting += (kind := waiting.pop()).__subclasses__()
        if getattr(kind, "name", "").startswith(PRESSED):
            found.add(kind.name)
    return found


async def test_a_form_that_the_owner_opened_is_not_taken_from_a_stranger(world: World, stranger: MemberActor) -> None:
    chance = random.Random(SEED)
    presses = [attack for item in items_of(world) for attack in drawn(Attacks(world).press(item), MANY_PRESSES, SEED)]
    shown = [send(world, attack, world.alice.id) for attack in presses if attack.what.startswith(PRESSED)]
    await world.env.settle()
    opened = [filled(result.modal, chance) for result in shown]
    forms = {form.data["custom_id"]: form for form in opened if form is not None}
    sent = [send(world, form, stranger.id) for form in forms.values()]
    await world.env.settle()

    for result in sent:
        assert text(result.response).strip() == STRANGER
    refused = await rows(world.bot, "SELECT DISTINCT command FROM requests WHERE outcome = 'error.not_the_owner'")
    assert {command for (command,) in refused} == forms_of_the_owners()
    assert isinstance(world.env.errors, list)
