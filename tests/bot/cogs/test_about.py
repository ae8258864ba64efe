"""`/help` and `/about`, as a person sees them."""

import math
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import discord
import pytest
from simcord import InteractionResult, MemberActor
from simcord.enums import AppCommandType

from bot.app import VERSION, create_bot
from bot.config import Config
from bot.services.owners import Owners
from bot.services.weights import NetworkInUse
from bot.ui.about import GROUPS, Entry, HelpCard, help_pages
from bot.words import Language
from model.shipped import SHIPPED
from tests.bot.support import command, components, interact, text
from tests.conftest import World, simulation

OWNERS = "admin"


def leaves(options: list[dict[str, Any]], name: str) -> Iterator[tuple[str, str]]:
    """Each thing that can be typed, and what is said of it."""
    for option in options:
        if option["type"] in (1, 2):
            below = list(leaves(option.get("options", []), f"{name} {option['name']}"))
            yield from below or [(f"{name} {option['name']}", option["description"])]


async def pages(world: World, result: InteractionResult, actor: MemberActor | None = None) -> list[str]:
    """All pages of the help, as its menu shows them."""
    assert result.response is not None
    menus = [part for part in components(result.response) if part["type"] == 3]
    if not menus:
        return [text(result.response)]
    read = []
    for option in menus[0]["options"]:
        chosen = await (actor or world.alice).select(result.response, [option["value"]], custom_id="help:page")
        assert chosen.response is not None
        read.append(text(chosen.response))
    return read


async def help_of(world: World, actor: MemberActor) -> str:
    return "\n".join(await pages(world, await actor.slash(world.channel, "help"), actor))


async def test_help_names_every_command_as_a_link(world: World) -> None:
    result = await world.alice.slash(world.channel, "help")
    assert result.response is not None
    assert result.response.ephemeral
    read = await pages(world, result)

    assert all(len(page) <= 4_000 for page in read)
    shown = "\n".join(read)
    registered = world.env.backend.commands[None].values()
    assert len(registered) == len(world.bot.tree.get_commands())
    for entry in registered:
        if entry["type"] == AppCommandType.MESSAGE:
            assert f"**{entry['name']}**" in shown
        elif entry.get("default_member_permissions") is None:
            for name, description in list(leaves(entry.get("options", []), entry["name"])) or [
                (entry["name"], entry["description"])
            ]:
                assert f"</{name}:{entry['id']}> — {description}" in shown, name


async def test_help_leaves_out_what_the_person_cannot_use(world: World) -> None:
    shown = await help_of(world, world.alice)

    assert "</favorites list:" in shown
    assert "</server " not in shown
    assert f"</{OWNERS} " not in shown


async def test_help_shows_the_servers_commands_to_who_manages_it(world: World) -> None:
    role = world.guild.create_role("boss", permissions=discord.Permissions(manage_guild=True))
    boss = world.guild.add_member(world.env.create_user("carol"), roles=[role])
    shown = await help_of(world, boss)

    assert "</server settings:" in shown
    assert f"</{OWNERS} " not in shown


async def test_help_shows_the_owners_commands_to_the_owner_alone(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    role = world.guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    boss = world.guild.add_member(world.env.create_user("carol"), roles=[role])
    assert f"</{OWNERS} " not in await help_of(world, boss)
    monkeypatch.setattr(world.bot, "owners", Owners([boss.id], nobody))

    assert f"</{OWNERS} " in await help_of(world, boss)


async def nobody() -> frozenset[int]:
    return frozenset()


async def test_help_shows_commands_that_are_registered_in_this_server_only(
    config: Config,
) -> None:
    env = simulation(create_bot(config))
    guild = env.create_guild()
    owner_role = guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    owner = guild.add_member(env.create_user("carol"), roles=[owner_role])
    listed = config.owner.model_copy(update={"users": (owner.id,), "servers": (guild.id,)})
    env.bot = create_bot(config.model_copy(update={"owner": listed}))
    await env.start()
    try:
        world = World(env, guild, guild.create_text_channel("poems"), owner, owner)
        ids = {entry["name"]: entry["id"] for entry in env.backend.commands[guild.id].values()}
        shown = await help_of(world, owner)
    finally:
        await env.bot.close()
        await env.shutdown()

    assert f":{ids[OWNERS]}>" in shown


async def test_help_in_a_direct_message_has_nothing_of_servers(world: World) -> None:
    role = world.guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    boss = world.env.create_user("carol")
    world.guild.add_member(boss, roles=[role])
    result = await boss.slash("help")

    assert "</poem:" in text(result.response)
    labels = [option["label"] for part in components(result.response) for option in part.get("options", [])]
    assert not any("owner" in label for label in labels)


async def test_help_to_an_account_that_has_the_bot_for_itself_has_nothing_that_needs_it_in_the_server(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    role = world.guild.create_role("boss", permissions=discord.Permissions(administrator=True))
    boss = world.guild.add_member(world.env.create_user("carol"), roles=[role])
    monkeypatch.setattr(world.bot, "owners", Owners([boss.id], nobody))
    for kind, installed in (("0", world.guild.id), ("1", boss.id)):
        owners = {kind: str(installed)}
        result = await interact(world, command(world, "help"), person=boss.id, authorizing_integration_owners=owners)
        labels = str([part.get("options") for part in components(result.response)])
        assert "</poem:" in text(result.response)
        assert ("For the bot's owner" in labels + text(result.response)) == (kind == "0")


async def test_a_page_of_the_help_that_is_no_more_shows_the_last(world: World) -> None:
    listed = [Entry(f"poem {number}", f"</poem:{number}>", "x" * 90) for number in range(80)]
    cut = help_pages(listed, ["Check"], Language.ENGLISH)
    assert len(cut) > 2
    card = HelpCard(cut, 99, Language.ENGLISH)

    assert card.content_length() <= 4_000
    assert [option.default for option in menu_of(card).options] == [False] * (len(cut) - 1) + [True]
    assert all(len(page.text) <= 3_900 for page in cut)
    read = "".join(page.text for page in cut)
    assert [entry.mention for entry in listed if entry.mention in read] == [entry.mention for entry in listed]


def menu_of(card: HelpCard) -> "discord.ui.Select[Any]":
    [menu] = [item for item in card.walk_children() if isinstance(item, discord.ui.Select)]
    return menu


async def test_what_is_in_no_group_stands_with_the_rest() -> None:
    [page] = help_pages([Entry("new", "`/new`", "a command of tomorrow")], [], Language.ENGLISH)

    assert "**About the bot**\n`/new` — a command of tomorrow" in page.text


async def test_every_command_has_its_group(world: World) -> None:
    grouped = {name for names in GROUPS.values() for name in names}

    assert {entry["name"] for entry in world.env.backend.commands[None].values() if entry["type"] == 1} <= grouped


async def test_help_names_commands_that_discord_was_never_told(world: World) -> None:
    world.bot.command_ids = {}

    assert "`/poem` — " in text((await world.alice.slash(world.channel, "help")).response)


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "神经网络为你写一首古诗"), ("zh-TW", "**作詩**\n")])
async def test_help_speaks_the_persons_language(world: World, locale: str, said: str) -> None:
    result = await interact(world, command(world, "help"), locale=locale)

    assert said in text(result.response)


@pytest.mark.parametrize(("latency", "said"), [(0.0421, "Discord and back: 42 ms"), (math.inf, "not measured yet")])
async def test_about_tells_how_far_discord_is_and_since_when_it_runs(
    world: World, monkeypatch: pytest.MonkeyPatch, latency: float, said: str
) -> None:
    monkeypatch.setattr(type(world.bot), "latency", latency)
    shown = text((await world.alice.slash(world.channel, "about")).response)

    assert said in shown
    assert re.search(r"Started: <t:[0-9]{10}:R>", shown)


async def test_about_tells_version_and_weights(world: World) -> None:
    await world.alice.slash(world.channel, "poem")
    result = await world.alice.slash(world.channel, "about")

    assert result.response is not None
    assert result.response.ephemeral
    in_use = world.bot.poet.in_use
    assert in_use is not None
    assert f"tangpoet {VERSION}" in text(result.response)
    assert f"**gru**, weights `{in_use.weights}`, held-out loss {in_use.header.figures['loss']:.2f}" in text(
        result.response
    )
    adder = world.bot.adder.in_use
    assert adder is not None
    assert f"**adder**, weights `{adder.weights}`" in text(result.response)
    assert "Poems learned from: poems of all times, fingerprint `made up`" in text(result.response)
    assert "chinese-poetry" not in text(result.response)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN", "zh-TW"])
async def test_about_tells_what_the_shipped_weights_learned_from(
    world: World, monkeypatch: pytest.MonkeyPatch, locale: str
) -> None:
    shipped = NetworkInUse.of(SHIPPED / "lstm.safetensors", "0123456789abcdef", "poem")
    monkeypatch.setattr(world.bot.poet, "in_use", shipped)
    result = await interact(world, command(world, "about"), locale=locale)

    tang = {"en-US": "poems of the Tang", "zh-CN": "唐诗", "zh-TW": "唐詩"}[locale]
    [line] = [line for line in text(result.response).splitlines() if "chinese-poetry" in line]
    assert "MIT" in line
    assert tang in line
    assert line.endswith(f"`{shipped.header.corpus[:8]}`")


async def test_about_without_a_network(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    # Not on the services: they load their networks at this very moment.
    for service in ("poet", "adder"):
        monkeypatch.setattr(world.bot, service, SimpleNamespace(in_use=None))

    shown = text((await world.alice.slash(world.channel, "about")).response)
    for what in ("Poems", "Sums"):
        assert f"{what}: no network is loaded yet" in shown
