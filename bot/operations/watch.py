"""What watches over the bot while it runs: its pulse, and the pages for programs that look at it."""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

from bot.operations.pages import Pages
from bot.operations.pulse import Pulse
from bot.operations.stamps import Stamps
from bot.operations.states import States, gateway_age

if TYPE_CHECKING:
    from bot.app import PoetBot


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
        pages = Pages(stamps, bot.measures.registry)
        opened.push_async_callback(pages.close)
        await pages.open(bot.config.metrics)
