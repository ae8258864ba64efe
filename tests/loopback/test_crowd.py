"""A crowd that asks: each of them is counted once, whatever they are told."""

import threading

import pytest

from bot.app import PoetBot
from bot.config import Config
from loopback.crowd import Crowd, Said
from loopback.faults import Refused
from loopback.people import Channel
from loopback.running import connected
from loopback.server import StandIn


async def test_poems_and_refusals_are_told_apart(stand_in: StandIn, bot: PoetBot, poems: Channel) -> None:
    crowd = Crowd(stand_in, [poems])
    written = await crowd.at_once(3, "poem", start="月")
    refused = await crowd.ask("poem", start="moon")
    assert await crowd.answered(60)

    assert {wait.said for wait in written} == {Said.ANSWER}
    assert refused.said is Said.PRIVATELY
    for wait in (*written, refused):
        assert wait.deferred is not None
        assert wait.told is not None
        assert wait.answered is not None
        assert 0 < wait.deferred <= wait.told <= wait.answered


async def test_a_place_in_the_queue_is_told_but_no_answer(
    stand_in: StandIn, config: Config, poems: Channel, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.cogs.waiting.PATIENCE_SECONDS", 0.01)
    narrow = config.limits.model_copy(update={"batch": 1})
    async with connected(config.model_copy(update={"limits": narrow}), stand_in):
        crowd = Crowd(stand_in, [poems])
        first, second, third = await crowd.at_once(3, "poem")
        await stand_in.until(lambda: Said.PLACE in {first.said, second.said, third.said})
        told = [wait for wait in (first, second, third) if wait.said is Said.PLACE]
        assert all(wait.told is not None and wait.answered is None for wait in told)
        assert not await crowd.answered(0.01)
        gate.set()
        assert await crowd.answered(60)


async def test_whoever_hears_nothing_still_waits(stand_in: StandIn, bot: PoetBot, poems: Channel) -> None:
    stand_in.refuses("POST", "interactions/*/callback", Refused(404, 10062, "Unknown interaction"))
    crowd = Crowd(stand_in, [poems])
    lost = await crowd.ask("about")
    found = await crowd.ask("about")
    assert not await crowd.answered(0.5)

    assert await crowd.answered(60, but=1)
    assert (lost.said, found.said) == (Said.NOTHING, Said.PRIVATELY)


async def test_people_come_again_press_and_come_evenly(stand_in: StandIn, bot: PoetBot, poems: Channel) -> None:
    people = [stand_in.person(name) for name in ("alice", "bob")]
    crowd = Crowd(stand_in, [poems], people)
    waits = await crowd.steadily(0.3, 10, lambda: crowd.ask("poem"))
    assert await crowd.answered(60)
    star = await crowd.press(waits[0].asked, "keep")
    await stand_in.until(lambda: star.asked.acknowledged)

    assert [wait.asked.person.name for wait in waits] == ["alice", "bob", "alice"]
    assert star.asked.person.name == "bob"


async def test_the_bot_is_heard_between_its_heartbeats(stand_in: StandIn, bot: PoetBot) -> None:
    await stand_in.gateway.ping()
