"""Log lines for people, and never a secret in one."""

import logging
import sys
from typing import Final

FORMAT: Final = "{asctime} {levelname:<7} {name}: {message}"
HIDDEN: Final = "[token]"
# Their debug lines hold the tokens of interactions, and what people typed.
TALKATIVE: Final = ("discord.webhook.async_", "discord.http", "discord.gateway")


class SafeFormatter(logging.Formatter):
    """Puts a word in the place of the secret, traces of errors included."""

    def __init__(self, secret: str | None) -> None:
        super().__init__(FORMAT, datefmt="%Y-%m-%d %H:%M:%S", style="{")
        self._secret = secret

    def format(self, record: logging.LogRecord) -> str:
        line = super().format(record)
        return line.replace(self._secret, HIDDEN) if self._secret else line


def set_level(level: str) -> None:
    """How much is logged; but of discord.py's own, never the lines with people's tokens in them."""
    number = logging.getLevelNamesMapping()[level.upper()]
    logging.getLogger().setLevel(number)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(max(number, logging.INFO))


def set_up_logging(level: str, secret: str | None = None) -> None:
    """One line for each event on the standard error output, discord.py's own included."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(SafeFormatter(secret))
    root = logging.getLogger()
    root.handlers = [handler]
    set_level(level)
    logging.captureWarnings(capture=True)
    # It lacks libraries for voice, which this bot has no use for, and says so at every start.
    logging.getLogger("discord.client").addFilter(lambda record: "voice" not in record.getMessage())
