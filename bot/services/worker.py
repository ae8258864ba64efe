"""The one thread that owns the networks."""

import asyncio
import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, Final, NamedTuple, TypeVar

from bot.services.refusals import ShuttingDown

Result = TypeVar("Result")

NETWORKS: Final = "networks"
"""The name of the bot's own worker, and of its thread."""


class _Job(NamedTuple):
    work: Callable[[], Any]
    answer: asyncio.Future[Any]


class Worker:
    """Does one job after another beside the event loop, in the order in which they came."""

    def __init__(self, name: str) -> None:
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
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
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(work, answer))
        return await answer

    def start(self, work: Callable[[], object]) -> None:
        """Do the job without anyone waiting; it has to see to its own errors."""
        self._jobs.put(_Job(work, asyncio.get_running_loop().create_future()))

    async def close(self) -> None:
        """Finish what was asked for, then end the thread."""
        self._closed = True
        ended = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(lambda: None, ended))
        self._jobs.put(None)
        await ended
        self._thread.join()

    def _work(self) -> None:
        while (job := self._jobs.get()) is not None:
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
