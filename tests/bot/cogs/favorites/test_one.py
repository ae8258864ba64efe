"""`/favorites show`, `random` and `remove`, as people use them."""

import pytest

from bot.app import create_bot
from bot.config import Config
from bot.store.words import ServerWordRepository
from tests.bot.cogs.favorites.listing import AUTUMN, SPRING, listed, numbers
from tests.bot.keeping import kept
from tests.bot.support import buttons, private, text
from tests.conftest import World


async def test_a_poem_is_shown_for_all_by_its_number(world: World) -> None:
    poem_id, _ = await kept(world.bot, world.alice.id, SPRING, AUTUMN)
    for number in (str(poem_id), f"#{poem_id}", f" # {poem_id} "):
        result = await world.alice.slash(world.channel, "favorites show", poem=number)
        assert result.response is not None
        assert not result.response.ephemeral
        assert SPRING in text(result.response)

    await world.bob.click(result.response, custom_id=f"poem:{poem_id}:keep")  # type: ignore[arg-type]
    assert buttons(result.response)[f"poem:{poem_id}:keep"]["label"] == "2"


@pytest.mark.parametrize("name", ["show", "remove"])
@pytest.mark.parametrize("given", ["2", "999999999999999999", "9" * 30, "0", "-1", "月", "@everyone", "１", "1.0"])
async def test_only_ones_own_are_found_by_number(world: World, name: str, given: str) -> None:
    await kept(world.bot, world.alice.id)
    await kept(world.bot, world.bob.id, SPRING)

    said = private(await world.alice.slash(world.channel, f"favorites {name}", poem=given))

    assert "You keep no poem under" in said
    assert "@everyone" not in said
    assert await world.bot.favorites.count(world.alice.id) == 1
    assert world.env.errors


async def test_ones_own_are_offered_while_one_types(world: World) -> None:
    spring, autumn = await kept(world.bot, world.alice.id, SPRING, AUTUMN)
    await kept(world.bot, world.bob.id, SPRING)

    async def offered(typed: str) -> list[tuple[str, str]]:
        choices = await world.alice.autocomplete(world.channel, "favorites show", "poem", typed)
        return [(choice["name"], choice["value"]) for choice in choices]

    first, second = (f"#{spring} {SPRING}", str(spring)), (f"#{autumn} {AUTUMN}", str(autumn))
    assert await offered("") == [second, first]
    assert await offered("處處") == [first]
    assert await offered(f"#{autumn}") == [second]
    assert await offered("999") == await offered("moon") == await offered("x" * 200) == []


async def test_a_number_is_offered_once_though_its_text_has_it_too(world: World) -> None:
    [poem_id] = await kept(world.bot, world.alice.id, "1月。")
    choices = await world.alice.autocomplete(world.channel, "favorites show", "poem", str(poem_id))

    assert [choice["value"] for choice in choices] == [str(poem_id)]


async def test_random_shows_one_of_ones_own(world: World) -> None:
    await kept(world.bot, world.bob.id, SPRING)
    await kept(world.bot, world.alice.id, AUTUMN)

    result = await world.alice.slash(world.channel, "favorites random")

    assert result.response is not None
    assert not result.response.ephemeral
    assert AUTUMN in text(result.response)


async def test_a_poem_with_words_that_a_server_does_not_want_is_shown_privately(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unwanted(_words: ServerWordRepository, _guild: int) -> list[str]:
        return ["秋月"]

    monkeypatch.setattr(ServerWordRepository, "of", unwanted)
    await kept(world.bot, world.alice.id, AUTUMN)

    assert AUTUMN in private(await world.alice.slash(world.channel, "favorites random"))


async def test_what_was_removed_can_be_had_back_as_it_was(world: World, config: Config) -> None:
    first, second = await kept(world.bot, world.alice.id, SPRING, AUTUMN)
    result = await world.alice.slash(world.channel, "favorites remove", poem=str(first))
    assert f"You keep #{first} no longer: {SPRING}" in private(result)
    assert numbers(await listed(world)) == [second]
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    assert result.response is not None
    undo = next(iter(buttons(result.response)))
    again = await world.alice.click(result.response, custom_id=undo)

    assert f"You keep #{first} again, as before: {SPRING}" in text(again.response)
    assert not buttons(again.response)
    assert numbers(await listed(world)) == [second, first]


async def test_what_is_gone_cannot_be_had_back(world: World) -> None:
    [poem_id] = await kept(world.bot, world.alice.id)
    result = await world.alice.slash(world.channel, "favorites remove", poem=str(poem_id))
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    assert result.response is not None
    assert "no longer have" in private(await world.alice.click(result.response, label="Undo"))
