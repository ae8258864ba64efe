"""Discord answers with 429, with 500, late or not at all."""

import logging

import aiohttp
import pytest

from bot.app import PoetBot, create_bot
from bot.config import Config
from loopback.faults import Refused
from loopback.people import Channel, Person
from loopback.rest import TOKEN
from loopback.running import connected, noted
from loopback.server import StandIn
from tests.loopback.conftest import Pauses

CALLBACK = ("POST", "interactions/*/callback")
EDIT = ("PATCH", "webhooks/*/messages/@original")
DOWN = (Refused(500), Refused(502), Refused(503))


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    patience = aiohttp.ClientTimeout(total=5, sock_connect=5, sock_read=0.3)
    monkeypatch.setattr("bot.operations.silence.PATIENCE", patience)


def bots_lines(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the bot itself logged above the usual."""
    bots = (record for record in caplog.records if record.name.startswith("bot") and record.levelno >= logging.WARNING)
    return [record.getMessage() for record in bots]


@pytest.mark.parametrize("route", [CALLBACK, EDIT])
@pytest.mark.parametrize("everywhere", [False, True])
async def test_whoever_is_too_fast_waits_and_is_answered_once(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, route: tuple[str, str], *, everywhere: bool
) -> None:
    fault = stand_in.refuses(*route, Refused.too_fast(0.02, everywhere=everywhere), times=2)
    asked = await stand_in.types(alice, poems, "poem", start="月")

    assert "月" in (await stand_in.answer(asked)).text
    assert fault.met == 2
    assert len(stand_in.rest.posted(poems)) == 1
    assert await noted(bot, "SELECT outcome FROM requests") == [("done",)]
    assert await noted(bot, "SELECT count(*) FROM poems") == [(1,)]


@pytest.mark.parametrize("route", [CALLBACK, EDIT])
async def test_what_fails_for_a_while_is_tried_until_it_arrives_once(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, pauses: Pauses, route: tuple[str, str]
) -> None:
    for refused in DOWN:
        stand_in.refuses(*route, refused)
    asked = await stand_in.types(alice, poems, "poem")

    assert (await stand_in.answer(asked)).text
    assert pauses.seconds == [1, 3, 5]
    assert len(stand_in.rest.posted(poems)) == 1
    assert await noted(bot, "SELECT outcome FROM requests") == [("done",)]


async def test_what_fails_for_ever_ends_in_one_line_and_costs_nobody_else(
    stand_in: StandIn,
    bot: PoetBot,
    alice: Person,
    bob: Person,
    poems: Channel,
    pauses: Pauses,
    caplog: pytest.LogCaptureFixture,
) -> None:
    asked = await stand_in.types(alice, poems, "about")
    await stand_in.answer(asked)
    down = stand_in.refuses(*CALLBACK, Refused(500), times=None)
    await stand_in.types(alice, poems, "poem")
    await stand_in.until(lambda: down.met == 10)  # five times to answer, five times to say that it could not
    await bot.journal.idle()
    stand_in.faults.waiting.clear()

    [line] = bots_lines(caplog)
    assert "error.discord; could not be told" in line
    for person in (alice, bob):
        assert (await stand_in.answer(await stand_in.types(person, poems, "poem"))).text
    outcomes = "SELECT outcome FROM requests WHERE command = 'poem' ORDER BY asked_at"
    assert await noted(bot, outcomes) == [("error.discord",), ("done",), ("done",)]


async def test_a_poem_that_discord_does_not_take_is_kept(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.refuses(*EDIT, Refused(500), times=5)
    asked = await stand_in.types(alice, poems, "poem")
    told = await stand_in.until(lambda: asked.followups)

    assert told[0].ephemeral
    assert "did not take my answer" in told[0].text
    assert await noted(bot, "SELECT count(*) FROM poems") == [(1,)]
    assert await noted(bot, "SELECT outcome FROM requests") == [("error.discord",)]
    assert len(bots_lines(caplog)) == 1


async def test_an_acknowledgement_whose_answer_is_lost_ends_the_request(
    stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel, pauses: Pauses, caplog: pytest.LogCaptureFixture
) -> None:
    stand_in.refuses(*CALLBACK, Refused(500), works=True)
    await stand_in.types(alice, poems, "poem")
    await stand_in.until(lambda: stand_in.count("POST", "/callback") == 2)

    assert await noted(bot, "SELECT outcome FROM requests") == [("expired",)]
    assert "already been acknowledged" in caplog.text
    assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text


@pytest.mark.parametrize("route", [CALLBACK, EDIT])
@pytest.mark.usefixtures("impatient")
async def test_silence_ends_the_request_and_nobody_else_waits(
    stand_in: StandIn,
    config: Config,
    alice: Person,
    bob: Person,
    poems: Channel,
    route: tuple[str, str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with connected(config, stand_in) as bot:
        fault = stand_in.is_silent(*route)
        await stand_in.types(alice, poems, "poem")
        await stand_in.until(lambda: fault.met)
        assert (await stand_in.answer(await stand_in.types(bob, poems, "poem"))).text
        assert await noted(bot, "SELECT outcome FROM requests ORDER BY asked_at") == [("error.discord",), ("done",)]

        assert len(bots_lines(caplog)) == 1
        assert "Traceback" not in caplog.text
        assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text


async def test_a_slow_answer_is_waited_for(stand_in: StandIn, bot: PoetBot, alice: Person, poems: Channel) -> None:
    stand_in.is_slow(*CALLBACK, 0.3)
    stand_in.is_slow(*EDIT, 0.3)

    assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text
    assert await noted(bot, "SELECT outcome FROM requests") == [("done",)]


@pytest.mark.usefixtures("impatient")
async def test_a_registration_that_discord_leaves_unanswered_holds_no_start_up(
    stand_in: StandIn, config: Config, alice: Person, poems: Channel, caplog: pytest.LogCaptureFixture
) -> None:
    silent = stand_in.is_silent("PUT", "applications/*/commands")
    async with connected(config, stand_in):
        assert silent.met
        assert "sent again at the next start" in caplog.text
        assert (await stand_in.answer(await stand_in.types(alice, poems, "poem"))).text


async def test_commands_are_registered_once_though_discord_wants_it_slower(
    stand_in: StandIn, config: Config, poems: Channel
) -> None:
    slower = stand_in.refuses("PUT", "applications/*/commands", Refused.too_fast(0.02), times=2)
    async with create_bot(config) as bot:
        await bot.login(TOKEN)

    assert slower.met == 2
    assert "poem" in {command["name"] for command in stand_in.rest.commands[None]}
    assert stand_in.count("PUT", "/commands") == 3
