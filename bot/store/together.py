"""What many people write in the same moment, in one transaction: the disk is waited for once, not once for each."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, NamedTuple, TypeVar

Result = TypeVar("Result")
Work = Callable[[sqlite3.Connection], Result]
"""Runs in the thread of the connection, and must not begin or end transactions."""

MOST_AT_ONCE: Final = 500


class _Wish(NamedTuple):
    work: Work[Any]
    answer: asyncio.Future[Any]


class Together:
    """Does what was asked for while it did the last. Each happens whole or not at all, whatever becomes of the others.

    Besides, one call does it all in the connection's thread: while a network computes, going to another thread and
    back takes longer than what is done there.
    """

    def __init__(
        self, run: Callable[..., Awaitable[Any]], turn: Callable[[], AbstractAsyncContextManager[object]]
    ) -> None:
        """Nothing waits yet.

        Args:
            run: calls a function in the thread of a connection.
            turn: the time in which nobody else uses the connection.
        """
        self._run = run
        self._turn = turn
        self._waiting: list[_Wish] = []
        self._doing: asyncio.Task[None] | None = None

    async def do(self, connection: sqlite3.Connection, work: Work[Result]) -> Result:
        """What the work gives, once it is on the disk.

        Raises:
            sqlite3.Error: nothing of this work was written.
        """
        answer: asyncio.Future[Result] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Wish(work, answer))
        if self._doing is None:
            self._doing = asyncio.create_task(self._do_all(connection), name="writes")
        return await answer

    async def done(self) -> None:
        """Wait until nothing waits."""
        while self._doing is not None:
            await asyncio.wait({self._doing})

    async def _do_all(self, connection: sqlite3.Connection) -> None:
        """Ends when nothing waits: the next one starts it again."""
        wishes: list[_Wish] = []
        try:
            while self._waiting:
                try:
                    async with self._turn():
                        wishes = self._take()
                        results = await self._run(_do_together, connection, [wish.work for wish in wishes])
                except sqlite3.Error as error:
                    wishes = wishes or self._take()
                    results = [error] * len(wishes)
                for wish, result in zip(wishes, results, strict=True):
                    _tell(wish.answer, result)
                wishes = []
        finally:
            self._doing = None
            for wish in (*wishes, *self._waiting):
                wish.answer.cancel()

    def _take(self) -> list[_Wish]:
        """Those that somebody still waits for."""
        taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        return [wish for wish in taken if not wish.answer.done()]


def _tell(answer: asyncio.Future[Any], result: object) -> None:
    if answer.done():
        return
    if isinstance(result, Exception):
        answer.set_exception(result)
    else:
        answer.set_result(result)


def _do_together(connection: sqlite3.Connection, works: Sequence[Work[Any]]) -> list[Any]:
    """For each what it gives, or its error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        results = [_attempt(connection, work) for work in works]
        connection.execute("COMMIT")
    except BaseException:
        connection.rollback()
        raise
    return results


def _attempt(connection: sqlite3.Connection, work: Work[Any]) -> Any:
    connection.execute("SAVEPOINT work")
    try:
        result = work(connection)
    except Exception as error:  # it belongs to whoever waits for this work
        if not connection.in_transaction:  # a full disk, for example, has undone the others as well
            raise
        connection.execute("ROLLBACK TO work")
        result = error
    connection.execute("RELEASE work")
    return result
