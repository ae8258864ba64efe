"""Pictures and pinyin as a person sees them: with a poem, and by the button below it."""

import io
from pathlib import Path
from typing import Any

import discord
import pytest
from PIL import Image
from simcord import InteractionResult, ResponseMessage

from bot.app import create_bot
from bot.config import Config
from tests.bot.keeping import press as press_together
from tests.bot.support import command, components, interact, refusal, rows, text, verse
from tests.bot.typefaces import typeface
from tests.conftest import CHARACTERS, World


@pytest.fixture(scope="session")
def font(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return typeface(tmp_path_factory.mktemp("fonts") / "kai.ttf")


@pytest.fixture
def config(config: Config, font: Path) -> Config:
    return with_font(config, font)


def with_font(config: Config, font: Path) -> Config:
    return config.model_copy(update={"picture": config.picture.model_copy(update={"font": str(font)})})


async def poem(world: World, **options: object) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "poem", **{"form": "五绝", **options})
    assert result.response is not None
    return result.response


async def choose(world: World, **settings: Any) -> None:
    await world.bot.people.choose(world.alice.id, settings, discord.utils.utcnow())


def shown(world: World) -> discord.Message:
    """The only message of the channel as it is now."""
    [message] = world.channel.history()
    return message


def galleries(message: ResponseMessage | None) -> list[str]:
    """The alt texts of the pictures of a message."""
    return [item["description"] for part in components(message) if part["type"] == 12 for item in part["items"]]


async def press(world: World, card: Any) -> InteractionResult:
    return await world.alice.click(card, custom_id="poem:1:picture")


async def picture_of(message: Any) -> tuple[int, int]:
    """The size of the picture that a message has."""
    [attachment] = message.attachments
    assert attachment.filename == "poem.png"
    with Image.open(io.BytesIO(await attachment.read())) as picture:
        assert picture.format == "PNG"
        return picture.size


async def test_the_author_adds_the_picture_to_the_card(world: World) -> None:
    card = await poem(world)
    before = text(card).strip()
    result = await press(world, card)

    assert not result.followups
    message = shown(world)
    assert min(await picture_of(message)) > 500
    [component, container] = message.components
    assert isinstance(component, discord.MediaGalleryComponent)
    assert component.items[0].media.url == message.attachments[0].url
    assert isinstance(container, discord.Container)
    assert "\n".join(part.content for part in container.children if isinstance(part, discord.TextDisplay)) == before
    assert await rows(world.bot, "SELECT command, outcome FROM requests ORDER BY id") == [
        ("poem", "done"),
        ("poem picture", "done"),
    ]


async def test_the_buttons_of_a_card_with_its_picture_work_on(world: World) -> None:
    card = await poem(world)
    await press(world, card)
    await world.bob.click(shown(world), custom_id="poem:1:keep")

    message = shown(world)
    assert await picture_of(message)
    assert isinstance(message.components[0], discord.MediaGalleryComponent)
    result = await world.bob.click(message, custom_id="poem:1:craft")
    assert result.response is not None
    assert "### 五绝" in text(result.response)


async def test_others_get_the_picture_for_themselves(world: World) -> None:
    card = await poem(world)
    result = await world.bob.click(card, custom_id="poem:1:picture")

    assert result.response is not None
    assert result.response.ephemeral
    assert await picture_of(result.response)
    assert [alt.replace("\n", "") for alt in galleries(result.response)] == [
        "，".join(verse(card)[:2]) + "。" + "，".join(verse(card)[2:]) + "。"
    ]
    assert not shown(world).attachments


async def test_where_the_card_has_its_picture_its_author_gets_another_for_themselves(world: World) -> None:
    card = await poem(world)
    await press(world, card)
    result = await press(world, shown(world))

    assert result.response is not None
    assert result.response.ephemeral
    assert await picture_of(result.response)
    assert len(shown(world).attachments) == 1


async def test_two_presses_at_once_leave_one_picture_on_the_card(world: World) -> None:
    card = await poem(world)
    alice, again, bob = await press_together(
        world, card, "poem:1:picture", [world.alice.id, world.alice.id, world.bob.id]
    )

    assert len(shown(world).attachments) == 1
    assert len([part for part in shown(world).components if isinstance(part, discord.MediaGalleryComponent)]) == 1
    assert alice.acknowledged
    assert again.acknowledged
    assert bob.response is not None
    assert bob.response.ephemeral
    assert await picture_of(bob.response)


async def test_who_likes_pictures_gets_picture_and_text_at_once(world: World) -> None:
    await choose(world, display="picture")
    card = await poem(world, start="月")

    assert await picture_of(card)
    assert galleries(card)[0].startswith("月")
    assert len(verse(card)) == 4


async def test_a_server_and_the_owner_can_want_pictures_and_a_person_none(world: World) -> None:
    await world.bot.servers.choose(world.guild.id, {"display": "picture"}, discord.utils.utcnow())
    assert galleries(await poem(world))
    await choose(world, display="text")
    assert not galleries(await poem(world))


async def test_the_owner_can_want_pictures_everywhere(config: Config, world: World) -> None:
    world.bot.config = config.model_copy(update={"poem": config.poem.model_copy(update={"display": "picture"})})

    assert galleries(await poem(world))


async def test_without_a_typeface_the_text_stands_alone_and_the_button_says_why(world: World, tmp_path: Path) -> None:
    await restart(world, with_font(world.bot.config, tmp_path / "none.ttf"))
    await choose(world, display="picture")
    card = await poem(world)
    assert not galleries(card)
    assert len(verse(card)) == 4

    for person in (world.alice, world.bob):
        said = refusal(await person.click(card, custom_id="poem:1:picture"))
        assert "apt install fonts-arphic-ukai" in said
    assert not shown(world).attachments


async def restart(world: World, config: Config) -> None:
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))


async def test_characters_that_the_typeface_lacks_are_named(world: World, tmp_path: Path) -> None:
    await restart(world, with_font(world.bot.config, typeface(tmp_path / "f.ttf", CHARACTERS.replace("月", ""))))
    card = await poem(world, start="月")

    assert "lacks 月" in refusal(await press(world, card))


async def test_without_the_permission_to_attach_files_the_text_stands_alone(world: World) -> None:
    me = world.guild.me
    assert me is not None
    closed = world.guild.create_text_channel("closed", overwrites={me: discord.PermissionOverwrite(attach_files=False)})
    await choose(world, display="picture")
    result = await world.alice.slash(closed, "poem", form="五绝")

    assert result.response is not None
    assert not galleries(result.response)
    assert len(verse(result.response)) == 4
    for person in (world.alice, world.bob):
        assert "Attach Files" in refusal(await person.click(result.response, custom_id="poem:1:picture"))


@pytest.mark.parametrize(("locale", "said"), [("zh-CN", "我在这里不能发送文件"), ("zh-TW", "我在這裡不能傳送檔案")])
async def test_what_is_amiss_is_said_in_the_persons_language(world: World, locale: str, said: str) -> None:
    card = await poem(world)
    [result] = await press_together(world, card, "poem:1:picture", [world.alice.id], locale=locale, app_permissions="0")

    assert refusal(result).startswith(said)


async def test_in_a_direct_message_files_need_no_permission(world: World) -> None:
    alice = world.env.create_user("carol")
    result = await alice.slash("poem", form="五绝")
    await alice.click(result.response, custom_id="poem:1:picture")

    [message] = alice.dm_channel.history()
    assert await picture_of(message)


async def test_the_card_keeps_the_language_of_whom_it_was_made_for(world: World) -> None:
    result = await interact(world, command(world, "poem", form="五绝"), locale="zh-TW")
    assert result.response is not None
    await press(world, result.response)

    labels = [part.get("label") for part in components(result.response) if part["type"] == 2]
    assert "圖" in labels
    [_, container] = shown(world).components
    assert isinstance(container, discord.Container)
    row = next(part for part in container.children if isinstance(part, discord.ActionRow))
    assert [getattr(button, "label", None) for button in row.children] == labels


async def test_the_button_works_after_a_restart(world: World) -> None:
    card = await poem(world)
    await restart(world, world.bot.config)
    await press(world, card)

    assert await picture_of(shown(world))


async def test_a_forgotten_poem_has_no_picture(world: World) -> None:
    card = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert "no longer have" in refusal(await press(world, card))


async def test_where_the_card_is_gone_or_cannot_be_edited_its_author_gets_the_picture_alone(world: World) -> None:
    for status, code in ((404, 10008), (429, 30046), (403, 50001)):
        card = await poem(world)
        world.env.inject_error("PATCH", "/webhooks/*", status=status, code=code)
        custom_id = next(part["custom_id"] for part in components(card) if ":picture" in part.get("custom_id", ""))
        result = await world.alice.click(card, custom_id=custom_id)

        assert not card.attachments
        [alone] = result.followups
        assert alone.ephemeral
        assert await picture_of(alone)


async def test_a_press_that_can_no_longer_be_answered_ends_quietly(world: World) -> None:
    card = await poem(world)
    world.env.inject_error("PATCH", "/webhooks/*", status=404, code=10015)
    result = await press(world, card)

    assert not result.followups
    [(outcome,)] = await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'poem picture'")
    assert outcome == "expired"


async def test_a_poem_that_is_too_long_is_said_so(world: World) -> None:
    card = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("UPDATE poems SET text = ?", ("月山风花春，江水云天日。\n" * 17,))

    assert "too long for a picture" in refusal(await press(world, card))


async def test_pinyin_stands_below_each_line(world: World) -> None:
    await choose(world, pinyin=1)
    card = await poem(world, start="春江")

    said = text(card)
    lines = said.strip().split("\n")
    assert lines[0].startswith("春江")
    assert lines[0].endswith("，")
    assert lines[1].startswith("-# chūn jiāng ")
    assert [line.startswith("-# ") for line in lines[:8]] == [False, True] * 4
    assert [len(line.split()) for line in lines[1:8:2]] == [6] * 4


async def test_pinyin_and_picture_go_together_and_the_picture_has_the_verse_alone(world: World) -> None:
    await choose(world, pinyin=1, display="picture")
    card = await poem(world)

    assert "-# " in text(card)
    assert galleries(card)[0].isascii() is False
    assert "ā" not in galleries(card)[0]
    assert await picture_of(card)


async def test_the_heads_of_an_acrostic_stay_bold_above_pinyin(world: World) -> None:
    await choose(world, pinyin=1)
    result = await world.alice.slash(world.channel, "acrostic", heads="月山风花", length=5)

    lines = text(result.response).strip().split("\n")
    assert [line[:5] for line in lines[:8:2]] == ["**月**", "**山**", "**风**", "**花**"]
    assert lines[1].startswith("-# yuè ")
