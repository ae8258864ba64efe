"""`/help` and `/about`, as a person sees them."""

from types import SimpleNamespace

import pytest
from simcord.enums import AppCommandType

from bot.app import VERSION
from bot.services.weights import NetworkInUse
from model.shipped import SHIPPED
from tests.bot.support import command, interact, text
from tests.conftest import World


async def test_help_names_every_command_as_a_link(world: World) -> None:
    result = await world.alice.slash(world.channel, "help")

    assert result.response is not None
    assert result.response.ephemeral
    shown = text(result.response)
    registered = world.env.backend.commands[None].values()
    assert len(registered) == len(world.bot.tree.get_commands())
    for entry in registered:
        if entry["type"] == AppCommandType.MESSAGE:
            assert f"**{entry['name']}**" in shown
        else:
            assert f"</{entry['name']}:{entry['id']}> — {entry['description']}" in shown


async def test_help_names_commands_that_discord_was_never_told(world: World) -> None:
    world.bot.command_ids = {}

    assert "`/poem` — " in text((await world.alice.slash(world.channel, "help")).response)


async def test_help_speaks_the_persons_language(world: World) -> None:
    result = await interact(world, command(world, "help"), locale="zh-CN")

    assert "神经网络为你写一首古诗" in text(result.response)


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
