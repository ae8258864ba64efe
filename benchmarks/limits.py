"""What a machine could do at best: how fast it reads memory and multiplies matrices, with all of its cores."""

import os
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import ThreadpoolController

from model.configuration import GATES, NetworkConfiguration
from model.slots import ECHOES

CORES = os.cpu_count() or 1
# Far more than any cache holds.
_LARGE = 2**28


def fastest(work: Callable[[], object], repeats: int) -> float:
    """Seconds of the fastest of some runs, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return min(times)


def bandwidth() -> float:
    """Bytes a second that are read from memory."""
    parts = np.split(np.ones(_LARGE // 4, dtype=np.float32), CORES)
    with ThreadPoolExecutor(CORES) as pool:
        return _LARGE / fastest(lambda: list(pool.map(np.max, parts)), 9)


def product_shapes(network: NetworkConfiguration) -> list[tuple[int, int]]:
    """The matrices by which each character is multiplied, (depth, width).

    The first layer's product with the embedding is none of them: it stands in a table.
    """
    gates = GATES[network.cell] * network.hidden
    shapes = [(network.hidden, gates)] * (2 * network.layers - 1)
    if network.told:
        shapes.append((len(ECHOES) * network.echo, gates))
    if network.bridged:
        shapes.append((network.hidden, network.embedding))
    return [*shapes, (network.embedding if network.tied else network.hidden, network.symbols)]


def product_seconds(shapes: Sequence[tuple[int, int]], rows: int, steps: int, repeats: int) -> float:
    """Seconds to multiply so many rows by matrices of these shapes, so many times, shared out among the cores."""
    random = np.random.default_rng(0)
    matrices = [random.standard_normal(shape, dtype=np.float32) for shape in shapes]
    share = -(-rows // min(CORES, rows))
    inputs = [random.standard_normal((share, depth), dtype=np.float32) for depth, _ in shapes]
    workers = -(-rows // share)

    def work(_worker: int) -> None:
        for _ in range(steps):
            for own, matrix in zip(inputs, matrices, strict=True):
                own @ matrix

    with ThreadpoolController().limit(limits=1), ThreadPoolExecutor(workers) as pool:
        return fastest(lambda: list(pool.map(work, range(workers))), repeats)
