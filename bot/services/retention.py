"""What is forgotten after a time, as the settings say."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from bot.store.privacy import KINDS, PrivacyRepository

log = logging.getLogger(__name__)

BATCH: Final = 500
"""Rows that go in one transaction: what people ask for takes its turn between."""

Batch = Callable[[int], Awaitable[int]]


class Retention:
    """Forgets; it may do so as often as one likes, and be ended at any point."""

    def __init__(self, repository: PrivacyRepository, days: Mapping[str, int]) -> None:
        self._repository = repository
        self._days = days

    async def sweep(self, now: datetime) -> Mapping[str, int]:
        """Delete what is too old, and what nobody has any more. Returns how many rows of each table went."""
        gone = {}
        for kind in KINDS:
            if kind.aged is not None:
                before = now - timedelta(days=self._days[kind.table])
                gone[kind.table] = await _in_batches(partial(self._repository.forget, kind, before))
        gone["poems"] = await _in_batches(self._repository.forget_unkept)
        if any(gone.values()):
            log.info("Forgotten: %s", gone)
        return gone


async def _in_batches(batch: Batch) -> int:
    total = 0
    while True:
        gone = await batch(BATCH)
        total += gone
        if gone < BATCH:
            return total
