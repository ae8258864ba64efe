"""What is gone when the bot wants to answer: the interaction, the message, the channel, a permission, the time."""

import sys
import threading

import pytest

from bot.app import PoetBot
from loopback.faults import Refused
from loopback.people import Channel, Person
from loopback.rest import MISSING_PERMISSIONS, UNKNOWN_CHANNEL
from loopback.running import noted
from loopback.server import StandIn
from tests.loopback.test_rest_luck import CALLBACK, EDIT, bots_lines


async def test_an_interaction_that_expired_before_it_was_acknowledged_costs_no_poem(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    late = await stand_in.types(alice, poems, "poem")
    late.expired = True
    await stand_in.until(lambda: stand_in.count("POST", "/callback"))

    assert await noted(bot, "SELECT outcome FROM requests") == [("expired",)]
    assert await noted(bot, "SELECT count(*) FROM poems") == [(0,)]
    [line] = bots_lines(caplog)
    assert "too late to answer" in line
    assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text


async def test_an_interaction_that_expires_while_the_poem_is_written_keeps_the_poem(
    stand_in: StandIn,
    bot: PoetBot,
    alice: Person,
    poems: Channel,
    gate: threading.Event,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = await stand_in.types(alice, poems, "poem", start="月")
    await stand_in.until(lambda: asked.acknowledged)
    asked.expired = True
    gate.set()
    await stand_in.until(lambda: stand_in.count("PATCH", "/messages/@original"))

    assert await noted(bot, "SELECT outcome FROM requests") == [("expired",)]
    assert await noted(bot, "SELECT start FROM poems") == [("月",)]
    [line] = bots_lines(caplog)
    assert "too late to answer" in line
    listed = await stand_in.answer(await stand_in.types(alice, poems, "history"))
    assert "月" in listed.text


async def test_whoever_waits_too_long_is_told_while_it_can_still_be_told(
    stand_in: StandIn,
    bot: PoetBot,
    alice: Person,
    poems: Channel,
    gate: threading.Event,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys.modules["bot.cogs.waiting"], "ANSWERABLE_SECONDS", 0.2)
    asked = await stand_in.types(alice, poems, "poem")
    [told] = await stand_in.until(lambda: asked.followups)

    assert told.ephemeral
    assert "fifteen minutes" in told.text
    assert asked.original is not None
    assert asked.original.gone
    gate.set()
    assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text
    assert await noted(bot, "SELECT outcome FROM requests ORDER BY asked_at") == [("error.too_slow",), ("done",)]


async def test_a_message_that_was_deleted_meanwhile_keeps_the_poem(
    stand_in: StandIn,
    bot: PoetBot,
    alice: Person,
    poems: Channel,
    gate: threading.Event,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = await stand_in.types(alice, poems, "poem")
    thinking = await stand_in.until(lambda: asked.original)
    thinking.gone = True
    gate.set()
    await stand_in.until(lambda: stand_in.count("PATCH", "/messages/@original"))

    assert await noted(bot, "SELECT outcome FROM requests") == [("error.deleted",)]
    assert await noted(bot, "SELECT count(*) FROM poems") == [(1,)]
    assert not asked.followups  # it would be public, in place of what somebody deleted
    [line] = bots_lines(caplog)
    assert "error.deleted; could not be told" in line


async def test_a_channel_that_was_deleted_meanwhile_is_told_apart(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    stand_in.refuses(*EDIT, Refused(404, UNKNOWN_CHANNEL, "Unknown Channel"))
    asked = await stand_in.types(alice, poems, "poem")
    [told] = await stand_in.until(lambda: asked.followups)

    assert told.ephemeral
    assert "was deleted meanwhile" in told.text
    assert await noted(bot, "SELECT outcome, reference FROM requests") == [("error.deleted", None)]


async def test_a_permission_that_is_lost_between_two_presses_is_named(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    answer = await stand_in.answer(await stand_in.types(alice, poems, "poem"))
    assert (await stand_in.answer(await stand_in.presses(alice, poems, answer, "another"))).text
    await stand_in.forbid(poems)
    stand_in.refuses(*EDIT, Refused(403, MISSING_PERMISSIONS, "Missing Permissions"))
    pressed = await stand_in.presses(alice, poems, answer, "another")
    [told] = await stand_in.until(lambda: pressed.followups)

    assert told.ephemeral
    assert "a permission is missing" in told.text
    assert await noted(bot, "SELECT count(*) FROM poems") == [(3,)]


async def test_a_poem_that_nobody_has_any_more_is_told(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel
) -> None:
    answer = await stand_in.answer(await stand_in.types(alice, poems, "poem"))
    async with bot.poems._database.transaction() as transaction:
        await transaction.execute("DELETE FROM poems")
    for ending in ("another", "keep", "craft"):
        pressed = await stand_in.presses(alice, poems, answer, ending)
        assert "no longer have" in (await stand_in.answer(pressed)).text, ending


async def test_a_message_that_others_answered_is_left_to_them(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.refuses(*CALLBACK, Refused(400, 40060, "Interaction has already been acknowledged."))
    asked = await stand_in.types(alice, poems, "poem")
    await stand_in.until(lambda: stand_in.count("POST", "/callback"))

    assert await noted(bot, "SELECT outcome FROM requests") == [("expired",)]
    assert not asked.followups
