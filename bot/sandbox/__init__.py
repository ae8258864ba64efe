"""The real bot against a simulated Discord, in a terminal and in a browser.

Light to import; SimCord, an extra, is imported when the sandbox starts.
"""

import argparse
import importlib.util
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from bot.config import Config

LOCALES = ("en-US", "zh-CN", "zh-TW")
UNAVAILABLE = 69  # sysexits.h: a support program or file does not exist


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=_port, help="port of the page on the loopback (default: a free one)")
    parser.add_argument("--no-page", action="store_true", help="the terminal only")
    parser.add_argument("--locale", choices=LOCALES, default=LOCALES[0], help="language of the person's Discord")


def _port(text: str) -> int:
    try:
        port = int(text)
    except ValueError:
        port = 0
    if not 0 < port < 1 << 16:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text}")
    return port


def main(config: "Config", options: argparse.Namespace) -> int:
    """Play until the end of input, `quit`, SIGINT or SIGTERM; returns the exit status."""
    if importlib.util.find_spec("simcord") is None:
        print("The sandbox needs SimCord: pip install -e '.[sandbox]', or use make run.", file=sys.stderr)
        return UNAVAILABLE
    from bot.sandbox.start import start  # noqa: PLC0415  an extra, needed from here on only

    return start(config, options)
