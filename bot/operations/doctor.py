"""`python -m bot doctor`: looks at everything that the bot needs, and says how to mend what is not well."""

import argparse
import asyncio
import json
from dataclasses import asdict
from typing import Final

from rich.console import Console
from rich.table import Column, Table
from rich.text import Text

from bot.config import Config, ConfigError, load_config, load_token
from bot.operations.checks import CHECKS, Check, State, check_token
from bot.operations.checks_of_discord import ask_discord
from bot.operations.exits import Exit

SIGNS: Final = {State.OK: ("ok", "green"), State.WARN: ("warning", "yellow"), State.FAIL: ("failed", "red")}


def examine(options: argparse.Namespace) -> Exit:
    """Print what was found. Warnings do not count."""
    checks = list(_checks(options))
    if options.json:
        print(json.dumps([asdict(check) for check in checks], ensure_ascii=False, indent=2))
    else:
        Console().print(_table(checks))
    return Exit.UNWELL if any(check.state is State.FAIL for check in checks) else Exit.OK


def _checks(options: argparse.Namespace) -> list[Check]:
    """Where the settings cannot be read, nothing that they name can be looked at."""
    try:
        config = load_config(options.config)
    except ConfigError as error:
        return [Check("settings", State.FAIL, f"{error}", "config.toml lists them all."), check_token()]
    read = Check("settings", State.OK, "They can be read.")
    return [read, check_token(), *(check(config) for check in CHECKS), *_by_discord(config)]


def _by_discord(config: Config) -> list[Check]:
    """Nothing where there is no token to ask with."""
    try:
        token = load_token()
    except ConfigError:
        return []
    return asyncio.run(ask_discord(config, token)) if token is not None else []


def _table(checks: list[Check]) -> Table:
    # Folded, not cut: somebody has to copy the paths.
    table = Table("", "", *(Column(title, overflow="fold") for title in ("found", "what to do")))
    for check in checks:
        sign, colour = SIGNS[check.state]
        # As text: what is in a path is no markup.
        table.add_row(check.name, Text(sign, colour), Text(check.found), Text(check.mend))
    return table
