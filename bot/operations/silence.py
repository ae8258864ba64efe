"""How long the bot waits for Discord to say something."""

from typing import Any, Final, cast

import aiohttp
import discord

PATIENCE: Final = aiohttp.ClientTimeout(total=60, sock_connect=10, sock_read=15)
"""For a call with all that is uploaded, for the connection, and between two pieces of an answer."""


def bound_silence(http: discord.http.HTTPClient) -> None:
    """Give up calls that Discord leaves unanswered, long before the five minutes of aiohttp's own.

    discord.py opens its session by itself at the login, and has no setting for this; the simulated Discord has none.
    """
    session: aiohttp.ClientSession | None = cast("Any", http)._HTTPClient__session  # noqa: SLF001
    if session:
        session._timeout = PATIENCE  # noqa: SLF001
