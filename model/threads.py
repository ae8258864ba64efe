"""How the processor's cores are shared out. Needs no torch.

Numpy lets go of Python's lock while it computes, so that threads are enough. Rows are shared out, not what is done to
them: each thread takes its rows through all steps and waits for nobody before the end.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from typing import Final, TypeVar

Result = TypeVar("Result")

THREADS: Final = os.cpu_count() or 1

_thread = threading.local()


def share_among(threads: int) -> None:
    """Share what this thread has to do among so many at the most."""
    _thread.threads = threads


def work_alone() -> None:
    """Share nothing out in this thread: it is one of as many as there are cores."""
    share_among(1)


@dataclass(frozen=True, slots=True)
class Shares:
    """How rows are shared out."""

    fewest: int
    """Fewer than these are no share of their own."""
    most: int
    """No share has more than these: what they need should fit into a cache."""
    threads: int = THREADS
    """So many shares may be worked on at the same time."""

    def of(self, count: int) -> list[slice]:
        """The shares of so many rows, in their order."""
        if not count:
            return []
        shares = max(-(-count // self.most), min(self._at_a_time(), count // self.fewest))
        bounds = [count * number // shares for number in range(shares + 1)]
        return [slice(first, last) for first, last in pairwise(bounds)]

    def do(self, work: Callable[[slice], Result], count: int) -> list[Result]:
        """Do the work for each share of so many rows, side by side; the result of each, in their order."""
        shares = self.of(count)
        if min(len(shares), self._at_a_time()) <= 1:
            return [work(share) for share in shares]
        return list(_helpers().map(work, shares))

    def _at_a_time(self) -> int:
        return min(self.threads, getattr(_thread, "threads", THREADS))


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="rows", initializer=work_alone)
