"""`/settings`: a person's own panel."""

from typing import Any

import pytest
from discord.utils import utcnow
from simcord import Env, ResponseMessage

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.store.people import PersonSettings
from bot.words import Language, say
from tests.bot.panels import chosen, menus, message_of, open_panel, refused, use
from tests.bot.support import command, emit, interact, rows, text
from tests.conftest import World

MENUS = ["settings:language", "settings:script", "settings:form", "settings:display", "settings:pinyin"]


async def settings(world: World, **changes: Any) -> ResponseMessage:
    return await open_panel(world, command(world, "settings"), **changes)


async def test_the_panel_is_private_and_shows_what_counts_where_nothing_is_chosen(world: World) -> None:
    panel = await settings(world)

    assert panel.ephemeral
    assert list(menus(panel)) == MENUS
    assert chosen(panel) == [
        "As in your Discord: English",
        "As you type; where that tells nothing: 简体 (simplified)",
        "Not chosen: free: any form",
        "Not chosen: text",
        "Not chosen: no",
    ]
    assert not await rows(world.bot, "SELECT * FROM people")


@pytest.mark.parametrize(
    ("locale", "language", "script"),
    [
        ("zh-CN", "跟随 Discord：简体中文", "跟随输入；看不出时用简体"),
        ("zh-TW", "依照 Discord：繁體中文", "依照輸入；看不出時用繁體"),
        ("fr", "依照 Discord：繁體中文", "依照輸入；看不出時用繁體"),
    ],
)
async def test_it_follows_discord_and_then_the_server(world: World, locale: str, language: str, script: str) -> None:
    await world.bot.servers.choose(
        world.guild.id,
        {"language": "zh-TW", "form": "五律", "display": "picture"},
        utcnow(),
    )
    panel = await settings(world, locale=locale)

    assert chosen(panel)[:2] == [language, script]
    assert "五律" in chosen(panel)[2]
    own = {"zh-CN": "未选择：图片，下附文字"}.get(locale, "未選擇：圖片，下附文字")
    assert chosen(panel)[3] == own


async def test_a_choice_counts_at_once_and_the_panel_is_drawn_again(world: World) -> None:
    panel = await settings(world)

    for custom_id, value in zip(MENUS, ["zh-TW", "hans", "七律", "picture", "yes"], strict=True):
        result = await world.alice.select(panel, [value], custom_id=custom_id)
        assert result.response is not None
        panel = result.response

    assert chosen(panel) == ["繁體中文", "簡體", "七律：八句，每句七字", "圖片，下附文字", "顯示"]
    assert "### 你的設定" in text(panel)
    assert await world.bot.people.of(world.alice.id) == PersonSettings("zh-TW", "hans", "七律", "picture", 1)


async def test_a_choice_is_taken_back(world: World) -> None:
    panel = await settings(world)
    for value in ("no", "-"):
        await world.alice.select(panel, [value], custom_id="settings:pinyin")
        kept = await world.bot.people.of(world.alice.id)
        assert kept.pinyin == {"no": 0, "-": None}[value]


async def test_poems_follow_it(world: World) -> None:
    panel = await settings(world)
    for custom_id, value in zip(MENUS[:3], ["zh-CN", "hant", "五绝"], strict=True):
        await world.alice.select(panel, [value], custom_id=custom_id)

    result = await world.alice.slash(world.channel, "poem", start="风", seed=1)

    assert "五绝 · 温度" in text(result.response)
    [(script, form)] = await rows(world.bot, "SELECT script, form FROM poems")
    assert (script, form) == ("hant", "五绝")


async def test_it_changes_only_the_settings_of_whoever_presses(world: World) -> None:
    mine, bobs = await settings(world), await settings(world, person=world.bob.id)
    assert menus(mine) == menus(bobs)  # nothing on it says whose it is

    await world.alice.select(mine, ["五绝"], custom_id="settings:form")
    await world.bob.select(bobs, ["七律"], custom_id="settings:form")

    people = await rows(world.bot, "SELECT person_id, form FROM people ORDER BY person_id")
    assert people == [(world.alice.id, "五绝"), (world.bob.id, "七律")]


async def test_choices_at_the_same_moment_are_all_kept(world: World) -> None:
    panel = await settings(world)
    message = message_of(world, panel)
    for custom_id, value in (("settings:form", "五绝"), ("settings:script", "hant"), ("settings:pinyin", "yes")):
        emit(world, use(custom_id, value), kind=3, message=message)
    await world.env.settle()

    assert await world.bot.people.of(world.alice.id) == PersonSettings(None, "hant", "五绝", None, 1)


async def test_the_panel_works_after_a_restart(world: World, config: Config) -> None:
    panel = await settings(world)
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    result = await world.alice.select(panel, ["zh-CN"], custom_id="settings:language")

    assert "### 你的设置" in text(result.response)


async def test_it_works_in_direct_messages(env: Env) -> None:
    ann = env.create_user("ann")
    await ann.send_dm("hello")
    panel = await ann.slash("settings")
    assert panel.response is not None

    await ann.select(panel.response, ["五律"], custom_id="settings:form")

    assert isinstance(env.bot, PoetBot)
    assert (await env.bot.people.of(ann.id)).form == "五律"


@pytest.mark.parametrize("custom_id", MENUS)
async def test_what_cannot_be_chosen_is_not_kept(world: World, custom_id: str) -> None:
    panel = await settings(world)
    forged = use(custom_id, "'; DROP TABLE people; --")

    result = await interact(world, forged, kind=3, message=message_of(world, panel))

    assert refused(result) == say(Language.ENGLISH, "error.old_panel")
    assert not await rows(world.bot, "SELECT * FROM people")


async def test_two_people_have_their_own_panels(world: World) -> None:
    await world.bot.people.choose(world.bob.id, {"language": "zh-CN"}, utcnow())
    mine, bobs = await settings(world), await settings(world, person=world.bob.id)

    assert "Your settings" in text(mine)
    assert "你的设置" in text(bobs)


async def test_a_setting_that_does_not_exist_is_a_fault(world: World) -> None:
    with pytest.raises(ValueError, match="colour"):
        await world.bot.people.choose(1, {"colour": "red"}, utcnow())
    with pytest.raises(ValueError, match="colour"):
        await world.bot.servers.choose(1, {"colour": "red"}, utcnow())
