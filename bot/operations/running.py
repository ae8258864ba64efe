"""The life of the process: start, signals, end."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from pydantic import SecretStr

from bot.app import PoetBot
from bot.config import Config
from bot.operations.addresses import use_addresses

SWITCH_SECONDS: Final = 0.0002
"""A thread that computes lets the others in so often. By Python's usual five milliseconds, whoever asks while poems are
written is acknowledged twice as late: the event loop and the database wait for their turn dozens of times."""


def run(config: Config, token: SecretStr, *, only_sync: bool = False) -> None:
    """Run the bot until SIGINT or SIGTERM; or, to register the commands only, until that is done.

    Raises:
        Whatever kept the bot from starting or going on, after everything is closed.
    """
    use_addresses(config.discord)
    sys.setswitchinterval(SWITCH_SECONDS)
    asyncio.run(sync(config, token) if only_sync else serve(config, token))


async def sync(config: Config, token: SecretStr) -> None:
    async with PoetBot(config, only_sync=True) as bot:
        await bot.login(token.get_secret_value())


async def serve(config: Config, token: SecretStr) -> None:
    with _stop_signal() as stop:
        async with PoetBot(config) as bot:
            serving = asyncio.create_task(bot.start(token.get_secret_value()), name="discord")
            stopping = asyncio.create_task(stop.wait(), name="stop")
            await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
            if serving.done():
                await serving
            else:
                await bot.close()
                # A login that is still under way ends now.
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)


@contextmanager
def _stop_signal() -> Iterator[asyncio.Event]:
    """Set by the first signal. The second ends the process at once: nothing that was acknowledged is lost by it."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def stop_once() -> None:
        stop.set()
        for number in before:
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)

    for number in before:
        loop.add_signal_handler(number, stop_once)
    try:
        yield stop
    finally:
        for number, handler in before.items():
            loop.remove_signal_handler(number)
            signal.signal(number, handler)
