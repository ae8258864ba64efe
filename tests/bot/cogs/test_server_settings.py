"""`/server`: what those who may manage a server choose for it."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import discord
import pytest
from simcord import MemberActor
from simcord.backend import serializers

from bot.app import create_bot
from bot.config import Config
from bot.store.servers import ServerSettings
from bot.words import Language, say
from tests.bot.panels import chosen, closed, kept, menus, message_of, panel_of, pick, refused, told, use
from tests.bot.support import emit, interact, rows, text
from tests.conftest import World

COMMANDS = ["settings", "daily", "fame", "words"]
MENUS = ["server:language", "server:script", "server:form", "server:display", "server:learning"]
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def server(world: World, subcommand: str) -> dict[str, Any]:
    registered = world.env.backend.find_command("server", None)
    assert registered is not None
    return {
        "id": registered["id"],
        "name": "server",
        "type": 1,
        "options": [{"type": 1, "name": subcommand, "options": []}],
    }


# Who may, and where.


@pytest.mark.parametrize("name", COMMANDS)
async def test_others_may_not(world: World, name: str) -> None:
    assert refused(await interact(world, server(world, name))) == say(Language.ENGLISH, "error.server.may_not_manage")
    assert world.env.errors


@pytest.mark.parametrize("name", COMMANDS)
async def test_direct_messages_are_no_server(world: World, name: str) -> None:
    alice = dict(serializers.user_payload(world.env.backend.get_user(world.alice.id)))
    result = await interact(world, server(world, name), guild_id=None, member=None, user=alice, context=1)

    assert "this is a direct message" in refused(result)
    assert world.env.errors


@pytest.mark.parametrize("name", COMMANDS)
async def test_a_server_without_the_bot_is_declined(world: World, boss: MemberActor, name: str) -> None:
    elsewhere: dict[str, Any] = {"guild_id": "999", "guild": {"id": "999", "features": [], "locale": "en-US"}}

    result = await interact(world, server(world, name), person=boss.id, **elsewhere)

    assert "I am not a member of this server" in refused(result)
    assert world.env.errors


def test_discord_is_told_who_may_see_it(world: World) -> None:
    registered = world.env.backend.find_command("server", None)
    assert registered is not None

    assert int(registered["default_member_permissions"]) == discord.Permissions(manage_guild=True).value
    assert registered["contexts"] == [0]
    assert registered["integration_types"] == [0]


@pytest.mark.parametrize(
    ("name", "custom_id", "values", "kind"),
    [
        *(("settings", custom_id, ["-"], 3) for custom_id in MENUS),
        *((name, f"server:{name}:{change}", [], 2) for name in ("daily", "fame") for change in ("when", "off")),
        ("daily", "server:daily:channel", ["channel"], 8),
        ("fame", "server:fame:channel", ["channel"], 8),
    ],
)
async def test_what_was_lost_in_between_counts(
    world: World, boss: MemberActor, name: str, custom_id: str, values: Sequence[str], kind: int
) -> None:
    before = ServerSettings(language="zh-CN", daily_channel_id=world.channel.id, fame_channel_id=world.channel.id)
    await world.bot.servers.choose(
        world.guild.id,
        {"language": "zh-CN", "daily_channel_id": world.channel.id, "fame_channel_id": world.channel.id},
        NOW,
    )
    panel = await panel_of(world, boss, name)
    ids = [str(world.channel.id) if value == "channel" else value for value in values]
    press = use(custom_id, *ids, kind=kind)

    result = await interact(world, press, kind=3, message=message_of(world, panel))  # by alice, who may not

    assert say(Language.ENGLISH, "error.server.may_not_manage") in told(result)
    assert await kept(world) == before


@pytest.mark.parametrize(
    ("name", "custom_id", "values"),
    [
        ("daily", "server:daily:when", {"time": "9:00", "zone": "UTC"}),
        ("fame", "server:fame:when", {"stars": "7"}),
        ("words", None, {"words0": "bad"}),
    ],
)
async def test_forms_ask_again_who_sends_them(
    world: World, boss: MemberActor, name: str, custom_id: str | None, values: dict[str, str]
) -> None:
    shown = await boss.slash(world.channel, f"server {name}")
    if custom_id is not None:
        assert shown.response is not None
        shown = await boss.click(shown.response, custom_id=custom_id)
    role = world.env.backend.get_guild(world.guild.id).members[boss.id].role_ids[-1]
    world.env.backend.get_role(world.guild.id, role).permissions = 0

    result = await boss.submit_modal(shown, values)

    assert say(Language.ENGLISH, "error.server.may_not_manage") in told(result)
    assert await kept(world) == ServerSettings()
    assert await world.bot.server_words.of(world.guild.id) == []
    assert world.env.errors


# Settings.


async def test_the_panel_shows_what_counts(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "settings")

    assert list(menus(panel)) == MENUS
    assert chosen(panel) == [
        "Not chosen: English",
        "Not chosen: 简体 (simplified)",
        "Not chosen: free: any form",
        "Not chosen: text",
        "No: nothing of this server is learnt from",
    ]


async def test_a_choice_counts_at_once(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "settings")
    for custom_id, value in zip(MENUS, ["zh-TW", "hant", "七绝", "picture", "yes"], strict=True):
        result = await boss.select(panel, [value], custom_id=custom_id)
        assert result.response is not None
        panel = result.response

    assert await kept(world) == ServerSettings("zh-TW", "hant", "七绝", "picture", learning=1)
    assert chosen(panel)[0] == "繁體中文"
    assert menus(panel)["server:script"]["options"][0]["label"] == "Not chosen: 繁體 (traditional)"
    await boss.select(panel, ["-"], custom_id="server:form")
    await boss.select(panel, ["-"], custom_id="server:learning")
    assert (await kept(world)).form is None
    assert (await kept(world)).learning is None


async def test_without_a_script_the_language_tells(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "settings")
    result = await boss.select(panel, ["zh-TW"], custom_id="server:language")

    assert chosen(result.response)[1] == "Not chosen: 繁體 (traditional)"


async def test_people_in_the_server_get_what_it_chose(world: World) -> None:
    await world.bot.servers.choose(world.guild.id, {"language": "zh-TW", "form": "五绝", "script": "hant"}, NOW)

    result = await interact(world, poem(world), locale="fr")

    assert "五絕 · 溫度" in text(result.response)
    assert await rows(world.bot, "SELECT script FROM poems") == [("hant",)]


def poem(world: World) -> dict[str, Any]:
    registered = world.env.backend.find_command("poem", None)
    assert registered is not None
    return {"id": registered["id"], "name": "poem", "type": 1, "options": []}


async def test_the_panel_works_after_a_restart(world: World, boss: MemberActor, config: Config) -> None:
    panels = {name: await panel_of(world, boss, name) for name in ("settings", "daily", "fame")}
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    await boss.select(panels["settings"], ["五律"], custom_id="server:form")
    await pick(world, boss, panels["daily"], "server:daily:channel", world.channel)
    await pick(world, boss, panels["fame"], "server:fame:channel", world.channel)

    settings = await kept(world)
    assert settings.form == "五律"
    assert settings.daily_channel_id == settings.fame_channel_id == world.channel.id


async def test_two_managers_at_once_lose_nothing(world: World, boss: MemberActor) -> None:
    panel = await panel_of(world, boss, "settings")
    message = message_of(world, panel)
    for custom_id, value in (("server:form", "五绝"), ("server:script", "hant"), ("server:language", "zh-CN")):
        emit(world, use(custom_id, value), kind=3, message=message, person=boss.id)
    await world.env.settle()

    assert await kept(world) == ServerSettings("zh-CN", "hant", "五绝")


async def test_pictures_need_files_where_poems_are_posted(world: World, boss: MemberActor) -> None:
    channel = closed(world, "no-files", "attach_files")
    daily = await panel_of(world, boss, "daily")
    assert "lack" not in text((await pick(world, boss, daily, "server:daily:channel", channel)).response)
    panel = await panel_of(world, boss, "settings")
    assert "lack" not in text(panel)

    result = await boss.select(panel, ["picture"], custom_id="server:display")

    assert f"In <#{channel.id}> I lack: Attach Files." in text(result.response)
