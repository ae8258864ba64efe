"""A browser at the sandbox's page: does what the page's script does."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp


class Browser:
    """One open page."""

    def __init__(self, http: aiohttp.ClientSession, address: str) -> None:
        self.http = http
        self.root, _, capability = address.partition("#")
        self.headers = {"X-Simcord-Capability": capability}
        self.sequence = 0
        self.page: dict[str, Any] = {}

    async def get(self, path: str) -> dict[str, Any]:
        async with self.http.get(self.root + path, headers=self.headers) as response:
            return dict(await response.json())

    async def post(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        async with self.http.post(self.root + path, json=body, headers=self.headers) as response:
            assert response.status == 200, await response.text()
            return dict(await response.json())

    async def open(self) -> None:
        self.page = await self.post("api/pages", {})
        self.headers["X-Simcord-Context"] = self.page["context"]["id"]

    async def look(self) -> str:
        self.page = await self.get("api/state")
        return str(self.page["messages"])

    async def act(self, kind: str, **body: Any) -> dict[str, Any]:
        await self.look()
        envelope = {
            "protocol_version": 3,
            "sequence": self.sequence + 1,
            "request_id": f"r{self.sequence}",
            "generation": self.page["context"]["generation"],
            "bot_generation": self.page["botGeneration"],
            "published_revision": self.page["publishedRevision"],
            "kind": kind,
        }
        result = await self.post("api/action", {**envelope, **body})
        self.sequence += not result["rejected"]
        return result

    async def run(self, command: str, **options: Any) -> dict[str, Any]:
        catalog = await self.get("api/commands")
        entry = next(entry for entry in catalog["entries"] if entry["invocation"] == command)
        return await self.act(
            "run_command",
            command_id=entry["commandId"],
            path=entry["path"],
            schema_fingerprint=entry["schemaFingerprint"],
            options=options,
        )


@asynccontextmanager
async def browsing(address: str) -> AsyncIterator[Browser]:
    """A page that is open at an address."""
    async with aiohttp.ClientSession() as http:
        browser = Browser(http, address)
        await browser.open()
        yield browser


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
