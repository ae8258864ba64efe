"""Which part of Discord this process serves: all of it, or some of the shards."""

import json
from dataclasses import dataclass
from typing import Final, Self

from bot.sections import DiscordSection

_TIMESTAMP_SHIFT: Final = 22
"""Of an id, the bits below count within a millisecond; Discord spreads servers by those above."""


@dataclass(frozen=True, slots=True)
class Share:
    """`ids` are the shards of this process, of `count` in all; where it serves all, it has the data folder alone.

    Where Discord chooses how many there are, they count as one here: they are one process's.
    """

    ids: tuple[int, ...] = (0,)
    count: int = 1

    @classmethod
    def of(cls, settings: DiscordSection) -> Self:
        return cls(settings.shard_ids, settings.shards) if settings.shard_ids else cls()

    def __str__(self) -> str:
        """By this a process knows its own again after a restart."""
        return f"{','.join(map(str, self.ids))} of {self.count}"

    @property
    def is_all(self) -> bool:
        return len(self.ids) == self.count

    def shard_of(self, guild_id: int) -> int:
        return (guild_id >> _TIMESTAMP_SHIFT) % self.count

    def has(self, guild_id: int) -> bool:
        """Whether this process sees the server."""
        return self.shard_of(guild_id) in self.ids

    def condition(self, column: str) -> tuple[str, tuple[object, ...]]:
        """The same in SQL, for a column with a server's id, and what stands for its question marks."""
        condition = f"({column} >> ?) % ? IN (SELECT value FROM json_each(?))"  # noqa: S608 - our own names
        return condition, (_TIMESTAMP_SHIFT, self.count, json.dumps(self.ids))


ALL: Final = Share()
