"""Keeps out whom the owner blocked: known by heart, since every request asks."""

from datetime import datetime
from typing import Self

from bot.services.refusals import Refusal
from bot.store.blocks import Block, BlockRepository, Subject


class PersonBlocked(Refusal):
    key = "error.blocked.person"


class ServerBlocked(Refusal):
    key = "error.blocked.server"


class Blocks:
    """A change counts from the moment it is made."""

    def __init__(self, repository: BlockRepository) -> None:
        self._repository = repository
        self._known: dict[tuple[Subject, int], Block] = {}

    @classmethod
    async def load(cls, repository: BlockRepository) -> Self:
        blocks = cls(repository)
        await blocks.reload()
        return blocks

    async def reload(self) -> None:
        """Learn what another process has changed."""
        self._known = {(block.kind, block.subject_id): block for block in await self._repository.all()}

    def check(self, person_id: int, guild_id: int | None) -> None:
        """Raises:
        PersonBlocked, ServerBlocked: nothing is done for this person, or in this server.
        """
        if self.holds(Subject.PERSON, person_id):
            raise PersonBlocked
        if guild_id is not None and self.holds(Subject.SERVER, guild_id):
            raise ServerBlocked

    def holds(self, kind: Subject, subject_id: int) -> bool:
        return (kind, subject_id) in self._known

    def all(self, kind: Subject | None = None) -> list[Block]:
        """The blocks, of one kind or of both, the newest first."""
        wanted = [block for block in self._known.values() if kind in (None, block.kind)]
        return sorted(wanted, key=lambda block: (block.blocked_at, block.subject_id), reverse=True)

    async def add(self, kind: Subject, subject_id: int, reason: str, now: datetime) -> None:
        block = Block(kind, subject_id, reason, now)
        await self._repository.add(block)
        self._known[kind, subject_id] = block

    async def remove(self, kind: Subject, subject_id: int) -> bool:
        """Let in again. Returns whether it was kept out."""
        await self._repository.remove(kind, subject_id)
        return self._known.pop((kind, subject_id), None) is not None
