"""What the adder can do, and how fast: python -m benchmarks.adder [--quick]."""

import argparse
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from model import checkpoint
from model.addition import Adder
from model.addition.evaluation import judge
from model.addition.network import AdderConfiguration, AdderNetwork, FoldedNetwork
from model.addition.numbers import Digits, digit_columns
from model.addition.pairs import draw_pairs, random_columns, repeated_columns
from model.addition.training import train_adder
from model.header import read_header
from model.recipes import AdderRecipe, load_recipe
from model.run import RunOptions
from model.shipped import SHIPPED

WEIGHTS = SHIPPED / "adder.safetensors"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.adder", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="no training, and a tenth of the sums")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    console = Console()
    if not options.quick:
        console.print(_training())
    header, tensors = checkpoint.load(options.weights, "adder")
    configuration = AdderConfiguration.model_validate(header.configuration)
    network = FoldedNetwork.of(checkpoint.build(lambda: AdderNetwork(configuration), tensors, options.weights))
    console.print(_exactness(network, header.settings["below"], share=10 if options.quick else 1))
    console.print(_speed(Adder.load(options.weights), network))


def _training() -> Table:
    """The recipe from the first step to the test; importing PyTorch is not counted."""
    recipe = load_recipe("adder")
    assert isinstance(recipe, AdderRecipe)
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        train_adder("adder", recipe, RunOptions(Path(folder), 0, torch.device("cpu")), Console(quiet=True))
        seconds = time.perf_counter() - started
        figures = read_header(Path(folder) / "weights.safetensors", "adder").figures
    table = Table("training", "value")
    table.add_row(f"{recipe.steps:,} steps of {recipe.batch} pairs, and 10,000 test pairs", f"{seconds:.1f} s")
    table.add_row("exact on the test range", f"{figures['test_exact']:.2%}")
    return table


def _exactness(network: FoldedNetwork, below: int, *, share: int) -> Table:
    table = Table("sums", "number", "exact", "worst margin", "carry read rightly", "seconds", title="exact match")
    for name, columns in _sets(below, share):
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


def _sets(below: int, share: int) -> Iterator[tuple[str, Digits]]:
    random = np.random.Generator(np.random.Philox(1))
    top = 10 ** len(str(below))
    yield f"pairs below {below:,}", draw_pairs(random, 10_000 // share, 0, below)
    yield f"pairs from {below:,} to {top - 1:,}", draw_pairs(random, 10_000 // share, below, top)
    for length in (1, 2, 3, 20, 100, 1_000):
        yield f"random, digits: {length:,}", random_columns(random, 10_000 // share, length)
    yield "random, digits: 10,000", random_columns(random, 1_000 // share, 10_000)
    for length in (8, 20, 100, 1_000, 10_000):
        yield f"one column repeated, {length:,} digits", repeated_columns(length)
    for length in (20, 10_000):
        nines, one = "9" * length, "1"
        yield f"99…9 + 1, {length:,} digits", digit_columns(nines, one)[:, None]
        yield f"99…9 + 99…9, {length:,} digits", digit_columns(nines, nines)[:, None]
        yield f"9090… + 1010…, {length:,} digits", digit_columns("90" * (length // 2), "10" * (length // 2))[:, None]


def _speed(adder: Adder, network: FoldedNetwork) -> Table:
    table = Table("speed", "value")
    random = np.random.Generator(np.random.Philox(2))
    for length, repeats in ((9, 500), (1_000, 20), (100_000, 1)):
        a, b = ("".join(map(str, random.integers(0, 10, size=length))) for _ in range(2))
        started = time.perf_counter()
        for _ in range(repeats):
            adder.add(a, b)
        table.add_row(f"one sum of {length:,} digits", f"{(time.perf_counter() - started) / repeats * 1e3:.2f} ms")
    columns = draw_pairs(random, 100_000, 0, 10**9)
    started = time.perf_counter()
    judge(network, columns)
    table.add_row("nine-digit sums in one batch", f"{100_000 / (time.perf_counter() - started):,.0f} a second")
    return table


if __name__ == "__main__":
    main()
