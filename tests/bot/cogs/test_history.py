"""`/history`: what one asked for, read again and made again."""

from dataclasses import replace
from typing import Any

import pytest
from simcord import Env, InteractionResult, ResponseMessage
from simcord.backend.serializers import message_payload
from simcord.components import validate_components

from bot.app import PoetBot, create_bot
from bot.config import Config
from bot.services.poet import PoetService
from bot.store.paging import LAST_KEY, Page
from bot.store.poems import KeptPoem
from bot.store.words import ServerWordRepository
from bot.ui.history import history_page
from bot.words import Language
from model.requests import PoemRequest
from tests.bot.keeping import NOW, POEM, written
from tests.bot.support import buttons, command, components, interact, private, rows, text
from tests.conftest import World

COMPONENTS_V2 = 1 << 15


def numbers(message: ResponseMessage | None) -> list[int]:
    """The poems on a page."""
    menu = next(part for part in components(message) if part.get("custom_id") == "history:open")
    return [int(option["value"]) for option in menu["options"]]


async def history(world: World) -> ResponseMessage:
    result = await world.alice.slash(world.channel, "history")
    private(result)
    assert result.response is not None
    return result.response


async def made_again(world: World, poem_id: int = 1) -> InteractionResult:
    return await world.alice.select(await history(world), [str(poem_id)], custom_id="history:again")


async def change(world: World, **columns: Any) -> None:
    """As if the poems had been made otherwise."""
    async with world.bot.poems._database.transaction() as transaction:
        for name, value in columns.items():
            await transaction.execute(f"UPDATE poems SET {name} = ?", (value,))  # noqa: S608 - our own names


@pytest.mark.parametrize(
    ("locale", "said"), [("en-US", "Try `/poem`"), ("zh-CN", "试试 `/poem`"), ("zh-TW", "試試 `/poem`")]
)
async def test_who_asked_for_nothing_hears_how_to_ask(world: World, locale: str, said: str) -> None:
    await written(world.bot, world.bob.id)

    assert said in private(await interact(world, command(world, "history"), locale=locale))
    assert world.env.errors


async def test_the_newest_of_ones_own_come_first_with_what_made_them(world: World) -> None:
    await world.alice.slash(world.channel, "poem", start="月", seed=5)
    await world.bob.slash(world.channel, "poem", start="山", seed=6)
    await world.alice.slash(world.channel, "acrostic", heads="春花")
    [(seed, weights)] = await rows(world.bot, "SELECT seed, weights FROM poems WHERE id = 3")

    page = await history(world)

    said = text(page)
    assert numbers(page) == [3, 1]
    assert said.index(f"-# 七绝 · acrostic 春花 · seed {seed} · weights {weights[:8]}") < said.index(
        f"-# free form · 月 · seed 5 · weights {weights[:8]}"
    )
    assert "seed 6 ·" not in said
    assert said.count("<t:") == 2


async def test_pages_are_turned_on_and_back_after_a_restart_too(world: World, config: Config) -> None:
    poems = await written(world.bot, world.alice.id, *(f"春{number}。" for number in range(7)))
    page = await history(world)
    assert numbers(page) == poems[:1:-1]
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    await world.alice.click(page, label="▶")
    assert numbers(page) == poems[1::-1]
    await world.alice.click(page, label="◀")
    assert numbers(page) == poems[:1:-1]
    assert buttons(page)["page:◀"]["disabled"]


async def test_a_page_beyond_the_end_is_said_so(world: World) -> None:
    await written(world.bot, world.alice.id, *(f"春{number}。" for number in range(6)))
    page = await history(world)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems WHERE id = 1")

    assert "nothing on that page any more" in private(await world.alice.click(page, label="▶"))


async def test_one_is_opened_privately_and_in_full(world: World) -> None:
    await written(world.bot, world.alice.id, "\n".join(["春眠不觉晓。"] * 4))
    await world.bot.favorites.keep(world.bob.id, 1, NOW)

    result = await world.alice.select(await history(world), ["1"], custom_id="history:open")

    assert private(result).count("春眠不觉晓") == 4
    assert buttons(result.response)["poem:1:keep"]["label"] == "1"


async def test_what_is_not_ones_own_cannot_be_opened_nor_made_again(world: World) -> None:
    await written(world.bot, world.alice.id)
    page = await history(world)
    await change(world, person_id=world.bob.id)

    for menu in ("history:open", "history:again"):
        assert "no longer have" in private(await world.alice.select(page, ["1"], custom_id=menu))
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")
    for menu in ("history:open", "history:again"):
        assert "no longer have" in private(await world.alice.select(page, ["1"], custom_id=menu))


@pytest.mark.parametrize(
    "options",
    [{"start": "月", "seed": 7}, {"start": "花", "form": "五绝"}, {"form": "七律", "temperature": 1.5}, {}],
)
async def test_a_poem_made_again_is_the_same_character_for_character(world: World, options: dict[str, Any]) -> None:
    await world.alice.slash(world.channel, "poem", **options)
    [(poem, seed)] = await rows(world.bot, "SELECT text, seed FROM poems")

    said = private(await made_again(world))

    assert f"The same, character for character, from seed {seed}:" in said
    assert poem in said
    assert await rows(world.bot, "SELECT count(*) FROM poems") == [(1,)]


async def test_a_line_written_anew_and_an_acrostic_are_made_again_too(world: World) -> None:
    first = await world.alice.slash(world.channel, "acrostic", heads="春花")
    assert first.response is not None
    await world.alice.select(first.response, ["1"], custom_id="poem:1:line")

    for poem_id in (1, 2):
        assert "The same, character for character" in private(await made_again(world, poem_id))


@pytest.mark.parametrize(
    ("columns", "locale", "said"),
    [
        ({"weights": "feedfeedfeedfeed"}, "en-US", ["Not the same", "other weights: `feedfeedfeedfeed` then, `"]),
        ({"version": "0.0.1"}, "en-US", ["another version: 0.0.1 then, "]),
        ({"version": "0.0.1", "weights": "feed"}, "zh-CN", ["程序的版本变了", "网络的权重变了"]),
        ({}, "zh-TW", ["權重和版本都相同", "這次寫得不一樣"]),
    ],
)
async def test_what_is_not_the_same_is_shown_and_what_differs_is_said(
    world: World, columns: dict[str, str], locale: str, said: list[str]
) -> None:
    await world.alice.slash(world.channel, "poem", start="月")
    await change(world, text="月落乌啼霜满天。", **columns)
    page = await history(world)

    data = {"custom_id": "history:again", "component_type": 3, "values": ["1"]}
    message = dict(message_payload(world.env.backend, page._message))
    result = await interact(world, data, kind=3, locale=locale, message=message)

    [told] = result.followups
    assert told.ephemeral
    assert all(part in text(told) for part in said)
    card = private(result)
    assert card.startswith(("月", "\n月"))
    assert "月落乌啼" not in card
    assert "poem:2:keep" in buttons(result.response)
    [(_, old), (_, new)] = await rows(world.bot, "SELECT id, text FROM poems ORDER BY id")
    assert old == "月落乌啼霜满天。" != new


async def test_where_a_crowd_waits_the_fewer_candidates_are_said(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    await world.alice.slash(world.channel, "poem", start="月")
    await change(world, text="月落乌啼霜满天。")
    enter = PoetService.enter

    def crowded(poet: PoetService, request: PoemRequest, *server: int) -> Any:
        return enter(poet, replace(request, candidates=2), *server)

    monkeypatch.setattr(PoetService, "enter", crowded)
    result = await made_again(world)

    [told] = result.followups
    assert "The best of 1 was chosen then, of 2 now" in text(told)


@pytest.mark.parametrize("wished", [True, False])
async def test_words_that_a_server_does_not_want_are_not_made_again(
    world: World, monkeypatch: pytest.MonkeyPatch, *, wished: bool
) -> None:
    await world.alice.slash(world.channel, "poem", start="月", seed=3)
    [(poem,)] = await rows(world.bot, "SELECT text FROM poems")
    page = await history(world)

    async def unwanted(_words: ServerWordRepository, _guild: int) -> list[str]:
        return ["月" if wished else poem.replace("，", "").replace("。", "").replace("\n", "")[1:4]]

    monkeypatch.setattr(ServerWordRepository, "of", unwanted)
    result = await world.alice.select(page, ["1"], custom_id="history:again")

    told = [message for message in (result.response, *result.followups) if message is not None]
    assert all(message.ephemeral for message in told)
    [(outcome,)] = await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'history again'")
    assert outcome == ("error.words.wish" if wished else "error.words.seed")
    assert await rows(world.bot, "SELECT count(*) FROM poems") == [(1,)]


async def test_a_wish_of_an_older_program_is_made_again_as_far_as_it_goes(world: World) -> None:
    await world.alice.slash(world.channel, "poem", start="月", seed=3)
    await change(world, wish='{"form": null, "script": null, "start": "月", "temperature": 0.7, "gone": 1}')

    result = await made_again(world)

    assert result.response is not None
    assert "error" not in text(result.response)
    assert await rows(world.bot, "SELECT outcome FROM requests WHERE command = 'history again'") == [("done",)]


async def test_it_works_in_direct_messages(env: Env) -> None:
    ann = env.create_user("ann")
    await ann.send_dm("hello")
    await ann.slash("poem", start="月")

    page = (await ann.slash("history")).response

    assert numbers(page) == [1]
    assert page is not None
    again = await ann.select(page, ["1"], custom_id="history:again")
    assert "The same, character for character" in text(again.response)
    assert isinstance(env.bot, PoetBot)


@pytest.mark.parametrize("language", Language)
async def test_the_longest_page_fits(language: Language) -> None:
    poem = replace(
        POEM,
        text="\n".join(["*_" * 100] * 9),
        theme="𪚥_" * 100,
        start="𪚥" * 32,
        seed=2**63 - 1,
        wish={"form": "七律", "heads": "𪚥" * 8},
    )
    kept = [KeptPoem(LAST_KEY - number, 1, 10**18, NOW, poem) for number in range(5)]
    page = history_page(Page(kept, before=True, behind=True), language)

    payload: list[Any] = page.to_components()  # type: ignore[no-untyped-call]
    validate_components(payload, flags=COMPONENTS_V2)
    assert page.content_length() <= 4000
    assert page.is_finished()
