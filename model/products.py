"""Products of matrices whose results do not depend on how they are computed. Needs no torch.

Rounded sums depend on the order in which they are added up, and a library of linear algebra takes another order for one
row than for many. But a seed must give the same poem alone and in any batch. So both factors are rounded to whole
numbers beforehand, of about nine bits each, so small that no sum of their products can pass 2²⁴: single precision holds
all whole numbers below, and these sums are exact in whatever order. Every row has the same bits beside any other rows,
in one thread or in several, and no row must be padded to the size of a block.

A weight's whole number is counted in units of its own row of the matrix, so that small rows are rounded as finely as
large ones. What is lost is about what bfloat16 would lose, 16 bits a number.

Because the order is free, so is the way. A library packs both matrices anew for every product, which takes longer than
the product itself where few rows meet large weights; but where a processor has AVX-512, OpenBLAS multiplies small
matrices as they lie. There the weights lie in blocks of columns, which meet a few rows at a time.
"""

from functools import cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import ThreadpoolController

Floats = NDArray[np.float32]

_EXACT: Final = 2**24
_BALANCE: Final = 8000.0
"""Divided by √depth: the steps from 0 to the largest input. With more of them the weights would have to be rounded
more coarsely; so chosen, both roundings cost alike."""
_LEAST: Final = np.float32(1e-30)

_COLUMNS: Final = 64
"""Of a block."""
_SMALL: Final = 1_000_000
"""So many multiplications OpenBLAS does without packing."""
_FEWEST: Final = 6
"""Of blocks so high that fewer rows than these may meet one at a time, packing costs less."""
_WITHOUT_PACKING: Final = {"SkylakeX", "Cooperlake", "SapphireRapids"}
"""The processors for which it can, by the names that it gives to them and to those that are like them."""


class Product:
    """The map of rows x to x Wᵀ + b."""

    def __init__(self, weight: Floats, bias: Floats | None = None, largest: float | None = None) -> None:
        """Round the weights.

        Args:
            weight: W, (width, depth).
            bias: b, (width,); none where left out.
            largest: no input's magnitude is above this; where left out, each row's own largest is taken.
        """
        _leave_threads_to_us()
        self._width, depth = weight.shape
        steps = max(1.0, _BALANCE // np.sqrt(depth))
        # Rounding makes each weight at most half a unit larger; two more for the rounding of these sums themselves.
        unit = np.abs(weight).sum(axis=1).astype(np.float64) / (_EXACT / steps - depth / 2 - 2)
        unit[unit == 0] = 1.0
        whole = weight * (1 / unit).astype(np.float32)[:, None]
        self._blocks, self._most = _in_blocks(np.rint(whole, out=whole))
        self._bias = None if bias is None else np.array(bias, dtype=np.float32)
        self._steps = np.float32(steps)
        self._unit: Floats = unit.astype(np.float32)
        self._scale: Floats | None = None
        if largest is not None:
            self._steps = np.float32(steps / largest)
            self._scale = (unit * largest / steps).astype(np.float32)

    def __call__(self, rows: Floats) -> Floats:
        """(rows, depth) to (rows, width)."""
        if self._scale is not None:
            result = self._multiply(rows, self._steps)
            result *= self._scale
        else:
            largest = np.maximum(np.abs(rows).max(axis=1, keepdims=True), _LEAST)
            result = self._multiply(rows, self._steps / largest)
            result *= self._unit
            result *= largest / self._steps
        if self._bias is not None:
            result += self._bias
        return result

    def _multiply(self, rows: Floats, steps: Floats | np.float32) -> Floats:
        """The exact products of the whole numbers, (rows, width)."""
        blocks, _, depth, columns = self._blocks.shape
        count = len(rows)
        chunks = -(-count // self._most)
        each = -(-count // chunks)
        whole = np.empty((chunks * each, depth), dtype=np.float32)
        np.multiply(rows, steps, out=whole[:count])
        np.rint(whole[:count], out=whole[:count])
        whole[count:] = 0
        result = np.empty((chunks * each, blocks * columns), dtype=np.float32)
        places = result.reshape(chunks, each, blocks, columns).transpose(2, 0, 1, 3)
        np.matmul(whole.reshape(1, chunks, each, depth), self._blocks, out=places)
        return result[:count, : self._width]


def _in_blocks(whole: Floats) -> tuple[Floats, int]:
    """Lay out a matrix (width, depth) as (blocks, 1, depth, columns); how many rows are to meet a block at a time."""
    width, depth = whole.shape
    most = _SMALL // (_COLUMNS * depth)
    if not _multiplies_without_packing() or most < _FEWEST:
        return np.ascontiguousarray(whole.T)[None, None], _SMALL
    blocks = np.zeros((-(-width // _COLUMNS), 1, depth, _COLUMNS), dtype=np.float32)
    for number, block in enumerate(blocks):
        own = whole[number * _COLUMNS : (number + 1) * _COLUMNS]
        block[0, :, : len(own)] = own.T
    return blocks, most


@cache
def _multiplies_without_packing() -> bool:
    libraries = ThreadpoolController().select(internal_api="openblas").info()
    return any(library["architecture"] in _WITHOUT_PACKING for library in libraries)


@cache
def _leave_threads_to_us() -> None:
    """Numpy's own threads wait for work by spinning, and take the processor from all that goes on beside them."""
    ThreadpoolController().select(internal_api="openblas").limit(limits=1)
