"""`python -m bot`: run the bot, try it without Discord, register its commands, or look whether all is well."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from bot import sandbox
from bot.operations.exits import Exit, leave
from bot.services.worker import NETWORKS

COMMANDS: Final = {
    "run": ("bot.operations.commands", "run"),
    "sandbox": ("bot.operations.commands", "play"),
    "doctor": ("bot.operations.doctor", "examine"),
    "health": ("bot.operations.health", "tell"),
    "sync": ("bot.operations.commands", "sync"),
    "backup": ("bot.operations.restore", "backup"),
    "restore": ("bot.operations.restore", "restore"),
}
"""Each command's function, and the module that it is in."""


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    module, function = COMMANDS[options.command]
    # Only now: discord.py takes a moment, --help comes at once, and health is asked often.
    code: int = getattr(importlib.import_module(module), function)(options)
    return leave(code, NETWORKS)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m bot",
        description="A Discord bot that writes classical Chinese poems with its own recurrent network.",
        epilog="exit codes: " + "; ".join(f"{code.value} {code.meaning}" for code in Exit),
    )
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands = {
        name: subparsers.add_parser(name, help=text, description=text)
        for name, text in (
            ("run", "connect to Discord and answer until stopped (Ctrl+C or SIGTERM)"),
            ("sandbox", "try the bot against a simulated Discord, in this terminal and in a browser"),
            ("doctor", "look at everything that the bot needs, and say what to mend"),
            ("health", "say whether the bot that uses this data folder is alive"),
            ("sync", "register the commands with Discord once more, changed or not, and end"),
            ("backup", "copy the database and the weights that it names, while the bot runs, too"),
            ("restore", "put a backup in the place of the database, while no bot runs"),
        )
    }
    for command in commands.values():
        command.add_argument("--config", type=Path, metavar="FILE", help="settings that go over config.toml")
    sandbox.add_arguments(commands["sandbox"])
    commands["backup"].add_argument("--list", action="store_true", help="only list the backups, the newest first")
    commands["restore"].add_argument(
        "name", nargs="?", metavar="NAME", help="a backup, as `backup --list` calls it; without it, the newest"
    )
    commands["doctor"].add_argument("--json", action="store_true", help="as JSON, for programs")
    return parser


if __name__ == "__main__":
    sys.exit(main())
