"""Poems that people keep, of servers that agreed that they are learnt from."""

import json
import re
from dataclasses import dataclass
from typing import Final

from bot.store.database import Database
from bot.store.fame import NOBODY

_MARKS: Final = re.compile(r"[，。\n]+")


@dataclass(frozen=True, slots=True)
class LovedPoem:
    """A poem with the indices of those of its characters, marks not counted, that a person gave."""

    id: int
    text: str
    given: tuple[int, ...]
    loved: int

    @property
    def lines(self) -> list[str]:
        return [line for line in _MARKS.split(self.text) if line]


class LovedRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def agreed(self) -> frozenset[int]:
        """The servers that agreed, and that the bot is in."""
        rows = await self._database.fetch_all("SELECT guild_id FROM servers WHERE learning = 1 AND left_at IS NULL")
        return frozenset(int(row[0]) for row in rows)

    async def of_server(self, guild_id: int, keepers: int) -> list[LovedPoem]:
        """Poems that were written there and that so many people keep, but for those whose author deleted their data:
        what was given of these is not known any more.
        """
        rows = await self._database.fetch_all(
            "SELECT id, coalesce(nullif(traditional, ''), text), given, loved FROM poems"
            " WHERE guild_id = ? AND loved >= ? AND person_id != ? ORDER BY id",
            (guild_id, keepers, NOBODY),
        )
        return [LovedPoem(poem_id, text, tuple(json.loads(given)), loved) for poem_id, text, given, loved in rows]
