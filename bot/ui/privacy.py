"""The cards of /privacy."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

import discord

from bot.services.privacy import Fact, Piece
from bot.store.privacy import Deleted
from bot.ui.about import TextCard
from bot.words import Language, count_words, say

DELETE: Final = r"privacy:delete:(?P<person>[0-9]{1,20}):(?P<asked>[0-9]{1,11})"
"""The custom id of the button that deletes: whose data, and when they were asked, in seconds since 1970."""


class ShownCard(TextCard):
    """What is kept, how long, and what is not."""

    def __init__(self, facts: Sequence[Fact], backup_days: int, language: Language) -> None:
        super().__init__(
            say(language, "privacy.show.title"),
            [
                *(_line(fact, language) for fact in facts),
                "",
                say(language, "privacy.show.not_kept"),
                say(language, "privacy.show.backups", days=in_days(backup_days, language)),
                say(language, "privacy.show.weights"),
                say(language, "privacy.show.rights"),
            ],
        )


class QuestionCard(TextCard):
    """Whether everything is to be deleted, with the button that does it."""

    def __init__(self, person_id: int, now: datetime, backup_days: int, language: Language) -> None:
        super().__init__(
            say(language, "privacy.delete.title"),
            [
                say(language, "privacy.delete.goes"),
                say(language, "privacy.delete.left"),
                say(language, "privacy.delete.posted"),
                say(language, "privacy.delete.stays"),
                say(language, "privacy.show.backups", days=in_days(backup_days, language)),
                say(language, "privacy.show.weights"),
                say(language, "privacy.delete.sure"),
            ],
        )
        button: discord.ui.Button[Any] = discord.ui.Button(
            style=discord.ButtonStyle.danger,
            label=say(language, "privacy.delete.button"),
            emoji="🗑️",
            custom_id=f"privacy:delete:{person_id}:{int(now.timestamp())}",
        )
        self.add_item(discord.ui.ActionRow(button))


class DeletedCard(TextCard):
    """What is gone."""

    def __init__(self, deleted: Deleted, language: Language) -> None:
        gone = [
            say(language, "privacy.delete.line", what=say(language, f"privacy.kind.{table}"), count=f"{count:,}")
            for table, count in deleted.rows.items()
            if count
        ]
        left = [say(language, "privacy.delete.count_left", count=f"{deleted.left:,}")] if deleted.left else []
        super().__init__(say(language, "privacy.delete.done"), [*gone, *left])


def export_text(pieces: Sequence[Piece], language: Language) -> str:
    """What stands above the file, or above the first of its pieces."""
    text = say(language, "privacy.export.done")
    return f"{text}\n{say(language, 'privacy.export.pieces', count=len(pieces))}" if len(pieces) > 1 else text


def in_days(days: int, language: Language) -> str:
    return count_words(language, "privacy.days", count=days)


def _line(fact: Fact, language: Language) -> str:
    if fact.days is not None:
        how_long = say(language, "privacy.how_long.days", days=in_days(fact.days, language))
    else:
        how_long = say(language, "privacy.how_long.stays" if fact.stays else "privacy.how_long.kept")
    return say(
        language,
        "privacy.show.line",
        what=say(language, f"privacy.kind.{fact.table}"),
        count=f"{fact.count:,}",
        how_long=how_long,
    )
