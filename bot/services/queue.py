"""Who waits for the networks: a queue that is bounded and fair between servers, and the desk that serves it."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from bot.current import of_nobody
from bot.services.refusals import Busy, GivenUp, ServerBusy, ShuttingDown

Item = TypeVar("Item")
Wish = TypeVar("Wish")
Result = TypeVar("Result")

OWN: Final = 0
"""The server of what the bot asks for by itself."""


class FairQueue(Generic[Item]):
    """Servers take turns, one item each; the items of one server come in the order in which they came in.

    A server is any number: each person who writes directly is one of their own.
    """

    def __init__(self, *, most: int, most_of_server: int) -> None:
        self._most = most
        self._most_of_server = most_of_server
        self._length = 0
        # In the order in which it is their turn; a server without items is not in it.
        self._servers: OrderedDict[int, deque[Item]] = OrderedDict()

    def __len__(self) -> int:
        return self._length

    def check_room(self, server: int) -> None:
        """Raises:
        Busy: as many wait as may.
        ServerBusy: as many of this server wait as may.
        """
        if self._length >= self._most:
            raise Busy
        if len(self._servers.get(server, ())) >= self._most_of_server:
            raise ServerBusy

    def push(self, server: int, item: Item) -> None:
        """Raises:
        Busy, ServerBusy: as check_room() does.
        """
        self.check_room(server)
        self._servers.setdefault(server, deque()).append(item)
        self._length += 1

    def take(self, count: int) -> list[Item]:
        """The next items, at most so many."""
        return [self._next() for _ in range(min(count, self._length))]

    def remove(self, server: int, item: Item) -> None:
        """Take out an item that waits; the others keep their order."""
        waiting = self._servers[server]
        waiting.remove(item)
        self._length -= 1
        if not waiting:
            del self._servers[server]

    def place(self, server: int, item: Item) -> int:
        """How many items are taken before this one, if no more come: servers that come anew may take turns, too."""
        index = self._servers[server].index(item)
        before, ahead = index, 1
        for other, waiting in self._servers.items():
            if other == server:
                ahead = 0  # it is the turn of those that follow only after this server's
            else:
                before += min(len(waiting), index + ahead)
        return before

    def _next(self) -> Item:
        server, waiting = next(iter(self._servers.items()))
        item = waiting.popleft()
        self._length -= 1
        if waiting:
            self._servers.move_to_end(server)
        else:
            del self._servers[server]
        return item


class Ticket(Generic[Wish, Result]):
    """A request at a desk. Whoever cancels its `answer` leaves the queue, too."""

    def __init__(self, desk: "Desk[Wish, Result]", server: int, wish: Wish) -> None:
        self._desk = desk
        self.server = server
        self.wish = wish
        self.waits = True  # until it is served, or gives up
        self.answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()

    @property
    def place(self) -> int:
        """How many requests begin before this one, which has to wait still."""
        return self._desk.queue.place(self.server, self)

    def give_up(self) -> bool:
        """Leave the queue. Returns whether it did: what has begun goes on."""
        if not self.waits or self.answer.done():
            return False
        self._desk.leave(self)
        self.answer.set_exception(GivenUp())
        return True

    async def answered_within(self, seconds: float) -> bool:
        """Whether the answer, good or bad, is there after so many seconds at the most."""
        done, _ = await asyncio.wait([self.answer], timeout=seconds)
        return bool(done)


@dataclass(frozen=True, slots=True)
class Served:
    """A batch that was answered: by which desk, with what, and how long it took."""

    desk: str
    results: Sequence[Any]
    seconds: float


@dataclass(frozen=True, slots=True)
class Room:
    """How many may wait at a desk: in all, and of one server; `told` hears of each batch that was answered."""

    most: int
    most_of_server: int
    told: Callable[[Served], None] | None = None


class Desk(Generic[Wish, Result]):
    """Serves the requests of a queue in batches, one batch at a time; whoever comes meanwhile goes into a later one."""

    def __init__(
        self,
        serve: Callable[[Sequence[Wish], int], Awaitable[Sequence[Result | Exception]]],
        *,
        name: str,
        room: Room,
        batch: int,
    ) -> None:
        """Nobody waits yet.

        Args:
            serve: answers a batch, each of it with a result or an error; it is told how many waited before it was
                taken, itself included.
            name: of the task that serves.
            room: for those who wait.
            batch: requests in one batch.
        """
        self._serve = serve
        self.name = name
        self._told = room.told
        self._batch = batch
        self._task: asyncio.Task[None] | None = None
        self._closed = False
        self.queue: FairQueue[Ticket[Wish, Result]] = FairQueue(most=room.most, most_of_server=room.most_of_server)

    def admit(self, server: int) -> None:
        """Raises:
        Busy, ServerBusy: as many requests wait as may.
        ShuttingDown: the desk takes no more.
        """
        if self._closed:
            raise ShuttingDown
        self.queue.check_room(server)

    def enter(self, server: int, wish: Wish) -> Ticket[Wish, Result]:
        """Raises:
        Busy, ServerBusy, ShuttingDown: as admit() does.
        """
        self.admit(server)
        ticket = Ticket(self, server, wish)
        self.queue.push(server, ticket)
        ticket.answer.add_done_callback(lambda _: self.leave(ticket))
        if self._task is None:
            # It serves many: the request that happens to begin it is none of its own.
            self._task = asyncio.create_task(self._serve_all(), name=self.name, context=of_nobody())
        return ticket

    def leave(self, ticket: Ticket[Wish, Result]) -> None:
        """Free the place of a ticket, if it still has one."""
        if ticket.waits:
            ticket.waits = False
            self.queue.remove(ticket.server, ticket)

    def stop(self) -> asyncio.Task[None] | None:
        """Take no more, and tell whoever waits.

        Returns:
            What finishes the batch that is being served, if there is one. When it is cancelled, the batch is told.
        """
        self._closed = True
        _refuse(self._take(len(self.queue)))
        return self._task

    def _take(self, count: int) -> list[Ticket[Wish, Result]]:
        tickets = self.queue.take(count)
        for ticket in tickets:
            ticket.waits = False
        return [ticket for ticket in tickets if not ticket.answer.done()]

    async def _serve_all(self) -> None:
        """Ends when nobody waits: the next request starts it again."""
        try:
            while waiting := len(self.queue):
                if batch := self._take(self._batch):
                    await self._serve_batch(batch, waiting)
        finally:
            self._task = None

    async def _serve_batch(self, batch: Sequence[Ticket[Wish, Result]], waiting: int) -> None:
        results: Sequence[Result | Exception]
        began = time.perf_counter()
        try:
            results = await self._serve([ticket.wish for ticket in batch], waiting)
        except asyncio.CancelledError:
            _refuse(batch)
            raise
        except Exception as error:  # noqa: BLE001 - every one of them hears of it
            results = [error] * len(batch)
        if self._told is not None:
            self._told(Served(self.name, results, time.perf_counter() - began))
        for ticket, result in zip(batch, results, strict=True):
            if ticket.answer.done():
                continue
            if isinstance(result, Exception):
                ticket.answer.set_exception(result)
            else:
                ticket.answer.set_result(result)


async def close(*desks: Desk[Any, Any]) -> None:
    """Take no more, and finish what is being served; whoever still waits is told.

    When it is cancelled, even at once, whoever is being served is told, too.
    """
    await asyncio.gather(*[task for desk in desks if (task := desk.stop()) is not None])


def _refuse(tickets: Iterable[Ticket[Any, Any]]) -> None:
    for ticket in tickets:
        if not ticket.answer.done():
            ticket.answer.set_exception(ShuttingDown())
