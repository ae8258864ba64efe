"""The star below a poem, as people press it: alone, together, and after a restart."""

from typing import Any

import discord
import pytest
from simcord import Env, ResponseMessage

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.ui.presses import Press, custom_id
from tests.bot.cogs.keeping.conftest import keepers, poem
from tests.bot.keeping import press
from tests.bot.support import buttons, colour, command, components, interact, private, rows
from tests.conftest import World


def star(message: ResponseMessage, poem_id: int = 1) -> str | None:
    """What stands beside the star of a card."""
    label = buttons(message)[custom_id(poem_id, Press.KEEP)].get("label")
    return None if label is None else str(label)


async def test_the_star_keeps_and_lets_go_and_the_card_shows_the_count(world: World, considered: list[int]) -> None:
    card = await poem(world)
    before = [part for part in components(card) if part["type"] != 2]
    assert star(card) is None

    await world.bob.click(card, custom_id="poem:1:keep")
    assert star(card) == "1"
    await world.alice.click(card, custom_id="poem:1:keep")
    assert star(card) == "2"
    assert await keepers(world) == sorted([(world.alice.id, 1), (world.bob.id, 1)])
    await world.bob.click(card, custom_id="poem:1:keep")
    assert star(card) == "1"
    await world.alice.click(card, custom_id="poem:1:keep")

    assert star(card) is None
    assert await keepers(world) == []
    assert [part for part in components(card) if part["type"] != 2] == before
    assert considered == [1] * 4
    assert await rows(world.bot, "SELECT DISTINCT outcome FROM requests WHERE command = 'poem keep'") == [("done",)]


async def test_the_row_of_buttons_has_its_order(world: World) -> None:
    card = await poem(world)

    wanted = [Press.KEEP, Press.ANOTHER, Press.CRAFT, Press.PICTURE, Press.REMOVE]
    assert list(buttons(card)) == [custom_id(1, what) for what in wanted]


async def test_two_people_press_at_the_same_moment(world: World) -> None:
    card = await poem(world)

    await press(world, card, "poem:1:keep", [world.alice.id, world.bob.id])

    assert star(card) == "2"
    assert await keepers(world) == sorted([(world.alice.id, 1), (world.bob.id, 1)])


async def test_the_same_press_delivered_twice_counts_once(world: World) -> None:
    card = await poem(world)

    await press(world, card, "poem:1:keep", [world.alice.id], deliveries=2)

    assert star(card) == "1"
    assert await keepers(world) == [(world.alice.id, 1)]
    assert await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'poem keep'") == [("done",)]


async def test_a_hundred_presses_end_where_they_began(world: World) -> None:
    card = await poem(world)

    for _ in range(10):
        await press(world, card, "poem:1:keep", [world.alice.id] * 10)
    assert star(card) is None
    assert await keepers(world) == []
    await press(world, card, "poem:1:keep", [world.alice.id])

    assert star(card) == "1"
    assert await keepers(world) == [(world.alice.id, 1)]
    assert await rows(world.bot, "SELECT loved FROM poems") == [(1,)]


async def test_the_star_works_after_a_restart(world: World, config: Config) -> None:
    card = await poem(world)
    await world.bob.click(card, custom_id="poem:1:keep")
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    await world.alice.click(card, custom_id="poem:1:keep")

    assert star(card) == "2"
    await world.bob.click(card, custom_id="poem:1:keep")
    assert star(card) == "1"


async def test_the_star_of_a_forgotten_poem_says_so(world: World) -> None:
    card = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert "no longer have" in private(await world.alice.click(card, custom_id="poem:1:keep"))
    assert await keepers(world) == []


@pytest.mark.parametrize(("presses", "said"), [(1, "You keep this poem now"), (2, "You keep this poem no longer.")])
async def test_where_the_card_cannot_be_edited_it_is_said_privately(world: World, presses: int, said: str) -> None:
    card = await poem(world)
    for _ in range(presses - 1):
        await world.bob.click(card, custom_id="poem:1:keep")
    world.env.inject_error("POST", "/interactions/*/callback", status=400, code=30046)
    [result] = await press(world, card, "poem:1:keep", [world.bob.id])

    assert said in private(result)
    assert len(await keepers(world)) == presses % 2


async def test_where_the_card_is_gone_it_is_said_privately(world: World) -> None:
    card = await poem(world)
    world.env.backend.delete_message(card.channel_id, card.id)

    [result] = await press(world, card, "poem:1:keep", [world.bob.id], locale="zh-CN")

    assert private(result).startswith("已收藏这首诗")
    assert "⭐ 1" in private(result)
    assert await keepers(world) == [(world.bob.id, 1)]


async def test_a_press_that_comes_too_late_is_kept_all_the_same(world: World, caplog: pytest.LogCaptureFixture) -> None:
    card = await poem(world)
    world.env.inject_error("POST", "/interactions/*/callback", status=404, code=10062)
    await press(world, card, "poem:1:keep", [world.bob.id])

    assert await keepers(world) == [(world.bob.id, 1)]
    assert "too late to answer" in caplog.text


async def test_an_edit_that_was_overtaken_is_set_right(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await poem(world)
    find = world.bot.poems.find
    others = iter([world.alice.id])

    async def find_later(poem_id: int) -> Any:
        """While the first edit is under way, somebody else presses, whose edit comes first."""
        for person in others:
            await world.bot.favorites.keep(person, poem_id, discord.utils.utcnow())
        return await find(poem_id)

    monkeypatch.setattr(world.bot.poems, "find", find_later)
    await press(world, card, "poem:1:keep", [world.bob.id])

    assert star(card) == "2"


async def test_a_second_edit_that_fails_costs_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await poem(world)
    find = world.bot.poems.find

    async def find_later(poem_id: int) -> Any:
        await world.bot.favorites.keep(world.alice.id, poem_id, discord.utils.utcnow())
        return await find(poem_id)

    monkeypatch.setattr(world.bot.poems, "find", find_later)
    world.env.inject_error("PATCH", "/webhooks/*", status=404, code=10008, times=None)
    [result] = await press(world, card, "poem:1:keep", [world.bob.id])

    assert not result.followups
    assert await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'poem keep'") == [("done",)]


async def test_a_count_that_never_rests_is_left_to_the_others(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    card = await poem(world)
    find = world.bot.poems.find

    async def find_changed(poem_id: int) -> Any:
        await world.bot.favorites.toggle(world.alice.id, poem_id, discord.utils.utcnow())
        return await find(poem_id)

    monkeypatch.setattr(world.bot.poems, "find", find_changed)
    await press(world, card, "poem:1:keep", [world.bob.id])

    assert star(card) == "2"
    assert len([entry for entry in world.env.http_requests if entry.method == "PATCH"]) == 1 + 3


async def test_the_card_keeps_its_language_and_its_picture(world: World) -> None:
    result = await interact(world, command(world, "poem", start="月"), locale="zh-TW")
    assert result.response is not None
    card = result.response
    with world.env._bot_scope():
        message = await card.message.edit(
            view=_with_gallery(card.message), attachments=[discord.File(__file__, "poem.png")]
        )
    gallery = [part for part in components(card) if part["type"] == 12]
    assert gallery

    await world.bob.click(card, custom_id="poem:1:keep")

    assert star(card) == "1"
    assert [part for part in components(card) if part["type"] == 12] == gallery
    assert [kept.id for kept in card.attachments] == [kept.id for kept in message.attachments]
    assert buttons(card)["poem:1:another"]["label"] == "再來一首"
    sent = next(entry.json for entry in reversed(world.env.http_requests) if entry.path.endswith("/callback"))
    assert "attachment://poem.png" in str(sent)
    assert colour(card)


def _with_gallery(message: discord.Message) -> discord.ui.LayoutView:
    layout = discord.ui.LayoutView.from_message(message)
    layout.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("attachment://poem.png", description="月")))
    layout.add_item(discord.ui.MediaGallery(discord.MediaGalleryItem("https://example.org/else.png")))
    layout.stop()
    return layout


async def test_the_star_works_in_direct_messages(env: Env) -> None:
    ann = env.create_user("ann")
    await ann.send_dm("hello")
    card = (await ann.slash("poem", start="月")).response
    assert card is not None

    await ann.click(card, custom_id="poem:1:keep")

    assert star(card) == "1"
    assert isinstance(env.bot, PoetBot)
    assert await rows(env.bot, "SELECT person_id, guild_id FROM favorites") == [(ann.id, None)]
    await ann.click(card, custom_id="poem:1:remove")
    assert not [message for message in env.backend.messages[card.channel_id].values() if message.id == card.id]


async def test_the_star_works_where_a_person_installed_the_bot(world: World) -> None:
    card = await poem(world)

    await press(
        world,
        card,
        "poem:1:keep",
        [world.bob.id],
        authorizing_integration_owners={"1": str(world.bob.id)},
        context=2,
        app_permissions="0",
    )

    assert star(card) == "1"
