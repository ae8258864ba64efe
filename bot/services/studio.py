"""Where pictures are drawn: one after another, beside the event loop, and not twice while it is remembered."""

import asyncio
import logging
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Final

from bot.services.refusals import Busy

log = logging.getLogger(__name__)

MOST_KEPT: Final = 64
"""More than all pictures of cells in all languages together: 27."""
MOST_WAITING: Final = 64


class Studio:
    """All pictures of the bot come from one: a second thread would only take the time of the networks."""

    def __init__(self) -> None:
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._kept: OrderedDict[Hashable, bytes] = OrderedDict()

    @property
    def free(self) -> bool:
        """Whether a picture would be drawn at once."""
        return not self._waiting

    def prepare(self, load: Callable[[], None]) -> threading.Thread:
        """Load what draws in the background, so that the first picture does not wait for it."""
        thread = threading.Thread(target=_prepare, args=(load,), name="pictures", daemon=True)
        thread.start()
        return thread

    async def picture(self, key: Hashable, draw: Callable[[], bytes]) -> bytes:
        """What `draw` makes in a thread of its own; the same key stands for the same picture.

        Raises:
            Busy: too many wait already.
        """
        if self._waiting >= MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            async with self._turn:
                picture = self._kept.pop(key, b"") or await asyncio.to_thread(draw)
                self._kept[key] = picture  # at the end: the first is the one that nobody asked for longest
                if len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
                return picture
        finally:
            self._waiting -= 1


def _prepare(load: Callable[[], None]) -> None:
    try:
        load()
    except (ImportError, OSError):
        log.exception("What draws pictures could not be loaded; the first picture tries it once more")
