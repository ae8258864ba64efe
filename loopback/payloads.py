"""What Discord sends, as far as a bot reads it."""

import itertools
import time
from typing import Any, Final

Payload = dict[str, Any]

_EPOCH_MILLISECONDS: Final = 1_420_070_400_000
_numbers = itertools.count(1)


def snowflake() -> int:
    """A new id, made now."""
    return (round(time.time() * 1000) - _EPOCH_MILLISECONDS << 22) + next(_numbers)


BOT_ID: Final = 100
ALL_PERMISSIONS: Final = str((1 << 53) - 1)


def user(user_id: int, name: str, *, bot: bool = False) -> Payload:
    return {"id": str(user_id), "username": name, "discriminator": "0", "avatar": None, "bot": bot, "flags": 0}


BOT: Final = user(BOT_ID, "poet", bot=True)

APPLICATION: Final[Payload] = {
    "id": str(BOT_ID),
    "name": "poet",
    "icon": None,
    "description": "",
    "summary": "",
    "bot_public": True,
    "bot_require_code_grant": False,
    "verify_key": "",
    "flags": 0,
    "owner": BOT,
    "hook": False,
}


def member(of: Payload, roles: tuple[int, ...] = ()) -> Payload:
    return {
        "user": of,
        "nick": None,
        "avatar": None,
        "roles": [str(role) for role in roles],
        "joined_at": "2026-01-01T00:00:00+00:00",
        "premium_since": None,
        "deaf": False,
        "mute": False,
        "flags": 0,
        "pending": False,
        "permissions": ALL_PERMISSIONS,
    }


def role(role_id: int, name: str) -> Payload:
    return {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": 0,
        "permissions": ALL_PERMISSIONS,
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def text_channel(channel_id: int, name: str, *, denied: int = 0) -> Payload:
    overwrites = [{"id": str(BOT_ID), "type": 1, "allow": "0", "deny": str(denied)}] if denied else []
    return {
        "id": str(channel_id),
        "type": 0,
        "name": name,
        "position": 0,
        "topic": None,
        "nsfw": False,
        "last_message_id": None,
        "parent_id": None,
        "permission_overwrites": overwrites,
        "permissions": ALL_PERMISSIONS,
    }


def direct_channel(channel_id: int, recipients: list[Payload]) -> Payload:
    return {"id": str(channel_id), "type": 1, "recipients": recipients, "last_message_id": None}


def message(message_id: int, channel_id: int) -> Payload:
    return {
        "id": str(message_id),
        "channel_id": str(channel_id),
        "author": BOT,
        "application_id": str(BOT_ID),
        "content": "",
        "timestamp": "2026-01-01T00:00:00+00:00",
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "type": 0,
        "flags": 0,
    }
