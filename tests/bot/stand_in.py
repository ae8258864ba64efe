"""A stand-in for Discord over real sockets: as much as a bot needs to start, to answer once and to stop."""

import asyncio
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

TOKEN = "stand.in.token"
BOT_ID, GUILD_ID, CHANNEL_ID, PERSON_ID = "100", "200", "300", "400"
USER = {"id": BOT_ID, "username": "poet", "discriminator": "0", "avatar": None, "bot": True, "flags": 0}


def answer(data: Any, status: int = 200) -> web.Response:
    # Without a charset, as Discord has it: discord.py looks for exactly this type.
    return web.Response(body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json"})


@dataclass
class StandIn:
    """What it was asked, and what it is to do."""

    address: str = ""
    silent: bool = False
    calls: list[tuple[str, str, Any]] = field(default_factory=list)
    called: asyncio.Event = field(default_factory=asyncio.Event)
    deferred: asyncio.Event = field(default_factory=asyncio.Event)
    connected: asyncio.Event = field(default_factory=asyncio.Event)
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    _socket: web.WebSocketResponse | None = None
    _packer: Any = None

    @property
    def base(self) -> str:
        return f"http://{self.address}/api/v10"

    def count(self, method: str, path: str) -> int:
        return sum(called == method and path in where for called, where, _ in self.calls)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.json() if request.content_type == "application/json" and request.can_read_body else None
        self.calls.append((request.method, request.path, body))
        self.called.set()
        if self.silent:
            await asyncio.sleep(3600)
        if request.headers.get("Authorization", f"Bot {TOKEN}") != f"Bot {TOKEN}":
            return answer({"message": "401: Unauthorized", "code": 0}, status=401)
        return self.reply(request, body)

    def reply(self, request: web.Request, body: Any) -> web.Response:
        data: Any = None
        match request.method, request.path.removeprefix("/api/v10/").split("/"):
            case "GET", ["users", "@me"]:
                data = USER
            case "GET", ["oauth2", "applications", "@me"]:
                data = APPLICATION
            case "PUT", ["applications", _, "commands"]:
                numbered = [command | {"id": str(500 + number)} for number, command in enumerate(body or [])]
                # Entries of menus are sent without a description, and come back with an empty one.
                data = [{"description": ""} | command | {"application_id": BOT_ID} for command in numbered]
            case "GET", ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
                url = f"ws://{self.address}/gateway"
                data = {"url": url, "shards": 1, "session_start_limit": limit}
            case "POST", ["interactions", _, _, "callback"]:
                self.deferred.set()
                data = {"interaction": {"id": "600", "type": 2}}
            case "PATCH", ["webhooks", _, _, "messages", "@original"]:
                self.answered.set()
                data = message()
        return answer(data or {}, status=200 if data else 404)

    async def gateway(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._socket = socket
        self._packer = zlib.compressobj() if request.query.get("compress") == "zlib-stream" else None
        await self.send({"op": 10, "d": {"heartbeat_interval": 41250}})
        async for frame in socket:
            operation = json.loads(frame.data)["op"]
            if operation == 1:
                await self.send({"op": 11})
            elif operation == 2:
                await self.dispatch("READY", READY | {"resume_gateway_url": f"ws://{self.address}/gateway"})
                self.connected.set()
        return socket

    async def dispatch(self, event: str, data: dict[str, Any]) -> None:
        await self.send({"op": 0, "t": event, "s": 1, "d": data})

    async def send(self, payload: dict[str, Any]) -> None:
        assert self._socket is not None
        text = json.dumps(payload)
        if self._packer is None:
            await self._socket.send_str(text)
        else:
            packed = self._packer.compress(text.encode()) + self._packer.flush(zlib.Z_SYNC_FLUSH)
            await self._socket.send_bytes(packed)

    async def ask(self, name: str) -> None:
        """A person types a command without options in a direct message."""
        channel = {"id": CHANNEL_ID, "type": 1, "recipients": [], "last_message_id": None}
        await self.dispatch(
            "INTERACTION_CREATE",
            {
                "id": "600",
                "application_id": BOT_ID,
                "type": 2,
                "token": "interaction token",
                "version": 1,
                "data": {"id": "500", "name": name, "type": 1},
                "channel_id": CHANNEL_ID,
                "channel": channel,
                "user": {"id": PERSON_ID, "username": "alice", "discriminator": "0", "avatar": None},
                "locale": "en-US",
                "entitlements": [],
                "authorizing_integration_owners": {"1": PERSON_ID},
                "context": 1,
                "app_permissions": "0",
                "attachment_size_limit": 10485760,
            },
        )


APPLICATION = {
    "id": BOT_ID,
    "name": "poet",
    "icon": None,
    "description": "",
    "summary": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 0,
    "owner": USER,
    "hook": False,
}
READY = {
    "v": 10,
    "user": USER,
    "guilds": [],
    "session_id": "session",
    "application": {"id": BOT_ID, "flags": 0},
    "shard": [0, 1],
}


def message() -> dict[str, Any]:
    return {
        "id": "700",
        "channel_id": CHANNEL_ID,
        "author": USER,
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "pinned": False,
        "type": 20,
        "flags": 1 << 15,
        "components": [],
    }


@asynccontextmanager
async def stand_in() -> AsyncIterator[StandIn]:
    """A running stand-in on a free port of the loopback."""
    discord = StandIn()
    application = web.Application()
    application.router.add_get("/gateway{tail:.*}", discord.gateway)
    application.router.add_route("*", "/api/{path:.*}", discord.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    discord.address = f"{host}:{port}"
    try:
        yield discord
    finally:
        await runner.cleanup()
