"""`/server words`: the words that a server does not want in poems."""

from datetime import UTC, datetime

import pytest
from simcord import MemberActor

from bot.words import Language, say
from tests.bot.panels import panel_of
from tests.bot.support import text
from tests.conftest import World

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def words(world: World, boss: MemberActor, **fields: str) -> str:
    result = await boss.submit_modal(await boss.slash(world.channel, "server words"), fields)
    assert result.response is not None
    assert result.response.ephemeral
    return result.response.content


async def test_words_are_kept_and_shown_again(world: World, boss: MemberActor) -> None:
    said = await words(world, boss, words0="坏话\n 憂鬱\n\nBAD、坏话")
    assert said == "Kept: 3 words. No poem in this server will contain any of them."
    listed = await world.bot.server_words.of(world.guild.id)
    assert "bad" in listed
    assert len(listed) == 3

    modal = (await boss.slash(world.channel, "server words")).modal
    assert modal is not None
    assert modal["components"][0]["component"]["value"] == "\n".join(listed)
    assert (await words(world, boss, words0="一")).startswith("Kept: one word.")
    assert (await words(world, boss)).startswith("Kept: 0 words.")
    assert await world.bot.server_words.of(world.guild.id) == []


async def test_what_is_no_word_is_named_and_the_rest_kept(world: World, boss: MemberActor) -> None:
    said = await words(world, boss, words0=f"好\n{'长' * 21}\n!!!\n**@everyone**?{'x' * 30}")

    assert said.startswith("Kept: one word.")
    assert f"{'长' * 21} · !!! · " in said
    assert "@everyone" not in said
    assert await world.bot.server_words.of(world.guild.id) == ["好"]


async def test_long_lists_of_wrong_words_stay_within_a_message(world: World, boss: MemberActor) -> None:
    said = await words(world, boss, words0="\n".join("\U0010fffd" * 30 for _ in range(100)))

    assert " …" in said
    assert len(said) <= 2000


async def test_the_list_holds_two_hundred(world: World, boss: MemberActor) -> None:
    every = [chr(0x4E00 + number) * 20 for number in range(203)]
    halves = {"words0": "\n".join(every[:150]), "words1": "\n".join(every[150:])}

    said = await words(world, boss, **halves)

    assert "Kept: " in said
    listed = await world.bot.server_words.of(world.guild.id)
    assert len(listed) <= 200
    modal = (await boss.slash(world.channel, "server words")).modal
    assert modal is not None
    shown = "\n".join(label["component"]["value"] for label in modal["components"])
    assert shown == "\n".join(listed)


async def test_one_word_too_many(world: World, boss: MemberActor) -> None:
    every = "\n".join(f"w{number:03}" for number in range(201))

    assert "One more did not fit: the list holds 200." in await words(world, boss, words0=every)
    assert len(await world.bot.server_words.of(world.guild.id)) == 200


@pytest.mark.parametrize(
    ("language", "said"), [("zh-CN", "已保存 1 个词"), ("zh-TW", "已儲存 1 個詞"), ("en", "Kept: one word")]
)
async def test_all_of_it_speaks_the_persons_language(world: World, boss: MemberActor, language: str, said: str) -> None:
    await world.bot.people.choose(boss.id, {"language": language}, NOW)

    assert said in await words(world, boss, words0="词")
    for name, title in (("daily", "server.daily.title"), ("fame", "server.fame.title")):
        assert say(Language(language), title) in text(await panel_of(world, boss, name))
    daily = await panel_of(world, boss, "daily")
    zone = {"zh-CN": "Asia/Shanghai", "zh-TW": "Asia/Taipei", "en": "UTC"}[language]
    assert zone in text(daily)
    shown = await boss.click(daily, custom_id="server:daily:when")
    assert shown.modal is not None
    assert shown.modal["title"] == say(Language(language), "server.daily.when")


async def test_nothing_is_shown_to_others(world: World, boss: MemberActor) -> None:
    for name in ("settings", "daily", "fame"):
        await panel_of(world, boss, name)
    await words(world, boss, words0="词")

    assert not world.channel.history(viewer=world.alice)
