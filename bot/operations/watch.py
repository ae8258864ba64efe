"""What watches over the bot while it runs: its pulse, and the pages for programs that look at it."""

import logging
import sqlite3
from contextlib import AsyncExitStack
from functools import partial
from typing import TYPE_CHECKING

from bot.operations.pages import Pages
from bot.operations.pulse import Pulse
from bot.operations.stamps import Stamps
from bot.operations.states import States, gateway_age

if TYPE_CHECKING:
    from bot.app import PoetBot

log = logging.getLogger(__name__)


async def watch(bot: "PoetBot", version: str, opened: AsyncExitStack) -> None:
    """Begin; what has to end is entered into `opened`, before whatever was opened earlier.

    Raises:
        ConfigError: the pages cannot be served where the settings say.
        OSError: the data folder cannot be written.
    """
    stamps = Stamps(bot.config.storage.dir, bot.share)
    pulse = Pulse(
        stamps,
        bot.worker,
        database=bot.database.answer,
        gateway=lambda: gateway_age(bot),
        late=bot.measures.listened,
    )
    pulse.start()
    opened.push_async_callback(pulse.stop)
    if bot.config.metrics.port:
        bot.measures.registry.register(States(bot, stamps, version))
        pages = Pages(stamps, bot.measures.registry, partial(count_jobs, bot))
        opened.push_async_callback(pages.close)
        await pages.open(bot.config.metrics)


async def count_jobs(bot: "PoetBot") -> None:
    """Have the measures tell how it stands with the trainings; nothing of them where the database does not."""
    try:
        counts = {str(state): count for state, count in (await bot.jobs.store.counts()).items()}
    except sqlite3.Error as error:
        log.warning("Jobs could not be counted: %s", error)
        counts = {}
    bot.measures.counted_jobs(counts)
