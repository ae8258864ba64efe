"""How the processor's cores are shared out. Needs no torch.

Numpy lets go of Python's lock while it computes, so that threads are enough. Rows are shared out, not what is done to
them: each thread takes its rows through all steps and waits for nobody before the end.
"""

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
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


def in_parts(
    work: Callable[[slice], Result], count: int, *, fewest: int, most: int, threads: int = THREADS
) -> list[Result]:
    """Have parts of a range done side by side.

    Args:
        work: what is done to a part.
        count: the end of the range, which begins at 0.
        fewest: fewer than these are no part of their own.
        most: no part has more than these.
        threads: so many parts are done at a time at the most.

    Returns:
        The result of each part, in their order.
    """
    if not count:
        return []
    threads = min(threads, getattr(_thread, "threads", THREADS))
    parts = max(-(-count // most), min(threads, count // fewest))
    bounds = [count * number // parts for number in range(parts + 1)]
    slices = [slice(first, last) for first, last in pairwise(bounds)]
    if min(parts, threads) == 1:
        return [work(part) for part in slices]
    return list(_helpers().map(work, slices))


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="rows", initializer=work_alone)
