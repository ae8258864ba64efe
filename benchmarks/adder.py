"""What the adder can do, and how fast: python -m benchmarks.adder [--quick]."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from threadpoolctl import threadpool_limits

from benchmarks.machine import machine
from model.addition import Adder
from model.addition.adder import read_network
from model.addition.certificate import Proof, verify
from model.addition.certify import worst_margin
from model.addition.evaluation import judge
from model.addition.folded import FoldedNetwork
from model.addition.gated_bounds import reach_of
from model.addition.numbers import Digits, digit_columns
from model.addition.operations import Operation
from model.addition.pairs import draw_lengths, draw_numbers, random_columns, repeated_columns
from model.addition.training import train_adder
from model.header import read_header
from model.recipes import AdderRecipe, Cell, load_recipe
from model.run import RunOptions
from model.shipped import SHIPPED

WEIGHTS = SHIPPED / "adder.safetensors"
CELLS: Final[dict[Cell, str]] = {"rnn": "adder", "gru": "adder-gru", "lstm": "adder-lstm"}
"""The recipe of each cell."""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adder", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no training, and a hundredth of the sums")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--seeds", type=int, default=5, help="so many networks of each cell are trained and judged")
    parser.add_argument("--cells", nargs="+", choices=CELLS, default=list(CELLS), help="of these cells")
    options = parser.parse_args()
    console = Console()
    with threadpool_limits(1, user_api="blas"):  # a second thread of BLAS waits without resting, and costs more
        _measure(options, console)
    console.print(machine(), highlight=False)


def _measure(options: argparse.Namespace, console: Console) -> None:
    if not options.quick:
        console.print(_training())
    network = read_network(options.weights)[1]
    console.print(_exactness(network, share=100 if options.quick else 1))
    console.print(_speed(options.weights, network, longest=100_000 if options.quick else 1_000_000))
    if not options.quick:
        for cell in options.cells:
            console.print(_seeds(cell, options.seeds, share=1))


def _training() -> Table:
    """Recipes from the first step to the test, and the proof of two; importing PyTorch is not counted."""
    table = Table("recipe", *_SECONDS, "exact on the test range", "proven margin")
    for name in ("learn2carry", "adder", "adder-3"):
        with tempfile.TemporaryDirectory() as folder:
            weights, *seconds = _trained(name, 0, Path(folder))
            proof = Adder.load(weights).proof
            exact = read_header(weights, "adder").figures["test_exact"]
        table.add_row(name, *seconds, f"{exact:.2%}", f"{proof.margin:.2f}" if proof else "none")
    return table


_SECONDS = ("seconds", "of a core")
"""How long somebody waits, and how long a core works, which is less where it has other work."""


def _trained(name: str, seed: int, folder: Path) -> tuple[Path, str, str]:
    """The weights of a recipe, and the seconds that they took."""
    recipe = load_recipe(name)
    assert isinstance(recipe, AdderRecipe)
    started, worked = time.perf_counter(), time.process_time()
    train_adder(name, recipe, RunOptions(folder, seed, torch.device("cpu")), Console(quiet=True))
    waited, worked = time.perf_counter() - started, time.process_time() - worked
    return folder / "weights.safetensors", f"{waited:.1f}", f"{worked:.1f}"


def _seeds(cell: Cell, seeds: int, *, share: int) -> Table:
    """Networks of one cell, each with another seed: all sets of sums together, and what can be said of all sums."""
    heads = ("seed", *_SECONDS, "sums", "exact", "worst margin", "known of all sums")
    table = Table(*heads, title=f"cell {cell.upper()}")
    for seed in range(seeds):
        with tempfile.TemporaryDirectory() as folder:
            weights, *seconds = _trained(CELLS[cell], seed, Path(folder))
            network, proof = read_network(weights)[1], Adder.load(weights).proof
        verdicts = [judge(network, columns) for _, columns in _sets(network.operation, share)]
        sums, exact = sum(verdict.sums for verdict in verdicts), sum(verdict.exact for verdict in verdicts)
        table.add_row(
            str(seed),
            *seconds,
            f"{sums:,}",
            f"{exact:,} ({exact / sums:.4%})",
            f"{min(verdict.margin for verdict in verdicts):.2f}",
            _known(network, proof),
        )
    return table


def _known(network: FoldedNetwork, proof: Proof | None) -> str:
    """What is known of all sums: proven with a margin, or how far bounds lead."""
    if proof:
        return f"proven, margin {proof.margin:.2f}"
    if network.cell == "rnn":
        return f"not proven: a wrong digit may lead by {-worst_margin(network):.2f}"
    reach = reach_of(network)
    if reach.columns is None:
        return f"bounds hold for any number of columns, margin {reach.margin:.2f} (no certificate)"
    return f"bounds hold up to {reach.columns} columns"


def _exactness(network: FoldedNetwork, *, share: int) -> Table:
    table = Table("sums", "number", "exact", "worst margin", "carry read rightly", "seconds", title="exact match")
    for name, columns in _sets(network.operation, share):
        started = time.perf_counter()
        verdict = judge(network, columns)
        table.add_row(
            name,
            f"{verdict.sums:,}",
            f"{verdict.exact:,} ({verdict.exact / verdict.sums:.2%})",
            f"{verdict.margin:.2f}",
            f"{verdict.carries:.2%}",
            f"{time.perf_counter() - started:.1f}",
        )
    return table


def _sets(operation: Operation, share: int) -> Iterator[tuple[str, Digits]]:
    random = np.random.Generator(np.random.Philox(1))
    for _ in range(1 if share > 1 else 10):  # a million, a tenth at a time
        yield (
            "up to 9 digits, all numbers alike",
            draw_numbers(random, operation, 1_000_000 // max(share, 10), 0, 10**9),
        )
    yield "up to 5 digits, all lengths alike", draw_lengths(random, operation, 100_000 // share, 5)
    for length in (20, 100, 1_000):
        yield f"{length:,} digits", random_columns(random, operation, 10_000 // share, length)
    yield "10,000 digits", random_columns(random, operation, 1_000 // share, 10_000)
    if share == 1:
        yield "1,000,000 digits", random_columns(random, operation, 1, 1_000_000)
    for length in (8, 100, 10_000 // share):
        yield f"one column repeated, {length:,} digits", repeated_columns(operation, length)
    for length in (20, 10_000):
        yield f"worst cases, {length:,} digits", _worst(operation, length)


def _worst(operation: Operation, length: int) -> Digits:
    """Numbers of an even length that ask most of a memory; of a subtraction, those with a difference."""
    nines, half = "9" * length, length // 2
    pairs = [(nines, nines), ("1" + "0" * (length - 1), "1"), ("0" * length, "0")]
    if not operation.subtracts:
        # One carry through all columns, with zeros and with other digits below; a carry in every second column.
        pairs += [(nines, "1"), ("45" * (half - 1) + "55", "54" * (half - 1) + "45"), ("90" * half, "10" * half)]
    operands = [(*pair, "0")[: operation.operands] for pair in pairs]  # a zero where three are added
    return np.stack([digit_columns(*numbers) for numbers in operands], axis=1)


def _speed(weights: Path, network: FoldedNetwork, *, longest: int) -> Table:
    table, adder = Table("speed", "value"), Adder.load(weights)
    random = np.random.Generator(np.random.Philox(2))
    for length, repeats in ((9, 500), (1_000, 20), (longest, 1)):
        numbers = ["".join(map(str, random.integers(0, 10, size=length))) for _ in range(adder.operation.operands)]
        started = time.perf_counter()
        for _ in range(repeats):
            adder.compute(*sorted(numbers, reverse=True))
        table.add_row(f"one sum of {length:,} digits", f"{(time.perf_counter() - started) / repeats * 1e3:.2f} ms")
    columns = draw_numbers(random, network.operation, 100_000, 0, 10**9)
    started = time.perf_counter()
    judge(network, columns)
    table.add_row("nine-digit sums in one batch", f"{100_000 / (time.perf_counter() - started):,.0f} a second")
    if adder.proof:
        started = time.perf_counter()
        verify(weights)
        table.add_row("the proof checked", f"{(time.perf_counter() - started) * 1e3:.0f} ms")
    return table


if __name__ == "__main__":
    main()
