"""The request that is being served: log lines tell which, and its time counts from its beginning.

It is known to whatever runs for it and to the tasks that are begun there. What serves many at once begins its tasks in
that of nobody's request.
"""

import time
from contextvars import Context, ContextVar, copy_context
from dataclasses import dataclass, field
from typing import Final


@dataclass(slots=True)
class CurrentRequest:
    """`id` is the interaction's, `reference` what the person was told to quote, if anything."""

    id: int
    command: str
    guild_id: int | None
    reference: str | None = None
    began: float = field(default_factory=time.perf_counter)

    @property
    def seconds(self) -> float:
        """Since it began. The event loop's clock stands still in the simulated Discord."""
        return time.perf_counter() - self.began


CURRENT: Final[ContextVar[CurrentRequest | None]] = ContextVar("current_request", default=None)


def of_nobody() -> Context:
    """What is known here, except for whom. An empty context would lose the simulated Discord's clock as well."""
    context = copy_context()
    context.run(CURRENT.set, None)
    return context
