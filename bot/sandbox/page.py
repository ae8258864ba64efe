"""The page that shows the sandbox's channel in a browser, on the loopback."""

import asyncio
import os
from collections.abc import Mapping
from typing import Any

from simcord import ChannelHandle, Env, MemberActor, SetupError
from simcord.preview import Preview

WIDTH, HEIGHT = 960, 720


class PortInUseError(Exception):
    """The port that was asked for is taken; str() says what to do."""


class Page(Preview):
    """SimCord's preview, whose actions wait for their turn: the simulated Discord refuses two actors at a time.

    `_action` is not a public method; the version of SimCord is pinned, and a test presses a button on the page while
    the terminal is at work.
    """

    def __init__(
        self, env: Env, channel: ChannelHandle, member: MemberActor, turn: asyncio.Lock, locale: str, port: int
    ) -> None:
        super().__init__(
            env,
            channel,
            (member,),
            layout="channel",
            display="responsive",
            width=WIDTH,
            height=HEIGHT,
            locale=locale,
            timezone="UTC",
            presentation_time=None,
            assets={},
            sku_presentations={},
            port=port,
        )
        self._turn = turn
        self.used = asyncio.Event()  # set when something was done there; whoever has seen it clears it

    async def _action(self, context_id: str | None, body: Mapping[str, Any]) -> dict[str, Any]:
        async with self._turn:
            result = await super()._action(context_id, body)
            if result.get("dispatched"):
                self.used.set()
            return result


async def open_page(
    env: Env, channel: ChannelHandle, member: MemberActor, turn: asyncio.Lock, *, locale: str, port: int | None
) -> Page:
    """Serve the channel; without a port, on a free one.

    Raises:
        PortInUseError: the port cannot be had.
    """
    page = Page(env, channel, member, turn, locale, port or 0)
    try:
        await page.__aenter__()
    except SetupError as error:
        if port and isinstance(error.__cause__, OSError):
            reason = os.strerror(error.__cause__.errno or 0)
            raise PortInUseError(
                f"Port {port} cannot be used ({reason}). "
                "Choose another with --port, or leave --port out for a free one."
            ) from error
        raise
    return page
