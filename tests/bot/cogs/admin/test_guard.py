"""No part of /admin answers anybody but the owner."""

import importlib
import pkgutil
from collections.abc import Iterator
from typing import Any

import discord
import pytest
from discord import app_commands

import bot.cogs.admin
from bot.cogs.admin.family import PRESSED
from bot.cogs.admin.jobs import TryForm
from bot.requests import OWNERS_COMMAND
from bot.store.blocks import Subject
from bot.ui.guards import GuardedItem, GuardedModal
from bot.words import Language, say
from tests.bot.owner import admin, change, heard, message, owned_by_alice, press
from tests.bot.support import command, interact, rows, text
from tests.bot.training import give_corpus
from tests.conftest import World

# What is typed where something is to be chosen, if not an id.
TYPED = {"recipe": "", "corpus": "", "from": "", "epochs": "3", "job": "", "version": "", "with": ""}
STRANGER = say(Language.ENGLISH, "error.not_the_owner")


@pytest.fixture
def owned(world: World) -> World:
    return owned_by_alice(world)


def leaves(group: app_commands.Group) -> Iterator[app_commands.Command[Any, ..., Any]]:
    for child in group.commands:
        if isinstance(child, app_commands.Group):
            yield from leaves(child)
        else:
            yield child


def the_group(world: World) -> app_commands.Group:
    group = world.bot.tree.get_command(OWNERS_COMMAND)
    assert isinstance(group, app_commands.Group)
    return group


def payload(world: World, found: app_commands.Command[Any, ..., Any], typed: str | None = None) -> dict[str, Any]:
    """A call of a command with something in each option; while one is typed, of the autocompletion."""
    kinds = discord.AppCommandOptionType
    values: dict[discord.AppCommandOptionType, Any] = {kinds.user: str(world.bob.id), kinds.integer: 1}
    values |= {kinds.boolean: True, kinds.string: str(world.guild.id), kinds.attachment: "1"}
    options: list[dict[str, Any]] = [
        {"name": option.display_name, "type": option.type.value, "value": values[option.type]}
        | ({"focused": True, "value": TYPED.get(typed, values[option.type])} if option.display_name == typed else {})
        for option in found.parameters
    ]
    _, *path = found.qualified_name.split()
    for depth, name in enumerate(reversed(path)):
        options = [{"name": name, "type": 2 if depth else 1, "options": options}]
    registered = world.env.backend.find_command(OWNERS_COMMAND, None)
    assert registered is not None
    bob = {"id": str(world.bob.id), "username": "bob", "discriminator": "0", "avatar": None}
    file = {
        "id": "1",
        "filename": "poems.txt",
        "size": 1,
        "url": "https://cdn.test/1",
        "proxy_url": "https://cdn.test/1",
    }
    return {
        "id": registered["id"],
        "name": OWNERS_COMMAND,
        "type": 1,
        "options": options,
        "resolved": {"users": {str(world.bob.id): bob}, "attachments": {"1": file}},
    }


async def test_no_command_of_the_group_answers_a_stranger(owned: World) -> None:
    found = list(leaves(the_group(owned)))
    assert len(found) >= 18
    for one in found:
        result = await interact(owned, payload(owned, one), person=owned.bob.id)

        assert heard(owned, result) == STRANGER, one.qualified_name
    assert await rows(owned.bot, "SELECT DISTINCT outcome FROM requests") == [("error.not_the_owner",)]
    assert await rows(owned.bot, "SELECT * FROM blocks") == []


async def test_nothing_is_offered_to_a_stranger_who_types(owned: World) -> None:
    await owned.bot.blocks.add(Subject.PERSON, owned.guild.id, "", discord.utils.utcnow())
    await owned.bot.blocks.add(Subject.SERVER, owned.guild.id, "", discord.utils.utcnow())
    give_corpus(owned)
    for state in ("queued", "failed"):
        await change(
            owned,
            "INSERT INTO jobs (kind, recipe, corpus, origin, changes, seed, state, asked_at)"  # noqa: S608
            f" VALUES ('adder', 'adder-live', '', '', '[]', 1, '{state}', 0)",
        )
    offering = [
        (one, option.display_name)
        for one in leaves(the_group(owned))
        for option in one.parameters
        if option.autocomplete
    ]
    assert len(offering) >= 10
    for one, option in offering:
        theirs = await interact(owned, payload(owned, one, option), kind=4, person=owned.bob.id)
        own = await interact(owned, payload(owned, one, option), kind=4)

        assert theirs.autocomplete_choices == [], one.qualified_name
        assert own.autocomplete_choices, one.qualified_name


def pressed() -> list[type[GuardedItem[Any]] | type[GuardedModal]]:
    """All that can be pressed or sent in the package, whoever adds it."""
    for module in pkgutil.walk_packages(bot.cogs.admin.__path__, "bot.cogs.admin."):
        importlib.import_module(module.name)
    waiting: list[Any] = [GuardedItem, GuardedModal]
    found = []
    while waiting:
        waiting += (kind := waiting.pop()).__subclasses__()
        if kind.__module__.startswith("bot.cogs.admin"):
            found.append(kind)
    return found


# One that each pattern of custom ids takes; what is new here has to be added.
CUSTOM_IDS = (
    "admin:job:1:cancel",
    "admin:report:1:dismiss",
    "admin:list:blocks:0",
    "admin:leave:{guild}",
    "admin:version:use:gru",
    "admin:version:rollback",
    "admin:vote:1:0:first",
    "admin:corpus:keep:0123456789abcdef",
)


FORMS = (TryForm,)
"""Forms of the package, each of which a stranger sends below."""


async def test_no_form_answers_a_stranger(owned: World) -> None:
    """Who sends it is another one than it was opened for."""
    pressing = press("admin:job:1:try")
    opened = await interact(owned, pressing, kind=3, message=message(owned, "admin:job:1:try"))
    assert opened.modal is not None
    fields = [
        {"type": 18, "id": number, "component": {"type": 4, "id": number + 5, "custom_id": name, "value": "1"}}
        for number, name in enumerate("ab", 1)
    ]
    sent = {"custom_id": opened.modal["custom_id"], "components": fields}
    result = await interact(owned, sent, kind=5, person=owned.bob.id)

    assert heard(owned, result) == STRANGER


async def test_nothing_that_can_be_pressed_answers_a_stranger(owned: World) -> None:
    kinds = pressed()
    assert len(kinds) >= 7
    card = (await admin(owned, "block list")).response
    assert card is not None
    for kind in kinds:
        assert kind.name.startswith(PRESSED), kind
        if not issubclass(kind, GuardedItem):
            assert kind in FORMS, "a form of the owner's needs its own check here"
            continue
        pattern = kind.__discord_ui_compiled_template__
        [custom_id] = [one for one in (c.format(guild=owned.guild.id) for c in CUSTOM_IDS) if pattern.fullmatch(one)]
        result = await interact(owned, press(custom_id), kind=3, person=owned.bob.id, message=message(owned, custom_id))

        assert heard(owned, result) == STRANGER, custom_id
    assert owned.bot.guilds


def test_only_the_owners_package_uses_the_owners_names() -> None:
    """A button elsewhere that called itself so would be closed to everybody; one here that does not, open."""
    waiting: list[Any] = [GuardedItem, GuardedModal]
    while waiting:
        waiting += (kind := waiting.pop()).__subclasses__()
        if getattr(kind, "name", "").startswith(PRESSED):
            assert kind.__module__.startswith("bot.cogs.admin")


@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
async def test_a_stranger_is_refused_in_their_language(owned: World, locale: str) -> None:
    one = next(leaves(the_group(owned)))
    result = await interact(owned, payload(owned, one), person=owned.bob.id, locale=locale)

    assert heard(owned, result) == say(Language(locale), "error.not_the_owner")


async def test_the_commands_of_others_are_as_ever(owned: World) -> None:
    result = await interact(owned, command(owned, "poem", start="月"), person=owned.bob.id)

    assert text(result.response)
