"""`/poem` and its button, as a person sees them."""

import asyncio
import json
import sys
from dataclasses import replace

import pytest
from simcord import Env

from bot.app import PoetBot, create_bot
from bot.cogs.poem import wish_of
from bot.config import Config
from bot.services.poet import PoemTicket
from bot.services.refusals import Refusal
from model.errors import BadStart
from model.forms import Form
from model.generation import Poet
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from tests.bot.support import command, emit, interact, rows, text
from tests.conftest import World, simulation


async def test_a_poem_begins_with_the_start_and_is_kept(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="月", seed=7, temperature=1.5)

    assert result.response is not None
    assert not result.response.ephemeral
    first, caption = text(result.response).strip().split("\n-# ")
    assert first.startswith("月")
    assert caption.startswith("月 · free form")
    assert "temperature 1.5 · seed 7 · weights " in caption
    [(person, poem, start, seed, wish, weights)] = await rows(
        world.bot, "SELECT person_id, text, start, seed, wish, weights FROM poems"
    )
    assert (person, poem, start, seed) == (world.alice.id, first, "月", 7)
    assert json.loads(wish) | {"temperature": 1.5, "seed": 7, "on_unknown": "keep", "form": None} == json.loads(wish)
    assert len(weights) == 16


async def test_the_request_is_noted(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="月")

    [row] = await rows(world.bot, "SELECT id, person_id, guild_id, channel_id, command, outcome, options FROM requests")
    assert row[:4] == (result._interaction.id, world.alice.id, world.guild.id, world.channel.id)
    assert row[4:6] == ("poem", "done")
    assert json.loads(row[6]) == {"start": "月"}


@pytest.mark.parametrize("form", list(Form))
async def test_a_form_is_kept(world: World, form: Form) -> None:
    result = await world.alice.slash(world.channel, "poem", start="春风", form=form.value)

    poem, caption = text(result.response).strip().split("\n-# ")
    lines = poem.replace("，", "。").replace("\n", "").strip("。").split("。")
    assert [len(line) for line in lines] == [form.line_length] * form.line_count
    assert f"· {form.value} ·" in caption


async def test_the_same_seed_writes_the_same_poem(world: World) -> None:
    poems = [
        text((await world.alice.slash(world.channel, "poem", start="花", form="五绝", seed=seed)).response)
        for seed in (1, 1, 2)
    ]

    assert poems[0] == poems[1] != poems[2]


async def test_a_poem_needs_no_options(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem")

    assert text(result.response).strip()
    [(start, seed)] = await rows(world.bot, "SELECT start, seed FROM poems")
    assert start == ""
    assert 0 <= seed < DRAWN_SEEDS


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("moon", "Chinese characters only"),
        ("月moon", "Leave out: m o n –"),
        ("😀", "😀"),
        ("月。", "。"),
        ("@everyone", "@\N{ZERO WIDTH SPACE} e v r y"),
        ("<@123>", "<\N{ZERO WIDTH SPACE} @"),
        ("   ", "is empty"),
        ("月" * 2000, "has 2000 characters"),
        ("月 月", "U+0020"),
        ("moon" * 500, "m o n"),
    ],
)
async def test_a_start_that_cannot_be_is_answered_privately(world: World, start: str, said: str) -> None:
    result = await world.alice.slash(world.channel, "poem", start=start)

    assert result.response is not None
    assert result.response.ephemeral
    assert said in text(result.response)
    assert world.env.errors
    assert not world.channel.history(viewer=world.bob)
    [(outcome,)] = await rows(world.bot, "SELECT outcome FROM requests")
    assert outcome.startswith("error.start.")


async def test_a_start_that_is_longer_than_the_form_is_refused_privately(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="月" * 21, form="五绝")

    assert result.response is not None
    assert result.response.ephemeral
    assert "has 21 characters, and a 五绝 has room for 20" in result.response.content
    assert world.env.errors


async def test_an_unknown_character_is_kept_and_said(world: World) -> None:
    result = await world.alice.slash(world.channel, "poem", start="龘月")

    assert text(result.response).strip().startswith("龘月")
    assert "The network has never seen 龘" in text(result.response)
    [(unknown,)] = await rows(world.bot, "SELECT unknown FROM poems")
    assert unknown == "龘"


@pytest.mark.parametrize(
    ("locale", "start", "script", "caption"),
    [
        ("zh-TW", "月", "hant", "不限體裁 · 溫度"),
        ("zh-CN", "月", "hans", "不限体裁 · 温度"),
        ("en-US", "月", "hans", "free form · temperature"),
        ("zh-CN", "風", "hant", "不限体裁 · 温度"),
        ("zh-TW", "风", "hans", "不限體裁 · 溫度"),
    ],
)
async def test_script_and_words_follow_start_and_person(
    world: World, locale: str, start: str, script: str, caption: str
) -> None:
    result = await interact(world, command(world, "poem", start=start), locale=locale)

    assert caption in text(result.response)
    [(kept,)] = await rows(world.bot, "SELECT script FROM poems")
    assert kept == script


async def test_the_button_writes_another_poem_with_the_same_wishes(world: World) -> None:
    first = await world.alice.slash(world.channel, "poem", start="江", form="七绝", temperature=1.2, seed=5)
    assert first.response is not None
    second = await world.bob.click(first.response, custom_id="poem:1:another")

    assert second.response is not None
    assert second.response.id != first.response.id
    assert text(second.response).strip().startswith("江")
    assert "七绝 · temperature 1.2" in text(second.response)
    (old, one), (new, other) = await rows(world.bot, "SELECT seed, person_id FROM poems ORDER BY id")
    assert old == 5 != new
    assert (one, other) == (world.alice.id, world.bob.id)
    outcomes = await rows(world.bot, "SELECT command, outcome FROM requests ORDER BY id")
    assert [tuple(row) for row in outcomes] == [("poem", "done"), ("poem another", "done")]


async def test_the_button_works_after_a_restart(world: World, config: Config) -> None:
    first = await world.alice.slash(world.channel, "poem", start="江")
    assert first.response is not None
    await world.bot.close()
    await world.env.restart_bot(create_bot(config))

    second = await world.alice.click(first.response, label="Another")

    assert text(second.response).strip().startswith("江")


async def test_the_button_of_a_forgotten_poem_says_so(world: World) -> None:
    first = await world.alice.slash(world.channel, "poem", start="江")
    assert first.response is not None
    async with world.bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")

    second = await world.alice.click(first.response, label="Another")

    assert second.response is not None
    assert second.response.ephemeral
    assert "no longer have" in second.response.content


async def test_it_works_in_direct_messages(env: Env) -> None:
    ann = env.create_user("ann")
    await ann.send_dm("hello")

    result = await ann.slash("poem", start="月")

    assert text(result.response).strip().startswith("月")
    assert isinstance(env.bot, PoetBot)
    [(guild,)] = await rows(env.bot, "SELECT guild_id FROM poems")
    assert guild is None


async def test_it_works_where_a_person_installed_it(world: World) -> None:
    result = await interact(
        world,
        command(world, "poem", start="月"),
        authorizing_integration_owners={"1": str(world.alice.id)},
        context=2,
    )

    assert text(result.response).strip().startswith("月")


async def test_one_request_of_a_person_at_a_time(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = asyncio.Event()

    async def wait(_: object, ticket: PoemTicket) -> Poem:
        await gate.wait()
        return await ticket.answer

    monkeypatch.setattr(sys.modules["bot.cogs.poem"], "answered", wait)
    first = emit(world, command(world, "poem"))
    second = emit(world, command(world, "poem"))
    other = emit(world, command(world, "poem"), person=world.bob.id)
    world.env._loop.call_later(0.2, gate.set)  # type: ignore[union-attr]
    await world.env.settle()

    assert second.response is not None
    assert second.response.ephemeral
    assert "still running" in second.response.content
    assert "seed" in text(first.response)
    assert "seed" in text(other.response)
    assert world.env.errors


async def test_what_fails_after_the_deferral_is_said_privately(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_poet: Poet, _requests: list[PoemRequest]) -> list[Poem]:
        raise ZeroDivisionError("secret detail")

    monkeypatch.setattr(Poet, "compose_all", fail)
    result = await world.alice.slash(world.channel, "poem")

    assert result.response is None  # the placeholder is gone
    [told] = result.followups
    assert told.ephemeral
    assert "secret detail" not in told.content
    [(outcome, reference)] = await rows(world.bot, "SELECT outcome, reference FROM requests")
    assert outcome == "error.unexpected"
    assert f"`{reference}`" in told.content
    assert world.env.errors


async def test_a_start_that_only_the_network_refuses_is_said_privately(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_poet: Poet, _requests: list[PoemRequest]) -> list[Poem]:
        raise BadStart("unknown", "龘")

    monkeypatch.setattr(Poet, "compose_all", refuse)
    result = await world.alice.slash(world.channel, "poem", start="龘")

    [told] = result.followups
    assert told.ephemeral
    assert "does not know 龘" in told.content
    assert world.env.errors


async def test_a_full_queue_is_said_before_the_deferral(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.bot.poet._poems.queue, "_most", 0)
    result = await world.alice.slash(world.channel, "poem")

    assert result.response is not None
    assert result.response.ephemeral
    assert "Too many people" in result.response.content
    assert all(isinstance(error.original, Refusal) for error in world.env.errors)  # type: ignore[attr-defined]


async def test_wishes_survive_the_database(world: World) -> None:
    await world.alice.slash(world.channel, "poem", start="月", form="五律", seed=3)

    poem = await world.bot.poems.get(1)

    assert poem is not None
    wish = wish_of(poem)
    assert wish.form is Form.WULV
    kept = {**poem.wish, "form": Form.WULV, "script": wish.script, "held": tuple(poem.wish["held"])}
    assert replace(wish, seed=3) == PoemRequest(**kept)


async def test_wishes_outlive_the_options_of_their_time(world: World) -> None:
    await world.alice.slash(world.channel, "poem", start="月")
    poem = await world.bot.poems.get(1)
    assert poem is not None
    old = {name: value for name, value in poem.wish.items() if name != "candidates"} | {"gone": 1}

    assert wish_of(replace(poem, wish=old)) == wish_of(poem)


async def test_the_settings_form_is_taken_and_can_be_declined(config: Config) -> None:
    own = config.model_copy(update={"poem": config.poem.model_copy(update={"form": "五绝", "temperature": 0.5})})
    env = simulation(create_bot(own))
    await env.start()
    guild = env.create_guild()
    alice = guild.add_member(env.create_user("alice"))
    channel = guild.create_text_channel("poems")

    taken = await alice.slash(channel, "poem")
    declined = await alice.slash(channel, "poem", form="free")

    assert "五绝 · temperature 0.5" in text(taken.response)
    assert "free form" in text(declined.response)
    await env.bot.close()
    await env.shutdown()
