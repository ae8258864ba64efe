"""One line of a poem written anew, as a person sees it."""

import json
from typing import Any

import pytest
from simcord import ResponseMessage

from bot.app import create_bot
from bot.cogs.poem import wish_for_line, wish_of
from bot.config import Config
from model.forms import Form
from model.requests import PoemRequest
from tests.bot.support import components, rows, text, verse
from tests.conftest import World


def menu(message: ResponseMessage | None) -> dict[str, Any] | None:
    return next((dict(part) for part in components(message) if part["type"] == 3), None)


async def line_anew(world: World, card: ResponseMessage, line: int) -> ResponseMessage:
    spec = menu(card)
    assert spec is not None
    result = await world.bob.select(card, [str(line)], custom_id=spec["custom_id"])
    assert result.response is not None
    return result.response


@pytest.mark.parametrize("form", [Form.QIJUE, Form.WULV])
async def test_one_line_is_written_anew(world: World, form: Form, wishes: list[PoemRequest]) -> None:
    first = await world.alice.slash(world.channel, "poem", start="春", form=form.value, temperature=1.5, seed=5)
    assert first.response is not None
    spec = menu(first.response)
    assert spec is not None
    lines = verse(first.response)
    assert [option["label"] for option in spec["options"]] == [f"{n} · {line}" for n, line in enumerate(lines, 1)]
    again = await line_anew(world, first.response, 2)

    assert again.id != first.response.id
    assert [line for n, line in enumerate(verse(again)) if n != 2] == [line for n, line in enumerate(lines) if n != 2]
    asked, wish = wishes
    assert wish.held == tuple("" if n == 2 else line for n, line in enumerate(lines))
    assert (wish.start, wish.form, wish.temperature) == (asked.start, asked.form, asked.temperature)
    assert wish.seed != 5
    assert f"{form.value} · temperature 1.5" in text(again)
    noted = await rows(world.bot, "SELECT command, outcome, options FROM requests ORDER BY id DESC LIMIT 1")
    assert noted[0][:2] == ("poem line", "done")
    assert json.loads(noted[0][2])["values"] == ["2"]


async def test_the_theme_is_held_also_where_none_was_asked(world: World) -> None:
    await world.alice.slash(world.channel, "poem", form="五绝", seed=1)
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("UPDATE poems SET theme = '秋思'")
    poem = await world.bot.poems.get(1)
    assert poem is not None

    assert wish_for_line(poem, 0).theme == "秋思"
    assert wish_of(poem).theme is None


async def test_the_line_of_a_line(world: World) -> None:
    first = await world.alice.slash(world.channel, "acrostic", heads="月山风花", length=5)
    assert first.response is not None
    second = await line_anew(world, first.response, 0)
    third = await line_anew(world, second, 3)
    again = await world.alice.click(third, label="Another")

    assert verse(third)[:3] == verse(second)[:3]
    assert verse(again.response)[:3] == verse(third)[:3]  # its wish was the last line
    assert [line[0] for line in verse(third)] == list("月山风花")


async def test_the_menu_works_after_a_restart(world: World, config: Config) -> None:
    first = await world.alice.slash(world.channel, "poem", form="五绝")
    assert first.response is not None
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    assert verse(await line_anew(world, first.response, 0))[1:] == verse(first.response)[1:]


async def test_free_poems_have_no_menu(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", form="free")

    assert menu(result.response) is None


async def test_the_menu_of_a_forgotten_poem_says_so(world: World) -> None:
    first = await world.alice.slash(world.channel, "poem", form="五绝")
    assert first.response is not None
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")
    told = await line_anew(world, first.response, 1)

    assert told.ephemeral
    assert "no longer have" in told.content
