"""The queue alone, against a simple model of it; and the desk that serves it."""

import asyncio
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.services.queue import Desk, FairQueue, Room, close
from bot.services.refusals import Busy, ServerBusy, ShuttingDown

MOST, MOST_OF_SERVER = 12, 5
SERVERS = st.integers(0, 4)
Item = tuple[int, int]


def filled(servers: Sequence[int]) -> tuple[FairQueue[Item], list[Item]]:
    queue: FairQueue[Item] = FairQueue(most=1000, most_of_server=1000)
    items = [(server, number) for number, server in enumerate(servers)]
    for item in items:
        queue.push(item[0], item)
    return queue, items


@given(st.lists(SERVERS, max_size=40), st.integers(1, 7))
def test_places_are_told_exactly(servers: list[int], batch: int) -> None:
    queue, items = filled(servers)
    places = {item: queue.place(item[0], item) for item in items}
    taken: list[Item] = []
    while found := queue.take(batch):
        taken += found

    assert places == {item: place for place, item in enumerate(taken)}


@given(st.lists(SERVERS, max_size=40))
def test_a_server_is_served_in_order_and_waits_one_round_for_each_of_its_own(servers: list[int]) -> None:
    queue, _ = filled(servers)
    taken = queue.take(len(servers))

    for server in set(servers):
        own = [place for place, item in enumerate(taken) if item[0] == server]
        assert [taken[place] for place in own] == sorted(taken[place] for place in own)
        assert all(place < (index + 1) * len(set(servers)) for index, place in enumerate(own))


@given(st.lists(st.one_of(st.just(None), SERVERS), max_size=60))
def test_nobody_starves_however_many_come(steps: list[int | None]) -> None:
    """Whoever enters an empty line is served within as many takes as there are servers, whatever comes later."""
    queue, _ = filled([0] * 10)
    mine = (9, -1)
    queue.push(9, mine)
    takes = 0
    for number, step in enumerate(steps):
        if step is not None:
            queue.push(step, (step, number))
            continue
        takes += 1
        if queue.take(1) == [mine]:
            break
        assert takes < 6


class AgainstModel(RuleBasedStateMachine):
    """A list of servers in the order of their turns, each with a list of items, says the same as the queue."""

    def __init__(self) -> None:
        super().__init__()
        self.queue: FairQueue[Item] = FairQueue(most=MOST, most_of_server=MOST_OF_SERVER)
        self.model: list[tuple[int, list[Item]]] = []
        self.number = 0

    @property
    def items(self) -> list[Item]:
        return [item for _, line in self.model for item in line]

    @rule(server=SERVERS)
    def push(self, server: int) -> None:
        item = (server, self.number)
        self.number += 1
        line = dict(self.model).get(server, [])
        if len(self.items) == MOST:
            with pytest.raises(Busy):
                self.queue.push(server, item)
        elif len(line) == MOST_OF_SERVER:
            with pytest.raises(ServerBusy):
                self.queue.push(server, item)
        else:
            self.queue.push(server, item)
            if not line:
                self.model.append((server, line))
            line.append(item)

    @rule(count=st.integers(0, 4))
    def take(self, count: int) -> None:
        expected: list[Item] = []
        while self.model and len(expected) < count:
            server, line = self.model.pop(0)
            expected.append(line.pop(0))
            if line:
                self.model.append((server, line))
        assert self.queue.take(count) == expected

    @precondition(lambda self: self.model)
    @rule(data=st.data())
    def remove(self, data: st.DataObject) -> None:
        item = data.draw(st.sampled_from(self.items))
        self.queue.remove(item[0], item)
        self.model = [(server, [other for other in line if other != item]) for server, line in self.model]
        self.model = [(server, line) for server, line in self.model if line]

    @invariant()
    def as_long(self) -> None:
        assert len(self.queue) == len(self.items) <= MOST


TestAgainstModel = AgainstModel.TestCase


class Kitchen:
    """Serves when it is told to, and notes what it was given."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.gate = asyncio.Event()

    async def serve(self, wishes: Sequence[str], waiting: int) -> list[str | Exception]:
        self.batches.append([*wishes, str(waiting)])
        await self.gate.wait()
        return [ValueError(wish) if wish == "bad" else wish.upper() for wish in wishes]

    def desk(self, *, batch: int = 2) -> Desk[str, str]:
        return Desk(self.serve, name="kitchen", room=Room(10, 10), batch=batch)


async def test_a_desk_serves_in_batches_and_each_hears_of_its_own() -> None:
    kitchen = Kitchen()
    kitchen.gate.set()
    desk = kitchen.desk()
    tickets = [desk.enter(1, wish) for wish in ("a", "bad", "c")]
    results = await asyncio.gather(*(ticket.answer for ticket in tickets), return_exceptions=True)

    assert results[::2] == ["A", "C"]
    assert isinstance(results[1], ValueError)
    assert kitchen.batches == [["a", "bad", "3"], ["c", "1"]]


async def test_whoever_cancels_frees_the_place() -> None:
    kitchen = Kitchen()
    desk = kitchen.desk(batch=1)
    served, gone, next_one = (desk.enter(1, wish) for wish in "abc")
    await asyncio.sleep(0)
    gone.answer.cancel()
    assert not gone.give_up()
    await asyncio.sleep(0)
    assert next_one.place == 0
    assert len(desk.queue) == 1
    served.answer.cancel()
    kitchen.gate.set()

    assert await next_one.answer == "C"
    assert [batch[0] for batch in kitchen.batches] == ["a", "c"]


async def test_a_batch_in_which_nobody_waits_any_more_is_left_out() -> None:
    kitchen = Kitchen()
    kitchen.gate.set()
    desk = kitchen.desk()
    for ticket in [desk.enter(1, "a"), desk.enter(1, "b")]:
        ticket.answer.cancel()
    await asyncio.sleep(0)

    assert kitchen.batches == []
    assert await desk.enter(1, "c").answer == "C"


async def test_an_answer_in_time_is_told_from_one_that_is_late() -> None:
    kitchen = Kitchen()
    ticket = kitchen.desk().enter(1, "a")

    assert not await ticket.answered_within(0.01)
    kitchen.gate.set()
    assert await ticket.answered_within(10)


async def test_a_desk_that_may_not_finish_tells_who_is_served() -> None:
    desk = Kitchen().desk(batch=2)
    served, left, waiting, gone = (desk.enter(1, wish) for wish in "abcd")
    await asyncio.sleep(0)
    left.answer.cancel()
    gone.answer.cancel()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0):
            await close(desk)

    for ticket in (served, waiting):
        with pytest.raises(ShuttingDown):
            await ticket.answer
    with pytest.raises(ShuttingDown):
        desk.enter(1, "late")
