"""What a machine could do at best: how fast it reads memory and multiplies matrices, with all of its cores."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import torch
from threadpoolctl import ThreadpoolController

from benchmarks.timing import fastest
from model.configuration import GATES, NetworkConfiguration
from model.device import Precision
from model.slots import ECHOES

CORES = os.cpu_count() or 1
# Far more than any cache holds.
_LARGE = 2**28


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


def training_products(
    network: NetworkConfiguration, poems: int, symbols: int, device: torch.device, precision: Precision
) -> float:
    """Characters a second of a training step that is nothing but its products, forwards and backwards.

    Args:
        network: what is trained.
        poems: in a batch.
        symbols: of a poem.
        device, precision: with which the products are taken.
    """
    kind, rows, gates = getattr(torch, precision), poems * symbols, GATES[network.cell] * network.hidden
    below = [network.embedding + network.slot + len(ECHOES) * network.echo] + [network.hidden] * (network.layers - 1)
    heads = [(network.hidden, network.embedding)] if network.bridged else []
    heads.append((network.embedding if network.tied else network.hidden, network.symbols))
    at_once = [(rows, depth, width) for depth, width in [*((own, gates) for own in below), *heads]]
    one_by_one = (poems, network.hidden, gates)

    def operands(rows: int, depth: int, width: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        inputs, matrix, slopes = (
            torch.randn(*shape, device=device).to(kind) for shape in ((rows, depth), (depth, width), (rows, width))
        )
        return inputs, matrix, slopes

    whole, step = [operands(*shape) for shape in at_once], operands(*one_by_one)
    states = operands(rows, network.hidden, gates)

    def work() -> None:
        for inputs, matrix, slopes in whole:
            inputs @ matrix
            slopes @ matrix.T
            inputs.T @ slopes
        for _ in range(network.layers):
            for _ in range(symbols):
                step[0] @ step[1]
                step[2] @ step[1].T
            states[0].T @ states[2]
        if device.type == "cuda":
            torch.cuda.synchronize()

    return rows / fastest(work, 9)
