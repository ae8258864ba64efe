"""A stand-in for Discord over real sockets: its gateway, its REST, its people, and its bad days."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from aiohttp import web

from loopback.faults import Fault, Faults, Refused
from loopback.gateway import Gateway
from loopback.payloads import Payload
from loopback.people import Asked, Channel, Context, Message, Person, Server
from loopback.rest import TOKEN, Files, Rest

PREFIX: Final = "/api/v10/"
PATIENCE_SECONDS: Final = 60.0
_TYPES: Final = {str: 3, int: 4, float: 10}

Found = TypeVar("Found")


@dataclass(frozen=True)
class Call:
    method: str
    path: str
    body: Any


class StandIn:
    """Discord, as far as a bot can tell.

    Each shard has a gateway of its own, and `gateway` is that of the first.
    """

    def __init__(self, address: str, shards: int = 1) -> None:
        self.base = f"http://{address}{PREFIX}".rstrip("/")
        numbers = range(shards)
        self.gateways = [Gateway(address, self._guilds, self._notify, (number, shards)) for number in numbers]
        self.gateway = self.gateways[0]
        self.rest = Rest(self.gateway.url)
        self.faults = Faults()
        self.calls: list[Call] = []
        self.heard: Callable[[Asked], None] = lambda _: None
        """Told of what was asked whenever the bot has answered it or changed its answer."""
        self._changed = asyncio.Event()

    def _guilds(self) -> list[Payload]:
        return [server.payload for server in self.rest.servers if server.installed]

    # Who and what there is.

    def person(self, name: str, locale: str = "en-US") -> Person:
        person = Person(name, locale)
        self.rest.people.append(person)
        return person

    def server(self, name: str, *, locale: str = "en-US", installed: bool = True, shard: int = 0) -> Server:
        server = Server(name, locale, installed)
        while not self.gateways[shard].sees(server.id):
            server.id += 1 << 22
        self.rest.servers.append(server)
        return server

    def conversation(self, *people: Person) -> Channel:
        """Of one person with the bot, or of two without it."""
        context = Context.WITH_THE_BOT if len(people) == 1 else Context.BETWEEN_PEOPLE
        channel = Channel("", context, people=people)
        self.rest.conversations.append(channel)
        return channel

    async def forbid(self, channel: Channel) -> None:
        """Take from the bot the permission to write there."""
        channel.forbidden = True
        await self._gateway_of(channel).dispatch("CHANNEL_UPDATE", channel.payload)

    def _gateway_of(self, channel: Channel) -> Gateway:
        guild_id = channel.server.id if channel.server is not None else None
        return next(gateway for gateway in self.gateways if gateway.sees(guild_id))

    # What people do.

    def typed(self, person: Person, channel: Channel, command: str, **options: Any) -> Asked:
        """A command, of a group or of a group in a group as well, that is not sent yet."""
        name, *path = command.split()
        places = (None,) if channel.server is None else (None, channel.server.id)
        known = (entry for place in places for entry in self.rest.commands.get(place, []))
        number = next((entry["id"] for entry in known if entry["name"] == name), "1")
        given: list[Payload] = [
            {"name": key, "type": _TYPES[type(value)], "value": value} for key, value in options.items()
        ]
        for depth, part in enumerate(reversed(path)):
            given = [{"name": part, "type": 2 if depth else 1, "options": given}]
        return Asked(person, channel, 2, {"id": number, "name": name, "type": 1, "options": given})

    async def types(self, person: Person, channel: Channel, command: str, **options: Any) -> Asked:
        """A command."""
        return await self.ask(self.typed(person, channel, command, **options))

    async def presses(self, person: Person, channel: Channel, message: Message, ending: str) -> Asked:
        """The button whose custom id ends so."""
        data = {"custom_id": message.custom_id(ending), "component_type": 2}
        return await self.ask(Asked(person, channel, 3, data, message))

    async def chooses(self, person: Person, channel: Channel, message: Message, ending: str, *values: str) -> Asked:
        """Entries of the menu whose custom id ends so."""
        data = {"custom_id": message.custom_id(ending), "component_type": 3, "values": list(values)}
        return await self.ask(Asked(person, channel, 3, data, message))

    async def submits(self, opened: Asked, **fields: str) -> Asked:
        """The form that was opened, with its fields by their custom id."""
        assert opened.modal is not None
        rows = [{"type": 18, "component": {"type": 4, "custom_id": key, "value": fields[key]}} for key in fields]
        data = {"custom_id": opened.modal["custom_id"], "components": rows}
        return await self.ask(Asked(opened.person, opened.channel, 5, data, opened.message))

    async def ask(self, asked: Asked) -> Asked:
        """Deliver an interaction; one that was delivered before, once more."""
        self.rest.asked[asked.token] = asked
        await self._gateway_of(asked.channel).dispatch("INTERACTION_CREATE", asked.payload)
        return asked

    # What is seen of it.

    async def until(
        self, condition: Callable[[], Found | None], *, while_runs: asyncio.Future[Any] | None = None
    ) -> Found:
        """Wait until the condition gives something; its value. An error of what runs meanwhile is raised here."""
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not (found := condition()):
                changed = asyncio.ensure_future(self._changed.wait())
                watched = {changed} if while_runs is None else {changed, while_runs}
                await asyncio.wait(watched, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
                if while_runs is not None and while_runs.done():
                    await while_runs
        return found

    async def answer(self, asked: Asked) -> Message:
        return await self.until(lambda: asked.answer)

    def count(self, method: str, ending: str) -> int:
        """So many calls came whose path ends so."""
        return sum(call.method == method and call.path.endswith(ending) for call in self.calls)

    # What goes wrong.

    def refuses(self, method: str, route: str, refused: Refused, **more: Any) -> Fault:
        return self.faults.add(Fault(method, route, refused, **more))

    def is_silent(self, method: str, route: str, **more: Any) -> Fault:
        return self.faults.add(Fault(method, route, silent=True, **more))

    def is_slow(self, method: str, route: str, seconds: float, **more: Any) -> Fault:
        return self.faults.add(Fault(method, route, seconds=seconds, **more))

    # The calls.

    async def handle(self, request: web.Request) -> web.StreamResponse:
        path, body = request.path.removeprefix(PREFIX), await Files.of(request)
        self.calls.append(Call(request.method, path, body.payload))
        fault = self.faults.next_for(request.method, path)
        self._notify()
        try:
            if fault is not None:
                await self._meet(fault, request.method, path, body)
            if request.headers.get("Authorization", f"Bot {TOKEN}") != f"Bot {TOKEN}":
                raise Refused(401, message="401: Unauthorized")
            if fault is not None and fault.refused is not None and not fault.works:
                raise fault.refused
            data = self._answer(request.method, path.split("/"), body)
            if fault is not None and fault.refused is not None:
                raise fault.refused
        except Refused as refused:
            return _json(refused.body, refused.status, refused.headers)
        finally:
            self._notify()
        return web.Response(status=204) if data is None else _json(data)

    def _answer(self, method: str, path: list[str], body: Files) -> Payload | list[Payload] | None:
        data = self.rest.answer(method, path, body)
        if path[0] in {"interactions", "webhooks"}:
            self.heard(self.rest.asked[path[2]])
        return data

    async def _meet(self, fault: Fault, method: str, path: str, body: Files) -> None:
        await asyncio.sleep(fault.seconds)
        if fault.silent:
            if fault.works:
                self._answer(method, path.split("/"), body)
                self._notify()
            await self.faults.say_nothing()

    def _notify(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


def _json(data: Payload | list[Payload], status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    # Without a charset, as Discord has it: discord.py looks for exactly this type.
    return web.Response(
        body=json.dumps(data).encode(), status=status, headers={"Content-Type": "application/json"} | (headers or {})
    )


@asynccontextmanager
async def standing_in(shards: int = 1) -> AsyncIterator[StandIn]:
    """A running stand-in on a free port of the loopback."""
    listener = socket.create_server(("127.0.0.1", 0))
    host, port = listener.getsockname()
    stand_in = StandIn(f"{host}:{port}", shards)
    application = web.Application()
    for gateway in stand_in.gateways:
        application.router.add_get(f"/gateway/{gateway.shard[0]}{{tail:/?}}", gateway.serve)
    application.router.add_route("*", "/api/{path:.*}", stand_in.handle)
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.SockSite(runner, listener).start()
    try:
        yield stand_in
    finally:
        stand_in.faults.end()
        await runner.cleanup()
