"""The gateway: compressed events, sessions that can be resumed, and sockets that break."""

import asyncio
import json
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from loopback import payloads
from loopback.payloads import BOT_ID, Payload, snowflake


@dataclass
class Session:
    """Events of a session in their order; its sequence numbers count from 1."""

    id: str = field(default_factory=lambda: f"session-{snowflake()}")
    events: list[Payload] = field(default_factory=list)


class Socket:
    """One connection; where the bot asked for it, all that is sent is one stream of zlib."""

    def __init__(self, socket: web.WebSocketResponse, *, compressed: bool) -> None:
        self.socket = socket
        self._packer = zlib.compressobj() if compressed else None

    async def send(self, payload: Payload) -> None:
        text = json.dumps(payload)
        if self._packer is None:
            await self.socket.send_str(text)
        else:
            await self.socket.send_bytes(self._packer.compress(text.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH))


class Gateway:
    """Speaks to one shard.

    Attributes:
        shard: its number, and how many there are.
        heartbeat_seconds: how often the bot is to say that it lives.
        deaf: heartbeats are not acknowledged, and nothing else is said.
        open: while it is not set, connections wait for their first word.
        again: so many events that the bot has seen are sent once more when it resumes.
        twice: every event is sent twice.
        identified: how often the bot began a session.
        resumed: how often it went on with one.
        codes: with which the bot closed its sockets.
    """

    def __init__(
        self,
        address: str,
        guilds: Callable[[], list[Payload]],
        changed: Callable[[], None],
        shard: tuple[int, int] = (0, 1),
    ) -> None:
        self.url = f"ws://{address}/gateway/{shard[0]}"
        self.shard = shard
        self.heartbeat_seconds = 41.25
        self.deaf = False
        self.open = asyncio.Event()
        self.open.set()
        self.again = 0
        self.twice = False
        self.identified = 0
        self.resumed = 0
        self.codes: list[int | None] = []
        self.socket: Socket | None = None
        self._session: Session | None = None
        self._all_guilds = guilds
        self._changed = changed
        self._turn = asyncio.Lock()
        self._pings: list[asyncio.Future[None]] = []

    @property
    def ready(self) -> bool:
        return self.socket is not None and self._session is not None

    def sees(self, guild_id: int | None) -> bool:
        """Whether the server is of this shard; direct messages come to the first one."""
        number, count = self.shard
        return ((guild_id or 0) >> 22) % count == number

    def _guilds(self) -> list[Payload]:
        return [guild for guild in self._all_guilds() if self.sees(int(guild["id"]))]

    async def serve(self, request: web.Request) -> web.WebSocketResponse:
        await self.open.wait()
        response = web.WebSocketResponse(timeout=0.1)
        await response.prepare(request)
        socket = Socket(response, compressed=request.query.get("compress") == "zlib-stream")
        await socket.send({"op": 10, "d": {"heartbeat_interval": round(self.heartbeat_seconds * 1000)}})
        async for frame in response:
            await self._receive(socket, json.loads(frame.data))
        self.codes.append(response.close_code)
        if self.socket is socket:
            self.socket = None
        self._changed()
        return response

    async def _receive(self, socket: Socket, frame: Payload) -> None:
        match frame["op"]:
            case 1 if not self.deaf:
                while self._pings:
                    heard = self._pings.pop()
                    if not heard.done():
                        heard.set_result(None)
                await socket.send({"op": 11})
            case 2:
                self.identified += 1
                self._session = Session()
                await self._begin(socket, self._session)
            case 6:
                await self._resume(socket, frame["d"])
        self._changed()

    async def _begin(self, socket: Socket, session: Session) -> None:
        self.socket = socket
        ready = {
            "v": 10,
            "user": payloads.BOT,
            "guilds": [{"id": guild["id"], "unavailable": True} for guild in self._guilds()],
            "session_id": session.id,
            "resume_gateway_url": self.url,
            "application": {"id": str(BOT_ID), "flags": 0},
            "shard": list(self.shard),
        }
        await self.dispatch("READY", ready)
        for guild in self._guilds():
            await self.dispatch("GUILD_CREATE", guild)

    async def _resume(self, socket: Socket, wish: Payload) -> None:
        session = self._session
        if session is None or wish["session_id"] != session.id:
            await socket.send({"op": 9, "d": False})
            return
        async with self._turn:
            self.resumed += 1
            self.socket = socket
            for event in session.events[max(1, wish["seq"] - self.again) :]:
                await socket.send(event)
        await self.dispatch("RESUMED", {})

    async def dispatch(self, event: str, data: Payload) -> None:
        """Send an event; while the bot is away it is kept until the session goes on. Without a session it is lost."""
        async with self._turn:
            if self._session is None:
                return
            payload: dict[str, Any] = {"op": 0, "t": event, "s": len(self._session.events) + 1, "d": data}
            self._session.events.append(payload)
            if self.socket is not None and not self.deaf:
                with suppress(ConnectionError):  # the socket broke, and it is sent when the bot resumes
                    for _ in range(2 if self.twice else 1):
                        await self.socket.send(payload)

    async def ping(self) -> None:
        """Ask for a heartbeat out of turn, and wait for it: it comes when the bot's event loop comes to it."""
        assert self.socket is not None
        heard = asyncio.get_running_loop().create_future()
        self._pings.append(heard)
        await self.socket.send({"op": 1, "d": None})
        await heard

    # What breaks.

    async def drop(self, code: int, *, forget: bool = False) -> None:
        """Close the socket. A session that is forgotten cannot be resumed."""
        socket, self.socket = self._cut(forget=forget)
        await socket.socket.close(code=code)

    def tear(self) -> None:
        """The connection breaks without a word."""
        socket, self.socket = self._cut(forget=False)
        transport = socket.socket._req.transport if socket.socket._req is not None else None
        assert transport is not None
        transport.abort()

    async def reconnect(self) -> None:
        """Ask the bot to come again and resume."""
        socket, self.socket = self._cut(forget=False)
        await socket.send({"op": 7, "d": None})

    async def invalidate(self, *, resumable: bool) -> None:
        """Tell the bot that its session is no longer good."""
        socket, self.socket = self._cut(forget=not resumable)
        await socket.send({"op": 9, "d": resumable})

    def _cut(self, *, forget: bool) -> tuple[Socket, None]:
        assert self.socket is not None
        if forget:
            self._session = None
        return self.socket, None
