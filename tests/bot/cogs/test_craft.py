"""`/check`, its form and menu, the craft button and `/rhyme`, as a person sees them."""

import json

import pytest
from simcord import InteractionResult, ResponseMessage

from bot.app import create_bot
from bot.config import Config
from tests.bot.support import command, interact, refusal, rows, text
from tests.bot.verses import HERON_TOWER, QINGMING, SPRING_MORNING
from tests.conftest import World

CHECK = "Check this poem"
BROKEN = HERON_TOWER.replace("流", "月")


def private(result: InteractionResult) -> str:
    """What only the person reads, as a card."""
    assert result.response is not None
    assert result.response.ephemeral
    assert not result.response.content
    return text(result.response)


async def poem(world: World, **options: object) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "poem", **options)
    assert result.response is not None
    return result.response


async def test_a_poem_is_checked_for_the_asker_alone(world: World) -> None:
    said = private(await world.alice.slash(world.channel, "check", text=HERON_TOWER))

    assert "五绝 · 仄起首句不入韵 (opens oblique, first line unrhymed)" in said
    assert "✅ Form, tones and rhyme are kept" in said
    assert "Rhyme: 下平声十一尤" in said
    assert "**黄河入海流**\N{IDEOGRAPHIC SPACE}*huáng hé rù hǎi liú*\n○○ ●● ○\N{IDEOGRAPHIC SPACE}（○○ ⊙● ○）" in said
    assert not world.channel.history(viewer=world.bob)
    [row] = await rows(world.bot, "SELECT command, outcome FROM requests")
    assert row == ("check", "done")


async def test_what_breaks_is_named_by_line_and_place_with_what_would_mend_it(world: World) -> None:
    said = private(await world.alice.slash(world.channel, "check", text=BROKEN))

    assert "❌ Rules broken: 1" in said
    line = said.index("黄河入海")
    assert line < said.index("○○ ●● 【●】") < said.index("❌ **月**: a line that rhymes ends level, in 下平声十一尤")
    assert said.index("-# → ") < said.index("欲穷千里目")
    assert "the likeliest first" in said


@pytest.mark.parametrize(
    ("text_given", "form", "said"),
    [
        (HERON_TOWER, "七绝", "A 七绝 has 4 lines of 7 characters"),
        (HERON_TOWER, "五律", "A 五律 has 8 lines of 5 characters"),
        ("山月风花春。\n" * 6, None, "### 6 × 5 characters\nThat is none of the four forms"),
        (HERON_TOWER.replace("尽", ""), None, "### 4 lines: 4 · 5 · 5 · 5 characters"),
        (HERON_TOWER.replace("尽", ""), "五绝", "This line has 4 characters; the form wants 5."),
        ("春江花月夜" * 200, None, "### 1 × 1000 characters"),
        (QINGMING, None, "借韵: the first line rhymes in the neighbouring group 上平声十二文"),
        (SPRING_MORNING, None, "❌ Rules broken: "),
    ],
)
async def test_what_is_no_regulated_form_is_said(world: World, text_given: str, form: str | None, said: str) -> None:
    options = {"text": text_given} | ({"form": form} if form else {})

    assert said in private(await world.alice.slash(world.channel, "check", **options))


async def test_a_long_text_is_cut(world: World) -> None:
    said = private(await world.alice.slash(world.channel, "check", text="山月风花春，江水云天日。" * 300))

    assert "### 600 × 5 characters" in said
    assert "584 more lines are not shown." in said


@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("zh-CN", ["五绝 · 仄起首句不入韵", "❌ 不合格律之处：1", "韵：下平声十一尤", "“月”：押韵的句子应以平声收尾"]),
        (
            "zh-TW",
            ["五絕 · 仄起首句不入韻", "❌ 不合格律之處：1", "韻：下平聲十一尤", "「月」：押韻的句子應以平聲收尾"],
        ),
        ("fr", ["五绝 · 仄起首句不入韵", "Rules broken: 1", "Rhyme: 下平声十一尤"]),
    ],
)
async def test_words_and_terms_follow_the_person(world: World, locale: str, said: list[str]) -> None:
    shown = private(await interact(world, command(world, "check", text=BROKEN), locale=locale))

    assert all(part in shown for part in said), shown
    assert "黄河入海" in shown  # the poem stays as it was typed


async def test_a_text_without_a_poem_is_said_so(world: World) -> None:
    for given in ("hello", "好的", "🌙🌙🌙", "\u200b\u202e", "@everyone <@1>", "   ", "\ud800\udfff", "moon" * 1500):
        assert "no Chinese poem in this" in refusal(await world.alice.slash(world.channel, "check", text=given))
    assert world.env.errors


async def test_hostile_text_is_only_text(world: World) -> None:
    hostile = (
        "白日\u200b依山尽，@everyone <@1> \u202e黄河**入**海流。\n||欲穷千里目||，更上一层楼`。\ud800\ufe0f"
        + "\u0301" * 3000
    )
    said = private(await world.alice.slash(world.channel, "check", text=hostile))

    assert "五绝" in said
    assert "everyone" not in said


async def test_without_a_text_a_form_opens(world: World) -> None:
    opened = await world.alice.slash(world.channel, "check")
    assert opened.modal is not None
    assert opened.modal["title"] == "Check a poem"
    said = private(await world.alice.submit_modal(opened, {"text": HERON_TOWER}))

    assert "Rhyme: 下平声十一尤" in said
    assert await rows(world.bot, "SELECT command, outcome FROM requests ORDER BY id") == [
        ("check", "done"),
        ("check form", "done"),
    ]


async def test_the_form_that_was_asked_for_outlives_the_form_to_fill_in(world: World) -> None:
    opened = await world.alice.slash(world.channel, "check", form="七律")

    assert "A 七律 has 8 lines" in private(await world.alice.submit_modal(opened, {"text": HERON_TOWER}))


async def test_a_form_without_a_poem_is_answered(world: World) -> None:
    opened = await interact(world, command(world, "check"), locale="zh-TW")
    assert opened.modal is not None
    assert opened.modal["title"] == "檢查一首詩"
    result = await world.alice.submit_modal(opened, {"text": "x" * 2000})

    assert "no Chinese poem" in refusal(result)
    assert world.env.errors
    [(outcome,)] = await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'check form'")
    assert outcome == "error.check.no_verse"


async def test_a_message_is_checked_from_its_menu(world: World) -> None:
    message = await world.bob.send(world.channel, f"my poem:\n{HERON_TOWER}\nlol")
    result = await world.alice.context_menu(world.channel, CHECK, message)

    assert "五绝" in private(result)
    assert await rows(world.bot, "SELECT command, outcome FROM requests") == [(CHECK, "done")]


async def test_our_own_cards_can_be_checked(world: World) -> None:
    card = await poem(world, start="月", form="五绝")
    said = private(await world.bob.context_menu(world.channel, CHECK, card))

    lines = text(card).strip().split("\n-# ")[0].replace("\n", "").replace("，", "。").strip("。").split("。")
    assert [f"**{line}**" in said for line in lines] == [True] * 4


async def test_an_acrostic_can_be_checked_though_its_heads_are_bold(world: World) -> None:
    result = await world.alice.slash(world.channel, "acrostic", heads="月山风花", length=5)
    assert result.response is not None

    assert "### 五绝" in private(await world.alice.context_menu(world.channel, CHECK, result.response))


async def test_a_message_without_a_poem_is_said_so(world: World) -> None:
    message = await world.bob.send(world.channel, "good morning")

    assert "no Chinese poem" in refusal(await world.alice.context_menu(world.channel, CHECK, message))
    assert world.env.errors


async def test_a_poem_shows_its_craft(world: World) -> None:
    card = await poem(world, start="月山", form="五绝")
    said = private(await world.bob.click(card, custom_id="poem:1:craft"))

    assert "### 五绝 · " in said
    assert "**〔月山〕" in said
    assert "〔 〕 given, not written" in said


async def test_the_craft_of_a_free_poem_is_what_can_be_said(world: World) -> None:
    card = await poem(world)
    said = private(await world.alice.click(card, label="Craft"))

    assert "level 平" in said


async def test_the_craft_works_after_a_restart(world: World, config: Config) -> None:
    card = await poem(world, form="七绝")
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    assert "七绝" in private(await world.alice.click(card, label="Craft"))


async def test_the_craft_of_a_forgotten_poem_is_said_to_be_gone(world: World) -> None:
    card = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert "no longer have" in refusal(await world.alice.click(card, label="Craft"))


async def test_rhymes_are_shown_to_all(world: World) -> None:
    result = await world.alice.slash(world.channel, "rhyme", character="流")
    said = text(result.response)

    assert result.response is not None
    assert not result.response.ephemeral
    assert "## 流" in said
    assert "**下平声十一尤** · ○ level (平) · *liú*" in said
    assert "Most rhymed with by Tang poets:\n秋 流 愁" in said


@pytest.mark.parametrize(
    ("locale", "character", "said"),
    [
        ("zh-TW", "流", ["**下平聲十一尤** · ○ 平聲", "唐人最常用的韻字：\n秋 流 愁 頭 樓"]),
        ("zh-CN", "樓", ["## 樓", "**下平声十一尤** · ○ 平声", "秋 流 愁 头 楼"]),
        ("en-US", "樓", ["## 樓", "下平聲十一尤", "秋 流 愁 頭 樓"]),
        ("en-US", "月", ["入声六月", "● entering, oblique (入, 仄)", "there are no rhyme words"]),
        ("en-US", "看", ["上平声十四寒", "○ level (平) · *kān*", "去声十五翰", "*kàn*"]),
        ("zh-CN", "发", ["“发”可以是 發 髮。", "發 髮 · **入声六月**"]),
        ("en-US", "中", ["上平声一东"]),
    ],
)
async def test_readings_and_scripts(world: World, locale: str, character: str, said: list[str]) -> None:
    shown = text((await interact(world, command(world, "rhyme", character=character), locale=locale)).response)

    assert all(part in shown for part in said), shown


async def test_a_rhyme_is_of_one_character(world: World) -> None:
    for character in ("", "月山", "a", "🌙", "@everyone", "\ud800", "月\u202e", "月" * 6000):
        said = refusal(await interact(world, command(world, "rhyme", character=character)))
        assert said == "Give me one Chinese character, such as 月."
    assert world.env.errors


async def test_a_character_without_rhymes_is_said_so(world: World) -> None:
    assert "the rhyme of 龘" in refusal(await world.alice.slash(world.channel, "rhyme", character="龘"))
    assert world.env.errors


async def test_what_was_asked_is_noted(world: World) -> None:
    await world.alice.slash(world.channel, "rhyme", character="月")

    [(options,)] = await rows(world.bot, "SELECT options FROM requests")
    assert json.loads(options) == {"character": "月"}
