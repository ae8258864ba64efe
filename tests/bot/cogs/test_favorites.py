"""`/favorites`, as people use it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from simcord import Env, InteractionResult, ResponseMessage
from simcord.components import validate_components

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.services import favorite_files
from bot.services.favorite_files import escaped, files_of
from bot.store.favorites import Favorite, Order
from bot.store.paging import LAST_KEY, Page
from bot.store.poems import KeptPoem
from bot.store.words import ServerWordRepository
from bot.ui.favorites import LONGEST_SEARCH, Listing, favorites_page
from bot.words import Language
from tests.bot.keeping import NOW, POEM, kept, written
from tests.bot.support import buttons, components, interact, rows, text
from tests.conftest import World

COMPONENTS_V2 = 1 << 15
SPRING, AUTUMN = "春眠不觉晓，处处闻啼鸟。", "秋风清，秋月明。"


def private(result: InteractionResult) -> str:
    assert result.response is not None
    assert result.response.ephemeral
    return text(result.response)


def numbers(message: ResponseMessage | None) -> list[int]:
    """The poems on a page."""
    menu = next(part for part in components(message) if part.get("custom_id") == "favorites:open")
    return [int(option["value"]) for option in menu["options"]]


def arrow(message: ResponseMessage | None, label: str) -> str:
    [found] = [part["custom_id"] for part in buttons(message).values() if part.get("label") == label]
    return str(found)


async def listed(world: World, **options: Any) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "favorites list", **options)
    private(result)
    assert result.response is not None
    return result.response


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


# One of them.


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


# Files.


async def exported(world: World) -> list[dict[str, bytes]]:
    """The files of each message."""
    result = await world.alice.slash(world.channel, "favorites export")
    messages = [message for message in (result.response, *result.followups) if message is not None]
    assert all(message.ephemeral for message in messages)
    assert not world.channel.history(viewer=world.bob)
    with world.env._bot_scope():
        return [{file.filename: await file.read() for file in message.attachments} for message in messages]


async def test_an_export_has_all_in_both_formats(world: World) -> None:
    await written(world.bot, world.alice.id)
    first, second = await kept(world.bot, world.alice.id, SPRING, "# 月\n*_`<b>[x](y)&amp;|~1. \\")

    [files] = await exported(world)

    assert list(files) == ["favorites-1-2.md", "favorites-1-2.json"]
    entries = json.loads(files["favorites-1-2.json"])
    assert [entry["number"] for entry in entries] == [second, first]
    assert entries[1] == {
        "number": first,
        "text": SPRING,
        "traditional": None,
        "form": "五绝",
        "theme": "登高",
        "start": "白日",
        "seed": 7,
        "script": "hans",
        "weights": "0123456789abcdef",
        "version": "0.1",
        "made_at": NOW.isoformat(),
        "kept_at": NOW.replace(microsecond=0).isoformat(),
        "loved": 1,
    }
    markdown = files["favorites-1-2.md"].decode()
    assert markdown.startswith(f"# Your favourites\n\n## \\#{second} 《登高》\n\n")
    assert "\\# 月\\\n\\*\\_\\`\\<b\\>\\[x\\]\\(y\\)\\&amp\\;\\|\\~1\\. \\\\\n" in markdown
    assert markdown.endswith(f"\n## \\#{first} 《登高》\n\n{SPRING}\n\n2026\\-01\\-02 · 五绝 · 7 · 0123456789abcdef\n")


async def test_many_favorites_come_in_as_many_files_as_it_takes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(favorite_files, "LARGEST", 1_000)
    poems = await kept(world.bot, world.alice.id, *(SPRING,) * 7)

    parts = await exported(world)

    assert [next(iter(part)) for part in parts] == [
        "favorites-1-3.md",
        "favorites-4-6.md",
        "favorites-7-7.md",
    ]
    assert all(len(content) <= 1_000 for part in parts for content in part.values())
    found = [entry["number"] for part in parts for entry in json.loads([*part.values()][1])]
    assert found == poems[::-1]


async def test_a_poem_that_is_larger_than_a_file_has_one_of_its_own(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(favorite_files, "LARGEST", 10)
    await kept(world.bot, world.alice.id, SPRING, AUTUMN)

    assert len(await exported(world)) == 2


async def test_nothing_makes_no_file(world: World) -> None:
    assert [part async for part in files_of(world.bot.favorites.every(world.alice.id), "")] == []


@given(st.text(st.characters(codec="utf-8") | st.sampled_from("#*_`[]()<>&\\!-.1 ")))
def test_escaped_text_has_a_backslash_before_every_sign(given_text: str) -> None:
    said = escaped(given_text)

    unescaped, position = "", 0
    while position < len(said):
        char = said[position]
        if char == "\\":
            position += 1
            char = said[position]
            assert char.isascii()
            assert not char.isalnum()
        else:
            assert char not in "#*_`[]()<>&\\!-."
        unescaped += char
        position += 1
    assert unescaped == given_text


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
