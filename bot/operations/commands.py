"""What `python -m bot` does. Every foreseeable end has its line and its code."""

import argparse
import socket
import sqlite3
import ssl
import sys
from typing import Final

import aiohttp
import discord

from bot import sandbox
from bot.config import Config, ConfigError, load_config, load_token
from bot.operations import running
from bot.operations.exits import Exit
from bot.operations.lock import FolderInUse, FolderUnusable
from bot.operations.logs import set_up_logging
from bot.store.database import StoreError

UNSET: Final = (
    "There is no token: set DISCORD_TOKEN in the environment or in .env, or DISCORD_TOKEN_FILE to a file with it. "
    "`python -m bot sandbox` needs none."
)
REFUSED: Final = (
    "Discord does not accept the token: copy it again from the Bot page of your application at "
    "https://discord.com/developers/applications."
)
NO_DISCORD: Final = "Discord cannot be reached ({error}): try again later."
NO_FILE: Final = (
    "A file cannot be used ({error}): look at the space on the disk, and at who may read and write the file."
)
DAMAGED: Final = (
    "The database cannot be used ({error}): `python -m bot restore` puts the newest backup in its place, "
    "and keeps what was there."
)

# The first that fits; what is not here is a fault of the program, and shows where.
ENDS: Final[tuple[tuple[type[Exception], Exit, str], ...]] = (
    (ConfigError, Exit.SETTINGS, "{error}"),
    (discord.LoginFailure, Exit.TOKEN, REFUSED),
    (FolderInUse, Exit.IN_USE, "{error}"),
    (FolderUnusable, Exit.STORE, "{error}"),
    (StoreError, Exit.STORE, "{error}"),
    (sqlite3.Error, Exit.STORE, DAMAGED),
    (discord.app_commands.CommandSyncFailure, Exit.UNAVAILABLE, "Discord refuses the commands: {error}"),
    (discord.DiscordException, Exit.UNAVAILABLE, NO_DISCORD),
    (aiohttp.ClientError, Exit.UNAVAILABLE, NO_DISCORD),
    *((kind, Exit.UNAVAILABLE, NO_DISCORD) for kind in (ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError)),
    (OSError, Exit.STORE, NO_FILE),
)


def run(options: argparse.Namespace) -> int:
    """Connect, and answer until stopped."""
    return _with_token(options, only_sync=False)


def sync(options: argparse.Namespace) -> int:
    """Register the commands once more."""
    return _with_token(options, only_sync=True)


def play(options: argparse.Namespace) -> int:
    """The sandbox: it needs no token."""
    try:
        config = load_config(options.config)
    except ConfigError as error:
        return _end(error)
    return sandbox.main(config, options)


def _with_token(options: argparse.Namespace, *, only_sync: bool) -> Exit:
    try:
        _connect(load_config(options.config), only_sync=only_sync)
    except tuple(kind for kind, _, _ in ENDS) as error:
        return _end(error)
    return Exit.OK


def _connect(config: Config, *, only_sync: bool) -> None:
    token = load_token()
    if token is None:
        raise ConfigError(UNSET)
    set_up_logging(config.log, token.get_secret_value())
    running.run(config, token, only_sync=only_sync)


def _end(error: Exception) -> Exit:
    code, text = next((code, text) for kind, code, text in ENDS if isinstance(error, kind))
    print(text.format(error=error or type(error).__name__), file=sys.stderr)
    return code
