"""How long something takes."""

import time
from collections.abc import Callable


def fastest(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of some runs, after one that is not counted: what others do meanwhile only adds to it."""
    return min(_times(work, repeats))


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the median run, after one that is not counted."""
    return sorted(_times(work, repeats))[repeats // 2]


def _times(work: Callable[[], object], repeats: int) -> list[float]:
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return times
