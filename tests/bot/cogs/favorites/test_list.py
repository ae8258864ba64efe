"""`/favorites list`: pages, order and search, as people use them."""

from dataclasses import replace
from typing import Any

import pytest
from simcord import Env, ResponseMessage
from simcord.components import validate_components

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.store.favorites import Favorite, Order
from bot.store.paging import LAST_KEY, Page
from bot.store.poems import KeptPoem
from bot.ui.favorites import LONGEST_SEARCH, Listing, favorites_page
from bot.words import Language
from tests.bot.cogs.favorites.listing import AUTUMN, SPRING, listed, numbers
from tests.bot.keeping import NOW, POEM, kept
from tests.bot.support import buttons, components, interact, private, rows, text
from tests.conftest import World

COMPONENTS_V2 = 1 << 15


def arrow(message: ResponseMessage | None, label: str) -> str:
    [found] = [part["custom_id"] for part in buttons(message).values() if part.get("label") == label]
    return str(found)


def subcommand(world: World, name: str, **options: Any) -> dict[str, Any]:
    registered = world.env.backend.find_command("favorites", None)
    assert registered is not None
    given = [{"name": key, "type": 3, "value": value} for key, value in options.items()]
    return {
        "id": registered["id"],
        "name": "favorites",
        "type": 1,
        "options": [{"name": name, "type": 1, "options": given}],
    }


@pytest.mark.parametrize("name", ["list", "random", "export"])
@pytest.mark.parametrize(
    ("locale", "said"),
    [
        ("en-US", "Press ⭐ below a poem, or choose *Apps* → **Keep this poem**"),
        ("zh-CN", "按诗下面的 ⭐"),
        ("zh-TW", "**收藏這首詩**"),
    ],
)
async def test_who_keeps_nothing_hears_how_to_keep_a_poem(world: World, name: str, locale: str, said: str) -> None:
    assert said in private(await interact(world, subcommand(world, name), locale=locale))
    assert not world.channel.history(viewer=world.bob)
    assert world.env.errors


async def test_a_list_shows_ones_own_the_newest_first(world: World) -> None:
    first, second = await kept(world.bot, world.alice.id, SPRING, AUTUMN)
    await kept(world.bot, world.bob.id, "白日依山尽。")
    await world.bot.favorites.keep(world.bob.id, first, NOW)

    page = await listed(world)

    said = text(page)
    assert "### ⭐ Your favourites · 2" in said
    assert numbers(page) == [second, first]
    assert said.index(f"**#{second}** 《登高》 · ⭐ 1\n{AUTUMN}") < said.index(
        f"**#{first}** 《登高》 · ⭐ 2\n{SPRING}"
    )
    assert "kept <t:1767323045:R>" in said
    assert "白日" not in said
    assert not any(part.get("label") in {"◀", "▶"} for part in buttons(page).values())


async def test_pages_are_turned_on_and_back_again(world: World) -> None:
    poems = await kept(world.bot, world.alice.id, *(f"春{number}。" for number in range(12)))
    page = await listed(world)
    assert numbers(page) == poems[:6:-1]
    assert buttons(page)["page:◀"]["disabled"]

    await world.alice.click(page, label="▶")
    assert numbers(page) == poems[6:1:-1]
    await world.alice.click(page, label="▶")
    assert numbers(page) == poems[1::-1]
    assert buttons(page)["page:▶"]["disabled"]
    await world.alice.click(page, label="◀")
    assert numbers(page) == poems[6:1:-1]
    await world.alice.click(page, label="◀")
    assert numbers(page) == poems[:6:-1]
    assert buttons(page)["page:◀"]["disabled"]


async def test_a_list_works_after_a_restart(world: World, config: Config) -> None:
    poems = await kept(world.bot, world.alice.id, *(f"春{number}。" for number in range(7)))
    page = await listed(world, search="春")
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    await world.alice.click(page, label="▶")

    assert numbers(page) == poems[1::-1]
    assert "Search: 春" in text(page)


async def test_a_page_beyond_the_end_is_said_so(world: World) -> None:
    poems = await kept(world.bot, world.alice.id, *(f"春{number}。" for number in range(6)))
    page = await listed(world)
    await world.bot.favorites.let_go(world.alice.id, poems[0])

    assert "nothing on that page any more" in private(await world.alice.click(page, label="▶"))
    assert numbers(page) == poems[:0:-1]


async def test_the_most_loved_come_first_where_that_is_chosen(world: World) -> None:
    poems = await kept(world.bot, world.alice.id, *(f"春{number}。" for number in range(7)))
    for poem_id in poems[1:3]:
        await world.bot.favorites.keep(world.bob.id, poem_id, NOW)
    page = await listed(world)

    await world.alice.select(page, ["loved"], custom_id="favorites:sort:")
    assert numbers(page) == [poems[2], poems[1], *poems[:3:-1]]
    menu = next(part for part in components(page) if part.get("custom_id") == "favorites:sort:")
    assert [option.get("default") for option in menu["options"]] == [False, True]
    await world.alice.click(page, custom_id=arrow(page, "▶"))
    assert numbers(page) == [poems[3], poems[0]]
    await world.alice.select(page, ["newest"], custom_id="favorites:sort:")
    assert numbers(page) == poems[:1:-1]


async def test_a_search_holds_for_pages_and_order(world: World) -> None:
    poems = await kept(world.bot, world.alice.id, *(["春風起。"] * 6), AUTUMN)
    page = await listed(world, search=" 春风 ")
    assert numbers(page) == poems[5:0:-1]

    await world.alice.click(page, label="▶")
    assert numbers(page) == [poems[0]]
    await world.alice.select(page, ["loved"], custom_id="favorites:sort:春风")
    assert numbers(page) == poems[5:0:-1]
    assert "Search: 春风" in text(page)


@pytest.mark.parametrize("search", ["moon", "%", "_", "'; --", "@everyone", "<@1>", "龘", "*" * LONGEST_SEARCH])
async def test_a_search_that_finds_nothing_is_said_and_is_only_text(world: World, search: str) -> None:
    await kept(world.bot, world.alice.id)

    said = private(await world.alice.slash(world.channel, "favorites list", search=search))

    assert "None of the poems you keep has" in said
    assert "@everyone" not in said
    assert "<@1>" not in said
    assert world.env.errors


async def test_a_search_without_anything_to_see_is_none(world: World) -> None:
    poems = await kept(world.bot, world.alice.id)

    assert numbers(await listed(world, search=" \u200b ")) == poems


async def test_one_of_a_page_is_opened_privately_and_in_full(world: World) -> None:
    poem_id, _ = await kept(world.bot, world.alice.id, "\n".join([SPRING] * 4), AUTUMN)
    page = await listed(world)
    assert text(page).count(SPRING) == 2
    assert "…" in text(page)

    result = await world.alice.select(page, [str(poem_id)], custom_id="favorites:open")

    assert private(result).count(SPRING) == 4
    assert {f"poem:{poem_id}:keep", f"poem:{poem_id}:craft"} <= buttons(result.response).keys()
    assert buttons(result.response)[f"poem:{poem_id}:keep"]["label"] == "1"
    await world.bot.favorites.let_go(world.alice.id, poem_id)
    gone = await world.alice.select(page, [str(poem_id)], custom_id="favorites:open")
    assert f"You keep no poem under {poem_id}" in private(gone)


# Anywhere, and whatever there is.


async def test_it_works_in_direct_messages(env: Env) -> None:
    ann = env.create_user("ann")
    await ann.send_dm("hello")
    assert isinstance(env.bot, PoetBot)
    [poem_id] = await kept(env.bot, ann.id)

    assert numbers((await ann.slash("favorites list")).response) == [poem_id]
    assert "白日依山尽" in text((await ann.slash("favorites random")).response)


async def test_it_works_where_a_person_installed_it(world: World) -> None:
    [poem_id] = await kept(world.bot, world.alice.id)
    installed: dict[str, Any] = {"authorizing_integration_owners": {"1": str(world.alice.id)}, "context": 2}

    shown = await interact(world, subcommand(world, "show", poem=str(poem_id)), **installed)

    assert "白日依山尽" in text(shown.response)
    assert await rows(world.bot, "SELECT command, outcome FROM requests") == [("favorites show", "done")]


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("search", ["", "𪚥" * LONGEST_SEARCH, "*" * LONGEST_SEARCH])
async def test_the_longest_page_fits(language: Language, search: str) -> None:
    poem = replace(POEM, text="\n".join(["*_" * 100] * 9), theme="𪚥_" * 100)
    favorites = [Favorite(NOW, KeptPoem(10**18 - number, 1, 10**18, NOW, poem)) for number in range(1, 6)]
    for order in Order:
        page = favorites_page(Page(favorites, before=True, behind=True), Listing(order, search), LAST_KEY, language)
        payload: list[Any] = page.to_components()  # type: ignore[no-untyped-call]
        validate_components(payload, flags=COMPONENTS_V2)
        assert page.content_length() <= 4000
        ids = [item.custom_id for item in page.walk_children() if hasattr(item, "custom_id")]
        assert all(len(custom_id.encode("utf-16-le")) <= 200 for custom_id in ids)
        assert len(set(ids)) == len(ids) == 4
        assert page.is_finished()
