"""Products of matrices whose results do not depend on how they are computed. Needs no torch.

Rounded sums depend on the order in which they are added up, and a library of linear algebra takes another order for one
row than for many. But a seed must give the same poem alone and in any batch. So both factors are rounded to whole
numbers beforehand, of about nine bits each, so small that no sum of their products can pass 2²⁴: single precision holds
all whole numbers below, and these sums are exact in whatever order. Every row has the same bits beside any other rows,
in one thread or in several, and no row must be padded to the size of a block.

A weight's whole number is counted in units of its own row of the matrix, so that small rows are rounded as finely as
large ones. What is lost is about what bfloat16 would lose, 16 bits a number.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float32]

THREADS: Final = os.cpu_count() or 1

_EXACT: Final = 2**24
_BALANCE: Final = 8000.0
"""Divided by √depth: the steps from 0 to the largest input. With more of them the weights would have to be rounded
more coarsely; so chosen, both roundings cost alike."""
_WORTH_SHARING: Final = 30_000_000
"""Multiplications that take well over the tenth of a millisecond that it costs to call another thread."""
_LEAST: Final = np.float32(1e-30)

_thread = threading.local()


class Product:
    """The map of rows x to x Wᵀ + b."""

    def __init__(self, weight: Floats, bias: Floats, largest: float | None = None) -> None:
        """Round the weights.

        Args:
            weight: W, (width, depth).
            bias: b, (width,).
            largest: no input's magnitude is above this; where left out, each row's own largest is taken.
        """
        _leave_threads_to_us()
        depth = weight.shape[1]
        steps = max(1.0, _BALANCE // np.sqrt(depth))
        # Rounding makes each weight at most half a unit larger; two more for the rounding of these sums themselves.
        unit = np.abs(weight).sum(axis=1).astype(np.float64) / (_EXACT / steps - depth / 2 - 2)
        unit[unit == 0] = 1.0
        whole = weight * (1 / unit).astype(np.float32)[:, None]
        self._matrix: Floats = np.ascontiguousarray(np.rint(whole, out=whole).T)
        self._bias = np.array(bias, dtype=np.float32)
        self._steps = np.float32(steps)
        self._unit: Floats = unit.astype(np.float32)
        self._scale: Floats | None = None
        if largest is not None:
            self._steps = np.float32(steps / largest)
            self._scale = (unit * largest / steps).astype(np.float32)

    def __call__(self, rows: Floats) -> Floats:
        """(rows, depth) to (rows, width)."""
        if self._scale is not None:
            result = self._multiply(np.rint(rows * self._steps))
            result *= self._scale
        else:
            largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), _LEAST)
            result = self._multiply(np.rint(rows * (self._steps / largest)))
            result *= self._unit
            result *= largest / self._steps
        result += self._bias
        return result

    def _multiply(self, whole: Floats) -> Floats:
        threads = getattr(_thread, "threads", THREADS)
        if threads == 1 or whole.shape[0] * self._matrix.size < _WORTH_SHARING:
            product: Floats = whole @ self._matrix
            return product
        result = np.empty((len(whole), self._matrix.shape[1]), dtype=np.float32)
        parts = np.array_split(np.arange(len(whole)), threads)
        shares = [slice(int(part[0]), int(part[-1]) + 1) for part in parts if len(part)]
        list(_helpers().map(lambda share: np.matmul(whole[share], self._matrix, out=result[share]), shares))
        return result


def share_among(threads: int) -> None:
    """Products of this thread are shared out among so many."""
    _thread.threads = threads


def work_alone() -> None:
    """Products of this thread are not shared out: it is one of as many as there are cores."""
    share_among(1)


@cache
def _helpers() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(THREADS, thread_name_prefix="product")


@cache
def _leave_threads_to_us() -> None:
    """Numpy's own threads wait for work by spinning, and take the processor from all that goes on beside them."""
    ThreadpoolController().select(internal_api="openblas").limit(limits=1)
