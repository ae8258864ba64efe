"""`python -m bot health`: whether the bot that uses this data folder is alive."""

import argparse
import sys

from bot.config import ConfigError, load_config
from bot.operations.exits import Exit
from bot.operations.stamps import STALE_SECONDS, Stamps, is_stale
from bot.share import Share


def tell(options: argparse.Namespace) -> Exit:
    """Print a line for each part; what is stuck goes to the standard error output, too."""
    try:
        config = load_config(options.config)
    except ConfigError as error:
        print(error, file=sys.stderr)
        return Exit.SETTINGS
    ages = Stamps(config.storage.dir, Share.of(config.discord)).ages()
    if all(age is None for age in ages.values()):
        print(f"No bot runs in {config.storage.dir}.", file=sys.stderr)
        return Exit.UNWELL
    stuck = [part for part, age in ages.items() if is_stale(age)]
    for part, age in ages.items():
        print(f"{part}: {'not yet' if age is None else f'{age:.0f} s ago'}{', stuck' if part in stuck else ''}")
    if stuck:
        print(f"No sign of life for {STALE_SECONDS:.0f} s: {', '.join(stuck)}.", file=sys.stderr)
        return Exit.UNWELL
    return Exit.OK
