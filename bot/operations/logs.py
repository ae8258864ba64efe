"""Log lines, for people or for programs; each tells its request, and never a secret."""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Any, Final

from bot.current import CURRENT, CurrentRequest
from bot.sections import LogSection

FORMAT: Final = "{asctime} {levelname:<7} {name}: {message}"
HIDDEN: Final = "[token]"
# Their debug lines hold the tokens of interactions, and what people typed.
TALKATIVE: Final = ("discord.webhook.async_", "discord.http", "discord.gateway", "aiosqlite")
# What lets one speak for a bot, or answer an interaction: by its shape, or by where it stands in an address.
_TOKENS: Final = (
    re.compile(r"[\w-]{23,}\.[\w-]{5,8}\.[\w-]{25,}"),
    re.compile(r"(?<=/)(?P<place>(?:webhooks|interactions)/[0-9]+/)[\w.=-]+"),
    re.compile(r"\baW50ZXJhY3Rpb24[\w=-]+"),
)


def without_secrets(text: str, secret: str | None) -> str:
    """The text without the secret, and without whatever else looks like a token."""
    if secret:
        text = text.replace(secret, HIDDEN)
    for token in _TOKENS:
        text = token.sub(lambda found: found.groupdict().get("place", "") + HIDDEN, text)
    return text


class TextFormatter(logging.Formatter):
    """A line for people, the request behind it; traces of errors below."""

    def __init__(self, secret: str | None) -> None:
        super().__init__(FORMAT, datefmt="%Y-%m-%d %H:%M:%S", style="{")
        self._secret = secret

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        line, request = super().formatMessage(record), CURRENT.get()
        return line if request is None else f"{line} [{_in_words(request)}]"

    def format(self, record: logging.LogRecord) -> str:
        return without_secrets(super().format(record), self._secret)


class JsonFormatter(logging.Formatter):
    """An object a line, for programs; the times are UTC, the ids text, since they are too large for many of them."""

    def __init__(self, secret: str | None) -> None:
        super().__init__()
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": without_secrets(record.getMessage(), self._secret),
        }
        if (request := CURRENT.get()) is not None:
            line |= _in_fields(request)
        if record.exc_info:
            line["trace"] = without_secrets(self.formatException(record.exc_info), self._secret)
        return json.dumps(line)  # in ASCII: some programs end a line at other characters than a line feed, too


def _in_words(request: CurrentRequest) -> str:
    where = f"server {request.guild_id}" if request.guild_id is not None else "a direct message"
    quoted = f", reference {request.reference}" if request.reference is not None else ""
    return f"{request.command}, request {request.id}, {where}, {request.seconds * 1000:.0f} ms{quoted}"


def _in_fields(request: CurrentRequest) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "request": str(request.id),
        "command": request.command,
        "server": str(request.guild_id) if request.guild_id is not None else None,
        "milliseconds": round(request.seconds * 1000),
    }
    return fields if request.reference is None else fields | {"reference": request.reference}


def set_level(level: str) -> None:
    """How much is logged; but of discord.py's own, never the lines with people's tokens in them."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(number)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(number, logging.INFO))


def set_up_logging(settings: LogSection, secret: str | None = None) -> None:
    """One line for each event on the standard error output, discord.py's own included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(secret) if settings.format == "json" else TextFormatter(secret))
    root = logging.getLogger()
    root.handlers = [handler]
    set_level(settings.level)
    logging.captureWarnings(capture=True)
    # It lacks libraries for voice, which this bot has no use for, and says so at every start.
    logging.getLogger("discord.client").addFilter(lambda record: "voice" not in record.getMessage())
