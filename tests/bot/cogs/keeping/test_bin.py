"""The bin below a poem: who may remove a card, and what stays."""

from typing import Any

import discord

from tests.bot.cogs.keeping.conftest import keepers, poem
from tests.bot.keeping import press
from tests.bot.support import private, rows
from tests.conftest import World


def shown_in(world: World) -> list[int]:
    """The messages that everybody sees."""
    carl = world.guild.add_member(world.env.create_user("carl"))
    return [message.id for message in world.channel.history(viewer=carl)]


async def test_its_author_removes_a_poem_which_stays_with_those_who_keep_it(world: World) -> None:
    card = await poem(world)
    await world.bob.click(card, custom_id="poem:1:keep")

    await world.alice.click(card, custom_id="poem:1:remove")

    assert shown_in(world) == []
    assert await keepers(world) == [(world.bob.id, 1)]
    assert await rows(world.bot, "SELECT count(*) FROM poems") == [(1,)]


async def test_somebody_else_may_not_remove_it_but_who_keeps_order_may(world: World) -> None:
    card = await poem(world)

    assert "Only whoever asked" in private(await world.bob.click(card, custom_id="poem:1:remove"))
    assert shown_in(world) == [card.id]
    carol = world.guild.add_member(
        world.env.create_user("carol"),
        roles=[world.guild.create_role("order", permissions=discord.Permissions(manage_messages=True))],
    )
    await carol.click(card, custom_id="poem:1:remove")

    assert shown_in(world) == []


async def test_whoever_had_it_shown_may_remove_it_and_so_may_its_author(world: World) -> None:
    await world.bob.click(await poem(world), custom_id="poem:1:keep")
    cards = [(await world.bob.slash(world.channel, "favorites random")).response for _ in range(2)]

    for card, person in zip(cards, (world.bob, world.alice), strict=True):
        assert card is not None
        await person.click(card, custom_id="poem:1:remove")
        assert card.id not in shown_in(world)


async def test_a_forgotten_poems_card_can_be_removed_by_whoever_asked(world: World) -> None:
    card = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert "Only whoever asked" in private(await world.bob.click(card, custom_id="poem:1:remove"))
    await world.alice.click(card, custom_id="poem:1:remove")

    assert shown_in(world) == []


async def test_a_card_that_is_gone_already_is_as_good_as_removed(world: World) -> None:
    card = await poem(world)
    world.env.backend.delete_message(card.channel_id, card.id)

    [result] = await press(world, card, "poem:1:remove", [world.alice.id])

    assert not result.followups
    assert await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'poem remove'") == [("done",)]


async def test_only_the_person_in_front_may_remove_where_nobody_keeps_order(world: World) -> None:
    card = await poem(world)
    elsewhere: dict[str, Any] = {"guild_id": None, "member": None, "context": 2}
    user = {"id": str(world.bob.id), "username": "bob", "discriminator": "0", "avatar": None}

    [result] = await press(world, card, "poem:1:remove", [world.bob.id], user=user, **elsewhere)

    assert "Only whoever asked" in private(result)
    assert shown_in(world) == [card.id]
