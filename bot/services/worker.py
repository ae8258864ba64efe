"""The one thread that owns the networks."""

import asyncio
import threading
from collections.abc import Callable
from itertools import count
from queue import PriorityQueue
from typing import Any, Final, NamedTuple, TypeVar

from bot.services.refusals import ShuttingDown

Result = TypeVar("Result")

NETWORKS: Final = "networks"
"""The name of the bot's own worker, and of its thread."""


_ASKED: Final = 0
_AHEAD: Final = 1
"""The rank of what is loaded ahead of need: whoever asks for something comes before it."""
_LAST: Final = 2


class _Job(NamedTuple):
    rank: int
    number: int
    """In the order in which the jobs came; no two are equal, so that nothing behind it is ever compared."""
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class Worker:
    """Does one job after another beside the event loop, in the order in which they came; what can wait comes last."""

    def __init__(self, name: str) -> None:
        self._jobs: PriorityQueue[_Job] = PriorityQueue()
        self._numbers = count()
        self._closed = False
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()

    async def run(self, work: Callable[[], Result]) -> Result:
        """The job's result, or its exception. A job that has begun is finished even if nobody waits any more.

        Raises:
            ShuttingDown: the worker takes no more.
        """
        if self._closed:
            raise ShuttingDown
        return await self._put(_ASKED, work)

    def start(self, work: Callable[[], object]) -> None:
        """Do the job without anyone waiting; it has to see to its own errors."""
        self._put(_ASKED, work)

    def prepare(self, work: Callable[[], object]) -> "asyncio.Future[object]":
        """The same, ahead of need: when there is nothing else to do. Whoever needs it after all may wait for it."""
        return self._put(_AHEAD, work)

    async def close(self) -> None:
        """Finish what was asked for, then end the thread."""
        self._closed = True
        await self._put(_LAST, lambda: None)
        self._thread.join()

    def _put(self, rank: int, work: Callable[[], Result]) -> "asyncio.Future[Result]":
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(rank, next(self._numbers), work, answer))
        return answer

    def _work(self) -> None:
        rank = _ASKED
        while rank != _LAST:
            rank, _, _, _ = job = self._jobs.get()
            if job.answer.cancelled():
                continue
            try:
                result = job.work()
            except BaseException as error:  # noqa: BLE001 - it belongs to whoever waits, whatever it is
                _tell(job.answer, error=error)
            else:
                _tell(job.answer, result=result)


def _tell(answer: asyncio.Future[Any], *, result: object = None, error: BaseException | None = None) -> None:
    def deliver() -> None:
        if answer.done():
            return
        if error is not None:
            answer.set_exception(error)
        else:
            answer.set_result(result)

    loop = answer.get_loop()
    if not loop.is_closed():
        loop.call_soon_threadsafe(deliver)
