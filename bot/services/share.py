"""Which part of Discord this process serves: all of it, or some of the shards."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final, Self

from bot.sections import DiscordSection

_TIMESTAMP_SHIFT: Final = 22
"""Of an id, the bits below count within a millisecond; Discord spreads servers by those above."""


@dataclass(frozen=True, slots=True)
class Share:
    """`ids` are the shards of this process, of `count` in all; where it serves all, it has the data folder alone."""

    ids: tuple[int, ...] = ()
    count: int = 0

    @classmethod
    def of(cls, settings: DiscordSection) -> Self:
        return cls(settings.shard_ids, settings.shards) if settings.shard_ids else cls()

    def __str__(self) -> str:
        """By this a process knows its own again after a restart."""
        return f"{','.join(map(str, self.ids))} of {self.count}" if self.ids else "all"

    @property
    def is_all(self) -> bool:
        return not self.ids

    def shard_of(self, guild_id: int) -> int:
        """The shard that a server belongs to; 0 where this process serves all."""
        return (guild_id >> _TIMESTAMP_SHIFT) % self.count if self.ids else 0

    def has(self, guild_id: int | None) -> bool:
        """Whether this process sees the server; direct messages come to the first shard."""
        return self.is_all or self.shard_of(guild_id or 0) in self.ids

    @property
    def shards(self) -> Collection[int]:
        """The shards as shard_of() names them."""
        return self.ids or (0,)
