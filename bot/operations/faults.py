"""Keeps what the owner needs to know of something unforeseen, without anybody's secrets."""

import logging
import sqlite3
import traceback
from typing import Any, Final

import discord
from discord import app_commands

from bot.operations.logs import without_secrets
from bot.store.faults import Fault, FaultRepository

log = logging.getLogger(__name__)

LONGEST_TRACE: Final = 8_000
"""Bytes; of a longer trace the end is kept, where it happened."""


def trace_of(error: BaseException, secret: str | None) -> str:
    """The trace of an error, without the secret and whatever else looks like a token."""
    trace = without_secrets("".join(traceback.format_exception(error)), secret)
    return trace.encode("utf-8", "backslashreplace")[-LONGEST_TRACE:].decode("utf-8", "ignore")


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
