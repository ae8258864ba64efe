"""The one path from an exception to a reply, a log line and a reference id."""

import logging
import secrets
import sqlite3
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import discord
from discord import app_commands

from bot.current import CURRENT
from bot.reading import reader_of
from bot.services.refusals import NoNetwork, Refusal
from bot.ui.text import named, shown
from bot.ui.waiting import is_notice
from bot.words import say
from model.errors import BadHeads, BadNumber, BadStart, BadTheme
from model.starts import LONGEST_START, LONGEST_THEME, MOST_HEADS

log = logging.getLogger(__name__)

# Discord's codes for an interaction that nobody can answer any more.
GONE: Final = {10062, 10015, 50027}
ALREADY_ANSWERED: Final = 40060
# Discord's codes for a channel, server, message or role that somebody deleted meanwhile.
DELETED: Final = {10003, 10004, 10008, 10011}
TOO_MANY_REQUESTS: Final = 429


@dataclass(frozen=True, slots=True)
class Saying:
    """What a person hears of an error, and how loudly it is logged. Reported ones get a reference id and a trace."""

    key: str
    values: dict[str, Any] = field(default_factory=dict)
    level: int = logging.INFO
    report: bool = False


UNEXPECTED: Final = Saying("error.unexpected", level=logging.ERROR, report=True)
_NOT_TAKEN: Final = Saying("error.discord", level=logging.WARNING)

_BY_TYPE: Final[tuple[tuple[type[BaseException], Saying], ...]] = (
    (app_commands.CommandNotFound, Saying("error.stale", level=logging.WARNING)),
    (app_commands.CommandSignatureMismatch, Saying("error.stale", level=logging.WARNING)),
    (app_commands.TransformerError, Saying("error.option")),
    (sqlite3.Error, Saying("error.store", level=logging.ERROR, report=True)),
    (discord.DiscordServerError, _NOT_TAKEN),
    (discord.RateLimited, _NOT_TAKEN),
    (discord.Forbidden, Saying("error.forbidden", level=logging.WARNING)),
    (aiohttp.ClientError, _NOT_TAKEN),
    (TimeoutError, _NOT_TAKEN),  # of a call that Discord leaves unanswered
)


# What is called wrong, and how many characters it may have.
_OPTIONS: Final = {
    BadStart: ("start", LONGEST_START),
    BadTheme: ("theme", LONGEST_THEME),
    BadHeads: ("heads", MOST_HEADS),
}


def explain(error: BaseException) -> Saying:
    """What is to be said about an error, by its type; anything unforeseen is reported."""
    match error:
        case Refusal():
            level = logging.ERROR if isinstance(error, NoNetwork) else logging.INFO
            return Saying(error.key, error.values, level)
        case BadStart() | BadTheme() | BadHeads():
            option, limit = _OPTIONS[type(error)]
            values = {"characters": named(error.characters), "length": len(error.characters), "limit": limit}
            return Saying(f"error.{option}.{error.reason}", values)
        case BadNumber():
            return Saying(f"error.number.{error.reason}", {"text": shown(error.text)})
        case app_commands.CommandInvokeError():
            return explain(error.original)
        case discord.HTTPException(code=code, status=status) if code in DELETED or status == TOO_MANY_REQUESTS:
            return Saying("error.deleted") if code in DELETED else _NOT_TAKEN
    return next((saying for kind, saying in _BY_TYPE if isinstance(error, kind)), UNEXPECTED)


async def answer(interaction: discord.Interaction[Any], error: BaseException) -> tuple[str, str | None]:
    """Tell the person and the log.

    Returns:
        How the request ended (the key of what was said, or "expired"), and its reference id if it has one.
    """
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    where = f"{_name(interaction)} of {interaction.user.id} in {interaction.guild_id or 'a direct message'}"
    if isinstance(cause, discord.HTTPException) and cause.code in GONE | {ALREADY_ANSWERED}:
        log.warning("%s: too late to answer (%s)", where, cause.text)
        return "expired", None
    saying = explain(cause)
    reason = saying.values.get("reason")
    reference = secrets.token_hex(4) if saying.report else None
    if (request := CURRENT.get()) is not None:
        request.reference = reference
    text = say(reader_of(interaction).language, saying.key, **saying.values, reference=reference)
    untold = await _tell(interaction, text)
    log.log(
        saying.level if untold is None else max(saying.level, logging.WARNING),
        "%s: %s%s%s",
        where,
        saying.key,
        f", reference {reference}" if reference else f" ({reason})" if reason else "",
        f"; could not be told: {untold}" if untold is not None else "",
        exc_info=cause if saying.report else None,
    )
    return saying.key, reference


async def _tell(interaction: discord.Interaction[Any], text: str) -> Exception | None:
    """Returns why it could not be said."""
    try:
        await _say_privately(interaction, text)
    except (discord.HTTPException, discord.InteractionResponded, aiohttp.ClientError, OSError) as failure:
        return failure
    return None


async def _say_privately(interaction: discord.Interaction[Any], text: str) -> None:
    if not interaction.response.is_done():
        await interaction.response.send_message(text, ephemeral=True)
        return
    if interaction.response.type is discord.InteractionResponseType.deferred_channel_message:
        # A follow-up takes the place, and the publicity, of "is thinking…", even of a deleted one: hence it is filled.
        placeholder = await interaction.original_response()
        if placeholder.flags.loading:
            await placeholder.edit(content="…")
            await placeholder.delete()
        elif is_notice(placeholder):
            await placeholder.delete()
    await interaction.followup.send(text, ephemeral=True)


def _name(interaction: discord.Interaction[Any]) -> str:
    data: dict[str, Any] = {**(interaction.data or {})}
    return f"/{data['name']}" if "name" in data else str(data.get("custom_id", "interaction"))
