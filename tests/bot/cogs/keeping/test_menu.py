"""The menu of a message: Keep this poem."""

from simcord.backend.serializers import message_payload
from simcord.enums import AppCommandType

from tests.bot.cogs.keeping.conftest import keepers, poem
from tests.bot.support import interact, private
from tests.conftest import World

KEEP = "Keep this poem"


async def test_the_menu_keeps_a_poem_once(world: World, considered: list[int]) -> None:
    card = await poem(world)

    for _ in range(2):
        said = private(await world.bob.context_menu(world.channel, KEEP, card))
        assert said.startswith("You keep this poem now")
        assert "⭐ 1" in said
    assert await keepers(world) == [(world.bob.id, 1)]
    assert considered == [1, 1]


async def test_the_menu_answers_in_the_language_of_the_person(world: World) -> None:
    card = await poem(world)
    registered = world.env.backend.find_command(KEEP, None, AppCommandType.MESSAGE)
    assert registered is not None
    assert registered["name_localizations"] == {"zh-CN": "收藏这首诗", "zh-TW": "收藏這首詩"}

    data = {
        "id": registered["id"],
        "name": KEEP,
        "type": 3,
        "target_id": str(card.id),
        "resolved": {"messages": {str(card.id): dict(message_payload(world.env.backend, card._message))}},
    }
    result = await interact(world, data, person=world.bob.id, locale="zh-TW")

    assert private(result).startswith("已收藏這首詩")


async def test_the_menu_refuses_what_is_no_poem_of_ours(world: World) -> None:
    said = await world.bob.send(world.channel, "poem:1:keep 白日依山尽")
    help_card = (await world.alice.slash(world.channel, "rhyme", character="月")).response
    assert help_card is not None
    await poem(world)

    assert "no poem of mine" in private(await world.bob.context_menu(world.channel, KEEP, said))
    assert "no poem of mine" in private(await world.bob.context_menu(world.channel, KEEP, help_card))
    assert await keepers(world) == []
    assert world.env.errors


async def test_the_menu_refuses_another_bots_copy_of_a_card(world: World) -> None:
    card = await poem(world)
    other = world.env.create_user("other", bot=True)
    world.env.backend.messages[card.channel_id][card.id].author_id = other.id

    assert "no poem of mine" in private(await world.bob.context_menu(world.channel, KEEP, card))
    assert await keepers(world) == []
    assert world.env.errors


async def test_the_menu_of_a_forgotten_poem_says_so(world: World) -> None:
    card = await poem(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert "no longer have" in private(await world.bob.context_menu(world.channel, KEEP, card))
    assert world.env.errors
