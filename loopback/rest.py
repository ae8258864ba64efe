"""The REST half: interactions are answered once and in time, messages come and go, permissions count."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from aiohttp import web

from loopback import payloads
from loopback.faults import Refused
from loopback.payloads import BOT_ID, Payload, snowflake
from loopback.people import Asked, Channel, Flag, Message, Person, Server

TOKEN: Final = "bm8tdG9rZW4tb2YtYW55Ym9keQ.GnoOne.of-a-stand-in-and-good-for-nothing-else"
"""It looks like one of Discord's."""
MISSING_ACCESS = 50001
UNKNOWN_CHANNEL, UNKNOWN_MESSAGE, UNKNOWN_WEBHOOK, UNKNOWN_INTERACTION = 10003, 10008, 10015, 10062
ALREADY_ACKNOWLEDGED, MISSING_PERMISSIONS, INVALID_WEBHOOK_TOKEN = 40060, 50013, 50027

DEFERRED = {5, 6}
UPDATES = {6, 7}
FORM = 9

Answer = Payload | list[Payload] | None


@dataclass
class Files:
    """The body of a call, or what stands behind its question mark, and what was attached to it."""

    payload: Any = None
    attached: dict[str, bytes] = field(default_factory=dict)

    @classmethod
    async def of(cls, request: web.Request) -> "Files":
        if request.method == "GET":
            return cls(dict(request.query))
        if request.content_type == "application/json" and request.can_read_body:
            return cls(await request.json())
        if request.content_type != "multipart/form-data":
            return cls()
        fields = await request.post()
        files = [part for part in fields.values() if isinstance(part, web.FileField)]
        return cls(json.loads(str(fields["payload_json"])), {part.filename: part.file.read() for part in files})


class Rest:
    """What Discord knows, and how calls change it."""

    def __init__(self, gateway_url: str) -> None:
        self.people: list[Person] = []
        self.servers: list[Server] = []
        self.conversations: list[Channel] = []
        self.asked: dict[str, Asked] = {}
        self.messages: dict[int, Message] = {}
        self.application = dict(payloads.APPLICATION)
        self.starts_left = 999
        self.commands: dict[int | None, list[Payload]] = {}
        self._gateway_url = gateway_url

    @property
    def channels(self) -> Iterator[Channel]:
        yield from self.conversations
        for server in self.servers:
            yield from server.channels

    def posted(self, channel: Channel) -> list[Message]:
        """The messages that stand in a channel."""
        there = (message for message in self.messages.values() if not message.gone)
        return [message for message in there if message.payload["channel_id"] == str(channel.id)]

    def answer(self, method: str, path: Sequence[str], body: Files) -> Answer:
        """What the call gives; None where there is nothing to say.

        Raises:
            Refused: the call is turned down.
        """
        match path:
            case ["interactions", number, token, "callback"]:
                return self._callback(number, token, body)
            case ["webhooks", _, token, *where]:
                return self._answer(method, token, where, body)
            case ["channels", number, *where]:
                return self._in_channel(method, int(number), where, body)
            case ["applications", _, "guilds", number, "commands"]:
                return self._commands(method, int(number), body)
            case ["applications", _, "commands"]:
                return self._commands(method, None, body)
        return self._plain(method, path, body) if method != "GET" else self._told(path, body.payload)

    def _told(self, path: Sequence[str], asked: Payload) -> Answer:
        """What a bot may know."""
        match path:
            case ["users", "@me"]:
                return payloads.BOT
            case ["users", "@me", "guilds"]:
                return self._servers(int(asked.get("after", 0)), int(asked.get("limit", 200)))
            case ["oauth2", "applications", "@me"]:
                return self.application
            case ["guilds", number, *where]:
                return self._server(int(number), where)
            case ["gateway"]:
                return {"url": self._gateway_url}
            case ["gateway", "bot"]:
                limit = {"total": 1000, "remaining": self.starts_left, "reset_after": 0, "max_concurrency": 1}
                return {"url": self._gateway_url, "shards": 1, "session_start_limit": limit}
        raise Refused(404)

    def _plain(self, method: str, path: Sequence[str], body: Files) -> Answer:
        match method, path:
            case "POST", ["users", "@me", "channels"]:
                return self._conversation(int(body.payload["recipient_id"]))
            case "DELETE", ["users", "@me", "guilds", number]:
                self.servers = [server for server in self.servers if server.id != int(number)]
                return None
        raise Refused(404)

    def _servers(self, after: int, limit: int) -> list[Payload]:
        """Those that the bot is in, by their id."""
        names = sorted((server.id, server.name) for server in self.servers if server.installed and server.id > after)
        return [{"id": str(number), "name": name, "approximate_member_count": 3} for number, name in names[:limit]]

    def _server(self, number: int, where: Sequence[str]) -> Answer:
        server = next((server for server in self.servers if server.id == number and server.installed), None)
        if server is None:
            raise Refused(403, MISSING_ACCESS, "Missing Access")
        match where:
            case []:
                return server.payload
            case ["channels"]:
                return list(server.payload["channels"])
            case ["members", _]:
                return payloads.member(payloads.BOT)
        raise Refused(404)

    def _conversation(self, person_id: int) -> Payload:
        for channel in self.conversations:
            if [person.id for person in channel.people] == [person_id]:
                return channel.payload
        raise Refused(404, 10013, "Unknown User")

    def _commands(self, method: str, where: int | None, body: Files) -> list[Payload]:
        if method == "PUT":
            # Entries of menus are sent without a description, and come back with an empty one.
            self.commands[where] = [
                {"description": ""} | command | {"id": str(snowflake()), "application_id": str(BOT_ID)}
                for command in body.payload
            ]
        return self.commands.get(where, [])

    # Interactions.

    def _callback(self, number: str, token: str, body: Files) -> Payload:
        asked = self.asked.get(token)
        if asked is None or number != str(asked.id) or (asked.expired and not asked.acknowledged):
            raise Refused(404, UNKNOWN_INTERACTION, "Unknown interaction")
        if asked.acknowledged:
            raise Refused(400, ALREADY_ACKNOWLEDGED, "Interaction has already been acknowledged.")
        asked.callback = body.payload
        kind, data = body.payload["type"], body.payload.get("data") or {}
        if kind in UPDATES:
            asked.original = asked.message
            if asked.message is not None and kind not in DEFERRED:
                _change(asked.message, data, body)
        elif kind not in {FORM, 8}:
            flags = Flag(data.get("flags", 0)) | (Flag.LOADING if kind in DEFERRED else Flag(0))
            asked.original = self._post(asked.channel.id, {**data, "flags": int(flags)}, body)
        return {"interaction": {"id": number, "type": asked.kind}}

    def _answer(self, method: str, token: str, where: Sequence[str], body: Files) -> Payload | None:
        asked = self.asked.get(token)
        if asked is None or not asked.acknowledged:
            raise Refused(404, UNKNOWN_WEBHOOK, "Unknown Webhook")
        if asked.expired:
            raise Refused(401, INVALID_WEBHOOK_TOKEN, "Invalid Webhook Token")
        if not where:
            return self._follow_up(asked, body).payload
        message = asked.original if where[1] == "@original" else self.messages.get(int(where[1]))
        return _touch(method, message, body)

    def _follow_up(self, asked: Asked, body: Files) -> Message:
        if asked.original is not None and asked.original.loading and not asked.original.gone:
            # The first one takes the place of "is thinking…", and stays as private as that was.
            _change(asked.original, body.payload, body)
            return asked.original
        message = self._post(asked.channel.id, body.payload, body)
        asked.followups.append(message)
        return message

    # Channels.

    def _in_channel(self, method: str, number: int, where: Sequence[str], body: Files) -> Answer:
        channel = next((channel for channel in self.channels if channel.id == number and not channel.gone), None)
        if channel is None:
            raise Refused(404, UNKNOWN_CHANNEL, "Unknown Channel")
        match method, where:
            case "GET", []:
                return channel.payload
            case "POST", ["messages"]:
                if channel.forbidden:
                    raise Refused(403, MISSING_PERMISSIONS, "Missing Permissions")
                return (self._by_nonce(number, body.payload) or self._post(number, body.payload, body)).payload
            case "GET", ["messages"]:
                return self._history(channel, int(body.payload.get("after", 0)), int(body.payload.get("limit", 50)))
            case _, ["messages", message_id]:
                return _touch(method, self.messages.get(int(message_id)), body)
        raise Refused(404)

    def _by_nonce(self, channel_id: int, data: Payload) -> Message | None:
        """The message that was posted with the same nonce, where it is to count."""
        if not data.get("enforce_nonce"):
            return None
        wanted = (str(channel_id), str(data["nonce"]))
        posted = (message.payload for message in self.messages.values())
        found = next((one for one in posted if (one["channel_id"], one.get("nonce")) == wanted), None)
        return self.messages[int(found["id"])] if found is not None else None

    def _history(self, channel: Channel, after: int, limit: int) -> list[Payload]:
        """The first messages after one, the newest of them first."""
        later = sorted(message.id for message in self.posted(channel) if message.id > after)
        return [self.messages[number].payload for number in reversed(later[:limit])]

    def _post(self, channel_id: int, data: Payload, body: Files) -> Message:
        said = {key: data[key] for key in ("flags", "nonce") if key in data}
        message = Message(payloads.message(snowflake(), channel_id) | said)
        loading = message.loading
        _change(message, data, body)
        if loading:
            message.payload["flags"] |= int(Flag.LOADING)
        self.messages[message.id] = message
        return message


def _touch(method: str, message: Message | None, body: Files) -> Payload | None:
    if message is None or message.gone:
        raise Refused(404, UNKNOWN_MESSAGE, "Unknown Message")
    if method == "DELETE":
        message.gone = True
        return None
    if method == "PATCH":
        _change(message, body.payload, body)
    return message.payload


def _change(message: Message, data: Payload, body: Files) -> None:
    """What is given counts; once something is shown, the bot no longer thinks."""
    shown = {key: data[key] or "" for key in ("content",) if key in data}
    shown |= {key: data[key] or [] for key in ("components", "embeds") if key in data}
    if "attachments" in data:
        kept = [attachment for attachment in data["attachments"] if "filename" not in attachment]
        shown["attachments"] = kept + [_attachment(name, content) for name, content in body.attached.items()]
    message.files |= body.attached
    flags = (message.flags & ~Flag.LOADING) | (Flag(data.get("flags", 0)) & Flag.COMPONENTS_V2)
    message.payload |= shown | {"flags": int(flags)}


def _attachment(name: str, content: bytes) -> Payload:
    url = f"https://cdn.discordapp.com/attachments/1/2/{name}"
    return {"id": str(snowflake()), "filename": name, "size": len(content), "url": url, "proxy_url": url}
