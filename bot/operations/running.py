"""The life of the process: start, signals, end."""

import asyncio
import signal

from pydantic import SecretStr

from bot.app import PoetBot
from bot.config import Config


def run(config: Config, token: SecretStr, *, only_sync: bool = False) -> None:
    """Run the bot until SIGINT or SIGTERM; or, to register the commands only, until that is done.

    Raises:
        Whatever kept the bot from starting or going on, after everything is closed.
    """
    asyncio.run(_sync(config, token) if only_sync else _serve(config, token))


async def _sync(config: Config, token: SecretStr) -> None:
    async with PoetBot(config, only_sync=True) as bot:
        await bot.login(token.get_secret_value())


async def _serve(config: Config, token: SecretStr) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    bot = PoetBot(config)
    async with bot:
        serving = asyncio.create_task(bot.start(token.get_secret_value()), name="discord")
        stopping = asyncio.create_task(stop.wait(), name="stop")
        await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await bot.close()
        if stop.is_set():
            # The connection has ended; a login that was still under way ends now.
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
        else:
            await serving
