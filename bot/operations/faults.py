"""Keeps what the owner needs to know of something unforeseen, without anybody's secrets."""

import logging
import re
import sqlite3
import traceback
from typing import Any, Final

import discord
from discord import app_commands

from bot.operations.logs import HIDDEN
from bot.store.faults import Fault, FaultRepository

log = logging.getLogger(__name__)

LONGEST_TRACE: Final = 8_000
"""Bytes; of a longer trace the end is kept, where it happened."""

# What lets one speak for a bot, or answer an interaction: by its shape, or by where it stands in an address.
_TOKENS: Final = (
    re.compile(r"[\w-]{23,}\.[\w-]{5,8}\.[\w-]{25,}"),
    re.compile(r"(?<=/)(?P<place>(?:webhooks|interactions)/[0-9]+/)[\w.=-]+"),
    re.compile(r"\baW50ZXJhY3Rpb24[\w=-]+"),
)


def trace_of(error: BaseException, secret: str | None) -> str:
    """The trace of an error, without the secret and whatever else looks like a token."""
    trace = without_tokens("".join(traceback.format_exception(error)), secret)
    return trace.encode("utf-8", "backslashreplace")[-LONGEST_TRACE:].decode("utf-8", "ignore")


def without_tokens(text: str, secret: str | None) -> str:
    """The text without the secret and whatever else looks like a token."""
    if secret:
        text = text.replace(secret, HIDDEN)
    for token in _TOKENS:
        text = token.sub(lambda found: found.groupdict().get("place", "") + HIDDEN, text)
    return text


async def note_fault(
    faults: FaultRepository,
    interaction: discord.Interaction[Any],
    error: BaseException,
    reference: str,
    *,
    secret: str | None,
) -> None:
    """Keep what stands behind a reference id. A database that cannot take it is only logged: the log has the trace."""
    cause = error.original if isinstance(error, app_commands.CommandInvokeError) else error
    data: dict[str, Any] = {**(interaction.data or {})}
    command = interaction.command.qualified_name if interaction.command is not None else data.get("custom_id", "")
    fault = Fault(
        reference=reference,
        request_id=interaction.id,
        person_id=interaction.user.id,
        guild_id=interaction.guild_id,
        command=str(command),
        trace=trace_of(cause, secret),
        happened_at=discord.utils.utcnow(),
    )
    try:
        await faults.add(fault)
    except sqlite3.Error as failure:
        log.warning("What stands behind reference %s could not be kept: %s", reference, failure)
