"""Waiting for the networks, as people see it: their place, the button that gives it up, and what is said in the end."""

import asyncio
import sys
import threading
from collections.abc import AsyncIterator, Callable
from typing import Any

import discord
import pytest
from simcord import InteractionResult, MemberActor

from bot.cogs.waiting import NOTICES_A_SECOND, answered, between_notices
from bot.services.queue import Ticket
from bot.services.worker import Worker
from model.requests import PoemRequest
from tests.bot.support import buttons, command, components, interact, rows, text
from tests.conftest import World

LONG = 1.1
LONGER = 4.1


@pytest.fixture
async def gate(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[threading.Event]:
    """What the networks wait for, and all requests with them, one after another.

    SimCord takes them for requests that wait for something outside: its clock can be moved meanwhile.
    """
    gate = threading.Event()
    run = Worker.run

    async def run_outside(worker: Worker, work: Callable[[], Any]) -> Any:
        return await world.env.external_wait(run(worker, work), reason="the network")

    async def wait_outside(interaction: discord.Interaction[Any], ticket: Ticket[Any, Any]) -> Any:
        return await world.env.external_wait(answered(interaction, ticket), reason="the queue")

    monkeypatch.setattr(Worker, "run", run_outside)
    for name in ("poem", "learning"):
        monkeypatch.setattr(sys.modules[f"bot.cogs.{name}"], "answered", wait_outside)
    for desk in (world.bot.poet._poems, world.bot.adder._sums):
        monkeypatch.setattr(desk, "_batch", 1)
    world.bot.poet._worker.start(gate.wait)
    yield gate
    gate.set()


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never came about")


async def somebody(world: World) -> MemberActor:
    """Another person, whose request is in work or waits."""
    person = world.guild.add_member(world.env.create_user(f"person {len(world.env.backend.users)}"))
    await person.slash(world.channel, "poem", start="山")
    return person


async def open_up(world: World, gate: threading.Event) -> None:
    """Let the networks work, and wait until they have."""
    gate.set()
    await world.bot.journal.idle()
    await world.env.settle()


def shown(result: InteractionResult) -> str:
    return text(result.response).strip()


def cancel_button(result: InteractionResult) -> str:
    [custom_id] = buttons(result.response)
    return custom_id


async def test_whoever_waits_sees_the_place_and_gets_the_poem(world: World, gate: threading.Event) -> None:
    await somebody(world)
    quiet = await somebody(world)
    await somebody(world)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    assert shown(waiting) == ""
    await world.env.advance_time(LONG)
    assert shown(waiting) == "⏳ 2 people are before you…"
    assert not waiting.response.ephemeral  # type: ignore[union-attr]

    [other] = [key for key, ticket in world.bot.waiting.items() if ticket.waits and ticket.place == 0]
    assert world.bot.waiting[other].give_up()
    await world.env.advance_time(LONGER)
    assert shown(waiting) == "⏳ One person is before you…"

    await open_up(world, gate)
    assert shown(waiting).startswith("月")
    assert "Cancel" not in str(list(components(waiting.response)))
    assert not world.bot.waiting
    assert quiet
    assert world.env.errors


async def test_whoever_is_served_at_once_sees_no_place_and_hears_of_the_turn_where_it_takes_long(
    world: World, gate: threading.Event
) -> None:
    served = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    assert shown(served) == ""
    await world.env.advance_time(LONG)
    assert shown(served) == "⏳ Your turn: it comes in a moment…"

    await open_up(world, gate)
    assert shown(served).startswith("月")


async def test_whoever_is_served_and_answered_soon_hears_nothing_else(world: World, gate: threading.Event) -> None:
    served = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    await open_up(world, gate)

    assert shown(served).startswith("月")
    edits = [entry for entry in world.env.http_requests if entry.method == "PATCH"]
    assert len(edits) == 1


async def test_whoever_waits_for_a_moment_sees_no_place(world: World, gate: threading.Event) -> None:
    await somebody(world)
    served = await world.alice.slash(world.channel, "poem", start="月")
    await open_up(world, gate)

    assert shown(served).startswith("月")
    edits = [entry for entry in world.env.http_requests if entry.method == "PATCH" and "before you" in str(entry.json)]
    assert not edits


async def test_whoever_is_served_within_a_moment_hears_of_the_turn_alone(world: World, gate: threading.Event) -> None:
    await somebody(world)
    served = await world.alice.slash(world.channel, "poem", start="月")
    later = threading.Event()
    world.bot.poet._worker.start(later.wait)
    gate.set()
    await until(lambda: not any(ticket.waits for ticket in world.bot.waiting.values()))
    await world.env.advance_time(LONG)
    assert shown(served) == ""
    await world.env.advance_time(LONG)
    assert shown(served) == "⏳ Your turn: it comes in a moment…"

    await open_up(world, later)
    assert shown(served).startswith("月")


async def test_whoever_waits_too_long_to_be_answered_is_told_and_leaves_the_queue(
    world: World, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    await somebody(world)
    monkeypatch.setitem(answered.__globals__, "ANSWERABLE_SECONDS", LONG * 2)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    assert "You are next" in shown(waiting)
    await world.env.advance_time(LONG * 2)

    assert waiting.response is None
    assert len(waiting.followups) == 1
    assert not world.bot.poet._poems.queue
    assert world.env.errors
    await open_up(world, gate)


@pytest.mark.parametrize(
    ("locale", "next_one", "given_up"),
    [
        ("en-US", "You are next", "Cancelled"),
        ("zh-CN", "下一个就是你", "已取消"),
        ("zh-TW", "下一個就是你", "已取消：位置空出來了"),
    ],
)
async def test_giving_up_frees_the_place_and_is_said(
    world: World, gate: threading.Event, wishes: list[PoemRequest], locale: str, next_one: str, given_up: str
) -> None:
    await somebody(world)
    waiting = await interact(world, command(world, "poem", start="月"), locale=locale)
    await world.env.advance_time(LONG)
    assert next_one in shown(waiting)
    assert waiting.response is not None
    await world.alice.click(waiting.response, custom_id=cancel_button(waiting))

    assert waiting.response is None
    [told] = waiting.followups
    assert told.ephemeral
    assert given_up in told.content
    assert not world.bot.poet._poems.queue
    again = await world.alice.slash(world.channel, "poem", start="风")
    await open_up(world, gate)
    assert shown(again).startswith("风")
    assert [wish.start for wish in wishes] == ["山", "风"]
    outcomes = await rows(world.bot, "SELECT command, outcome FROM requests WHERE person_id <> 0 ORDER BY id")
    assert ("poem", "waiting.given_up") in outcomes
    assert ("waiting cancel", "done") in outcomes
    assert world.env.errors


async def test_what_has_begun_cannot_be_given_up(world: World, gate: threading.Event) -> None:
    await somebody(world)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    [ticket] = [ticket for ticket in world.bot.waiting.values() if ticket.waits]
    later = threading.Event()
    world.bot.poet._worker.start(later.wait)
    gate.set()
    await until(lambda: not ticket.waits)
    assert waiting.response is not None
    button = cancel_button(waiting)
    pressed = await world.alice.click(waiting.response, custom_id=button)

    assert pressed.response is not None
    assert pressed.response.ephemeral
    assert "is being written already" in pressed.response.content
    await world.env.advance_time(LONGER)
    assert shown(waiting) == "⏳ Your turn: it comes in a moment…"
    assert buttons(waiting.response)[button]["disabled"]
    await open_up(world, later)
    assert shown(waiting).startswith("月")


async def test_nobody_else_can_cancel(world: World, gate: threading.Event) -> None:
    await somebody(world)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    assert waiting.response is not None
    pressed = await world.bob.click(waiting.response, custom_id=cancel_button(waiting))

    assert pressed.response is not None
    assert pressed.response.ephemeral
    assert "Only the person who asked" in pressed.response.content
    await open_up(world, gate)
    assert shown(waiting).startswith("月")


async def test_a_sum_waits_and_is_given_up_in_the_same_way(world: World, gate: threading.Event) -> None:
    person = await somebody(world)
    await world.bob.slash(world.channel, "add", a="1", b="1")
    waiting = await world.alice.slash(world.channel, "add", a="2", b="2")
    await world.env.advance_time(LONG)
    assert shown(waiting) == "⏳ You are next…"
    assert waiting.response is not None
    await world.alice.click(waiting.response, custom_id=cancel_button(waiting))

    assert "Cancelled" in waiting.followups[0].content
    await open_up(world, gate)
    assert await rows(world.bot, "SELECT sum FROM additions") == [("2",)]
    assert person
    assert world.env.errors


async def test_a_notice_that_a_restart_left_behind_says_what_to_do(world: World, gate: threading.Event) -> None:
    await somebody(world)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    assert waiting.response is not None
    tickets = dict(world.bot.waiting)
    world.bot.waiting.clear()
    pressed = await world.alice.click(waiting.response, custom_id=cancel_button(waiting))

    assert pressed.response is not None
    assert pressed.response.ephemeral
    assert "does not wait any more" in pressed.response.content
    world.bot.waiting.update(tickets)
    await open_up(world, gate)


async def test_a_place_that_cannot_be_shown_holds_up_no_poem(
    world: World, gate: threading.Event, caplog: pytest.LogCaptureFixture
) -> None:
    await somebody(world)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    world.env.inject_error("PATCH", "/webhooks/*", status=403, code=50001)
    await world.env.advance_time(LONG)
    await world.env.advance_time(LONGER)
    assert shown(waiting) == ""
    assert caplog.text.count("could not be shown") == 1

    await open_up(world, gate)
    assert shown(waiting).startswith("月")


async def test_whoever_waits_when_the_bot_stops_is_told(
    world: World, gate: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    await somebody(world)
    waiting = await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    assert "You are next" in shown(waiting)
    limits = world.bot.config.limits.model_copy(update={"shutdown_seconds": 0.0})
    monkeypatch.setattr(world.bot, "config", world.bot.config.model_copy(update={"limits": limits}))
    closing = asyncio.create_task(world.bot.close())
    await until(lambda: waiting.followups)
    gate.set()
    await asyncio.wait_for(closing, 10)

    assert waiting.response is None
    [told] = waiting.followups
    assert told.ephemeral
    assert "being restarted" in told.content
    assert not world.bot.waiting
    assert world.env.errors


async def test_requests_that_are_cut_off_leave_the_queue(
    world: World, gate: threading.Event, wishes: list[PoemRequest]
) -> None:
    await somebody(world)
    await world.alice.slash(world.channel, "poem", start="月")
    await world.env.advance_time(LONG)
    assert len(world.bot.poet._poems.queue) == 1
    for task in asyncio.all_tasks():
        if task.get_name() == "CommandTree-invoker":
            task.cancel()
    await until(lambda: not world.bot.waiting)
    assert not world.bot.poet._poems.queue
    after = threading.Event()
    world.bot.poet._worker.start(after.set)
    gate.set()
    await until(after.is_set)

    assert [wish.start for wish in wishes] == ["山"]
    # What was cut off never ends, and closing does not have to wait for it here.
    limits = world.bot.config.limits.model_copy(update={"shutdown_seconds": 0.0})
    world.bot.config = world.bot.config.model_copy(update={"limits": limits})


def test_few_hear_their_place_often_and_many_no_oftener_than_can_be_said() -> None:
    assert between_notices(1) == between_notices(100) == 4.0
    assert all(waiting / between_notices(waiting) < NOTICES_A_SECOND + 0.01 for waiting in range(1, 2_000))
