"""Who and what there is: people, servers, channels, messages, and what people do with the bot."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import IntEnum, IntFlag
from typing import Any, Final

from loopback import payloads
from loopback.payloads import BOT_ID, Payload, snowflake

SEND_MESSAGES: Final = 1 << 11


class Flag(IntFlag):
    EPHEMERAL = 1 << 6
    LOADING = 1 << 7
    COMPONENTS_V2 = 1 << 15


class Context(IntEnum):
    """Where an interaction happens."""

    SERVER = 0
    WITH_THE_BOT = 1
    BETWEEN_PEOPLE = 2


@dataclass(frozen=True)
class Person:
    name: str
    locale: str = "en-US"
    id: int = field(default_factory=snowflake)

    @property
    def payload(self) -> Payload:
        return payloads.user(self.id, self.name)


@dataclass
class Server:
    """A server; the bot is in it where it is `installed`, and has the `permissions` of everyone there."""

    name: str
    locale: str = "en-US"
    installed: bool = True
    permissions: str = payloads.ALL_PERMISSIONS
    id: int = field(default_factory=snowflake)
    channels: "list[Channel]" = field(default_factory=list)

    def channel(self, name: str) -> "Channel":
        channel = Channel(name, Context.SERVER, self)
        self.channels.append(channel)
        return channel

    @property
    def payload(self) -> Payload:
        return {
            "id": str(self.id),
            "name": self.name,
            "icon": None,
            "owner_id": str(self.id),
            "preferred_locale": self.locale,
            "features": [],
            "roles": [payloads.role(self.id, "@everyone") | {"permissions": self.permissions}],
            "emojis": [],
            "stickers": [],
            "members": [payloads.member(payloads.BOT)],
            "member_count": 3,
            "channels": [channel.payload for channel in self.channels if not channel.gone],
            "threads": [],
            "voice_states": [],
            "presences": [],
            "stage_instances": [],
            "guild_scheduled_events": [],
            "unavailable": False,
        }


@dataclass
class Channel:
    """A channel of a server, or a conversation. `forbidden`: the bot may not write there."""

    name: str
    context: Context
    server: Server | None = None
    people: tuple[Person, ...] = ()
    gone: bool = False
    forbidden: bool = False
    id: int = field(default_factory=snowflake)

    @property
    def payload(self) -> Payload:
        if self.context is not Context.SERVER:
            return payloads.direct_channel(self.id, [person.payload for person in self.people])
        payload = payloads.text_channel(self.id, self.name, denied=SEND_MESSAGES if self.forbidden else 0)
        return payload | {"guild_id": str(self.server.id)} if self.server is not None else payload


@dataclass
class Message:
    """What people see; `files` has what was attached."""

    payload: Payload
    files: dict[str, bytes] = field(default_factory=dict)
    gone: bool = False

    @property
    def id(self) -> int:
        return int(self.payload["id"])

    @property
    def flags(self) -> Flag:
        return Flag(self.payload["flags"])

    @property
    def loading(self) -> bool:
        return Flag.LOADING in self.flags

    @property
    def ephemeral(self) -> bool:
        return Flag.EPHEMERAL in self.flags

    @property
    def components(self) -> Iterator[Mapping[str, Any]]:
        """All components, nested ones too."""
        waiting = list(self.payload["components"])
        while waiting:
            component = waiting.pop(0)
            yield component
            waiting = list(component.get("components", [])) + waiting

    @property
    def text(self) -> str:
        return "\n".join([self.payload["content"], *(c["content"] for c in self.components if c["type"] == 10)]).strip()

    def custom_id(self, ending: str) -> str:
        """The custom id of the first component whose id ends so."""
        return next(found for c in self.components if (found := str(c.get("custom_id", ""))).endswith(ending))


@dataclass
class Asked:
    """Something that a person asked the bot, and what became of it."""

    person: Person
    channel: Channel
    kind: int
    data: Payload
    message: Message | None = None
    id: int = field(default_factory=snowflake)
    callback: Payload | None = None
    original: Message | None = None
    followups: list[Message] = field(default_factory=list)
    expired: bool = False

    @property
    def token(self) -> str:
        return f"interaction-token-{self.id}"

    @property
    def acknowledged(self) -> bool:
        return self.callback is not None

    @property
    def answer(self) -> Message | None:
        """The answer, once it is more than "is thinking…"."""
        shown = self.original
        return shown if shown is not None and not shown.loading and not shown.gone else None

    @property
    def modal(self) -> Payload | None:
        """The form that was opened."""
        return self.callback["data"] if self.callback is not None and self.callback["type"] == 9 else None

    @property
    def payload(self) -> Payload:
        server, channel = self.channel.server, self.channel
        payload: Payload = {
            "id": str(self.id),
            "application_id": str(BOT_ID),
            "type": self.kind,
            "token": self.token,
            "version": 1,
            "data": self.data,
            "channel_id": str(channel.id),
            "channel": channel.payload,
            "locale": self.person.locale,
            "entitlements": [],
            "authorizing_integration_owners": self._owners(),
            "context": int(channel.context),
            "app_permissions": payloads.ALL_PERMISSIONS,
            "attachment_size_limit": 10_485_760,
        }
        if server is None:
            payload["user"] = self.person.payload
        else:
            payload |= {
                "guild_id": str(server.id),
                "guild": {"id": str(server.id), "locale": server.locale, "features": []},
                "guild_locale": server.locale,
                "member": payloads.member(self.person.payload),
            }
        if self.message is not None:
            payload["message"] = self.message.payload
        return payload

    def _owners(self) -> dict[str, str]:
        if self.channel.context is Context.WITH_THE_BOT:
            return {"1": str(self.person.id), "0": "0"}
        if self.channel.server is not None and self.channel.server.installed:
            return {"0": str(self.channel.server.id)}
        return {"1": str(self.person.id)}
