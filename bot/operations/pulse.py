"""The bot's pulse: a thread that asks each part whether it is alive, and stamps what answers.

A thread, since a task of the loop could not tell that the loop is stuck; and in the simulated Discord, where the loop's
clock stands still, it goes on.
"""

import asyncio
import logging
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Final

from bot.current import of_nobody
from bot.operations.notify import ALIVE, notify
from bot.operations.stamps import Part, Stamps, is_stale
from bot.services.worker import Worker

log = logging.getLogger(__name__)

BEAT_SECONDS: Final = 1.0
"""So often the event loop is asked how late it is."""
STAMP_SECONDS: Final = 10.0
"""So often everything is asked, and stamped."""


class Pulse:
    """Beats from start() to stop(), both of them called in the event loop."""

    def __init__(
        self,
        stamps: Stamps,
        worker: Worker,
        *,
        database: Callable[[], Awaitable[None]],
        gateway: Callable[[], float | None],
        late: Callable[[float], None],
    ) -> None:
        """Nothing beats yet.

        Args:
            stamps: where it is noted what lives.
            worker: whose thread is asked.
            database: comes back when the database has answered.
            gateway: seconds since Discord last said something; None where there is no connection.
            late: is told how many seconds the event loop took to listen.
        """
        self._stamps = stamps
        self._worker = worker
        self._database = database
        self._gateway = gateway
        self._late = late
        self._loop = asyncio.get_running_loop()
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        self._asked_worker = False
        self._asking_database: asyncio.Task[None] | None = None
        self._told = False

    def start(self) -> None:
        """Raises:
        OSError: the stamps cannot be written.
        """
        self._stamps.begin()
        self._thread.start()

    async def stop(self) -> None:
        self._stopped.set()
        self._thread.join()
        if self._asking_database is not None:
            self._asking_database.cancel()
            await asyncio.wait({self._asking_database})
        self._stamps.clear()

    # In the thread.

    def _beat(self) -> None:
        beats = round(STAMP_SECONDS / BEAT_SECONDS)
        while True:
            for beat in range(beats):
                try:
                    self._loop.call_soon_threadsafe(self._listen, time.perf_counter(), beat == 0)
                except RuntimeError:
                    return  # the loop was closed, and nobody stopped this before
                if self._stopped.wait(BEAT_SECONDS):
                    return
            # A second and more after all were asked.
            if not any(map(is_stale, self._stamps.ages().values())):
                notify(ALIVE)

    # In the event loop.

    def _listen(self, asked: float, everything: bool) -> None:  # noqa: FBT001 - called by the loop
        self._late(time.perf_counter() - asked)
        if not everything or self._stopped.is_set():
            return
        self._stamp(Part.LOOP)
        age = self._gateway()
        if age is not None:
            self._stamp(Part.GATEWAY, age)
        if not self._asked_worker:
            self._asked_worker = True
            self._worker.start(self._in_worker)
        if self._asking_database is None:
            ask = self._ask_database()
            self._asking_database = asyncio.create_task(ask, name="pulse", context=of_nobody())

    async def _ask_database(self) -> None:
        try:
            await self._database()
            self._stamp(Part.DATABASE)
        except Exception as error:  # noqa: BLE001 - whatever it is, the next beat asks again
            log.warning("The database does not answer: %s", error)
        finally:
            self._asking_database = None

    def _in_worker(self) -> None:
        self._asked_worker = False
        if not self._stopped.is_set():
            self._stamp(Part.NETWORKS)

    def _stamp(self, part: Part, age: float = 0.0) -> None:
        try:
            self._stamps.stamp(part, age)
        except OSError as error:
            # Not stamped is stuck: whoever looks is told. Once is enough for the log.
            if not self._told:
                log.warning("Cannot note that the bot is alive: %s", error)
            self._told = True
