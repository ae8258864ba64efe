"""The gateway drops, repeats itself, forgets and falls silent."""

import asyncio
import threading

import pytest

from bot.app import PoetBot, create_bot
from bot.config import Config
from loopback.people import Channel, Person
from loopback.rest import TOKEN
from loopback.running import noted
from loopback.server import StandIn
from tests.loopback.conftest import Pauses


async def test_a_poem_arrives_while_the_gateway_is_away_and_what_was_missed_is_answered(
    stand_in: StandIn,
    bot: PoetBot,
    alice: Person,
    bob: Person,
    poems: Channel,
    gate: threading.Event,
) -> None:
    asked = await stand_in.types(alice, poems, "poem", start="月")
    await stand_in.until(lambda: asked.acknowledged)
    stand_in.gateway.open.clear()
    stand_in.gateway.tear()
    missed = await stand_in.types(bob, poems, "poem", start="山")
    gate.set()

    assert "月" in (await stand_in.answer(asked)).text
    assert not missed.acknowledged
    stand_in.gateway.open.set()
    assert "山" in (await stand_in.answer(missed)).text
    assert (stand_in.gateway.identified, stand_in.gateway.resumed) == (1, 1)


@pytest.mark.parametrize("way", ["4000", "1001", "reconnect", "invalid"])
async def test_a_session_that_can_go_on_goes_on(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, way: str
) -> None:
    match way:
        case "reconnect":
            await stand_in.gateway.reconnect()
        case "invalid":
            await stand_in.gateway.invalidate(resumable=True)
        case _:
            await stand_in.gateway.drop(int(way))
    missed = await stand_in.types(alice, poems, "poem")

    assert (await stand_in.answer(missed)).text
    assert (stand_in.gateway.identified, stand_in.gateway.resumed) == (1, 1)
    assert await noted(bot, "SELECT outcome FROM requests") == [("done",)]


@pytest.mark.parametrize("way", ["4009", "invalid"])
async def test_a_session_that_is_lost_is_begun_anew(
    stand_in: StandIn,
    bot: PoetBot,
    alice: Person,
    poems: Channel,
    gate: threading.Event,
    pauses: Pauses,
    way: str,
) -> None:
    asked = await stand_in.types(alice, poems, "poem")
    await stand_in.until(lambda: asked.acknowledged)
    if way == "invalid":
        await stand_in.gateway.invalidate(resumable=False)
    else:
        await stand_in.gateway.drop(int(way), forget=True)
    await stand_in.until(lambda: stand_in.gateway.identified == 2 and stand_in.gateway.ready)
    gate.set()

    assert (await stand_in.answer(asked)).text
    assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text
    assert stand_in.gateway.resumed == 0


async def test_a_gateway_that_falls_silent_is_left_for_another(
    stand_in: StandIn, config: Config, alice: Person, poems: Channel
) -> None:
    stand_in.gateway.heartbeat_seconds = 0.1
    async with create_bot(config) as bot:
        bot._connection.heartbeat_timeout = 0.4
        serving = asyncio.create_task(bot.start(TOKEN))
        await stand_in.until(lambda: stand_in.gateway.ready, while_runs=serving)
        stand_in.gateway.deaf = True
        missed = await stand_in.types(alice, poems, "poem")
        await stand_in.until(lambda: stand_in.gateway.codes)
        stand_in.gateway.deaf = False

        assert (await stand_in.answer(missed)).text
        assert stand_in.gateway.codes[0] == 4000
        await bot.close()
        await serving


async def test_an_interaction_that_is_delivered_twice_is_answered_once(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, gate: threading.Event
) -> None:
    asked = await stand_in.types(alice, poems, "poem")
    await stand_in.ask(asked)
    gate.set()
    answer = await stand_in.answer(asked)
    pressed = await stand_in.presses(alice, poems, answer, "another")
    await stand_in.ask(pressed)
    await stand_in.answer(pressed)
    await stand_in.ask(pressed)
    await stand_in.answer(await stand_in.types(alice, poems, "about"))

    assert not asked.followups
    assert not pressed.followups
    assert stand_in.count("POST", "/callback") == 3
    outcomes = await noted(bot, "SELECT command, outcome FROM requests ORDER BY asked_at")
    assert outcomes == [("poem", "done"), ("poem another", "done"), ("about", "done")]
    assert await noted(bot, "SELECT count(*) FROM poems") == [(2,)]


async def test_a_form_that_is_delivered_twice_is_answered_once(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    opened = await stand_in.types(alice, poems, "check")
    await stand_in.until(lambda: opened.modal)
    sent = await stand_in.submits(opened, text="白日依山尽，黄河入海流。欲穷千里目，更上一层楼。")
    await stand_in.ask(sent)

    assert "白" in (await stand_in.answer(sent)).text
    assert await noted(bot, "SELECT outcome FROM requests ORDER BY asked_at") == [("done",), ("done",)]
    assert stand_in.count("POST", "/callback") == 2


async def test_what_the_gateway_repeats_when_it_resumes_changes_nothing(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    answer = await stand_in.answer(await stand_in.types(alice, poems, "poem"))
    pressed = await stand_in.presses(alice, poems, answer, "keep")
    await stand_in.until(lambda: pressed.acknowledged)
    stand_in.gateway.again = 2
    await stand_in.gateway.drop(4000)
    await stand_in.until(lambda: stand_in.gateway.resumed)
    await stand_in.answer(await stand_in.types(alice, poems, "about"))

    assert await noted(bot, "SELECT count(*) FROM poems") == [(1,)]
    assert await noted(bot, "SELECT count(*) FROM favorites") == [(1,)]
    assert await noted(bot, "SELECT count(*) FROM requests") == [(3,)]


async def test_two_people_press_at_the_same_moment(
    stand_in: StandIn, bot: PoetBot, alice: Person, bob: Person, poems: Channel
) -> None:
    answer = await stand_in.answer(await stand_in.types(alice, poems, "poem"))
    kept = await asyncio.gather(*(stand_in.presses(person, poems, answer, "keep") for person in (alice, bob)))
    again = await asyncio.gather(*(stand_in.presses(person, poems, answer, "another") for person in (alice, bob)))
    await stand_in.until(lambda: all(pressed.acknowledged for pressed in kept))
    first, second = [await stand_in.answer(pressed) for pressed in again]

    assert first.id != second.id
    assert await noted(bot, "SELECT count(*) FROM favorites") == [(2,)]
    assert await noted(bot, "SELECT loved FROM poems WHERE id = 1") == [(2,)]
    assert {outcome for (outcome,) in await noted(bot, "SELECT outcome FROM requests")} == {"done"}
