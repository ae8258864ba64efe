"""Words that a server does not want in poems."""

import unicodedata
from collections.abc import Sequence
from typing import Final

from bot.store.database import Database
from model.script import normalise, unify

_READ: Final = "LMN"  # letters, what is written over them, numbers: not marks, spaces, what cannot be seen


def bare(text: str) -> str:
    """The form in which texts and words are compared: in one script, without marks, spaces and line breaks."""
    return normalise("".join(char for char in unify(text).casefold() if unicodedata.category(char)[0] in _READ))


class ServerWordRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, guild_id: int) -> list[str]:
        """The words of a server, in the order of their characters."""
        rows = await self._database.fetch_all(
            "SELECT word FROM server_words WHERE guild_id = ? ORDER BY word", (guild_id,)
        )
        return [str(row[0]) for row in rows]

    async def replace(self, guild_id: int, words: Sequence[str]) -> None:
        """Let these be the server's words, in place of all before; what has no letter in it is left out."""
        async with self._database.transaction() as transaction:
            await transaction.execute("DELETE FROM server_words WHERE guild_id = ?", (guild_id,))
            await transaction.execute_many(
                "INSERT INTO server_words (guild_id, word) VALUES (?, ?)",
                [(guild_id, word) for word in sorted({bare(word) for word in words} - {""})],
            )
