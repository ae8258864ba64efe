"""What stands in an answer's place while its request waits."""

from typing import Any, Final

import discord

from bot.ui.guards import GuardedLayout
from bot.words import Language, count_words, say

_PREFIX: Final = "waiting:"
CANCEL: Final = rf"{_PREFIX}(?P<request>[0-9]{{1,20}}):(?P<person>[0-9]{{1,20}})"
"""The custom id of the button that gives a request up: the interaction that it came with, and whose it is."""


class WaitingNotice(GuardedLayout):
    """How many people come before, or that it is this one's turn; then it cannot be given up any more."""

    def __init__(self, request_id: int, person_id: int, place: int | None, language: Language) -> None:
        super().__init__(timeout=None)
        self.add_item(discord.ui.TextDisplay(f"⏳ {_text(place, language)}"))
        button: discord.ui.Button[Any] = discord.ui.Button(
            label=say(language, "waiting.cancel"),
            custom_id=f"{_PREFIX}{request_id}:{person_id}",
            disabled=place is None,
        )
        self.add_item(discord.ui.ActionRow(button))
        self.stop()  # its button needs no view in memory


def _text(place: int | None, language: Language) -> str:
    if place is None:
        return say(language, "waiting.turn")
    return count_words(language, "waiting.people", count=place) if place else say(language, "waiting.next")


def is_notice(message: discord.Message) -> bool:
    """Whether a message still says that its request waits."""
    return any(
        (getattr(item, "custom_id", None) or "").startswith(_PREFIX)
        for row in message.components
        if isinstance(row, discord.ActionRow)
        for item in row.children
    )
