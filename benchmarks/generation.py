"""Poems a second, one by one and in a batch, against the classic loop with weights of the same shape.

python -m benchmarks.generation [--quick]
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import replace

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.classic import ClassicNetwork, generate
from benchmarks.machine import machine
from model.configuration import NetworkConfiguration
from model.forms import Form
from model.generation import Poet
from model.network import PoemNetwork
from model.requests import PoemRequest
from model.script import Script
from model.torch_stepping import make_stepper
from model.vocabulary import BEGIN, COMMA, STOP, Vocabulary

# As many symbols as the classic quatrains have, and as long: 20 characters and 4 marks.
CHARACTERS = 1_997
LENGTH = 24
NO_END = -1
BATCH = 512


def median_seconds(work: Callable[[], object], repeats: int) -> float:
    """The median time of the work over some repeats, after one that is not counted."""
    work()
    times = []
    for _ in range(repeats):
        started = time.perf_counter()
        work()
        times.append(time.perf_counter() - started)
    return sorted(times)[repeats // 2]


def same_weights() -> tuple[ClassicNetwork, Poet]:
    """A classic network, and a poet with its very weights."""
    torch.manual_seed(0)
    vocabulary = Vocabulary([COMMA, STOP, *(chr(0x4E00 + number) for number in range(CHARACTERS - 2))])
    classic = ClassicNetwork(len(vocabulary))
    network = PoemNetwork(
        NetworkConfiguration(cell="lstm", symbols=len(vocabulary), embedding=100, hidden=128, layers=2)
    )
    network.embedding.load_state_dict(classic.embedding.state_dict())
    network.recurrent.load_state_dict(classic.lstm.state_dict())
    network.output.load_state_dict(classic.output.state_dict())
    return classic.eval(), Poet(make_stepper(network), vocabulary, Script.HANS)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true")
    repeats = 5 if parser.parse_args().quick else 25
    classic, poet = same_weights()

    def requests(count: int) -> list[PoemRequest]:
        free = PoemRequest(form=Form.WUJUE, temperature=1.0, top_p=1.0, rules="length")
        return [replace(free, seed=seed) for seed in range(count)]

    baseline = median_seconds(lambda: generate(classic, BEGIN, NO_END, LENGTH), repeats)
    one = median_seconds(lambda: poet.compose_all(requests(1)), repeats)
    batch = median_seconds(lambda: poet.compose_all(requests(BATCH)), max(3, repeats // 3)) / BATCH
    table = Table("quatrains of 24 symbols, LSTM 2 × 128", "ms a poem", "poems a second", "times the classic loop")
    rows = [("classic loop", baseline), ("one poem", one), (f"a batch of {BATCH}", batch)]
    for name, seconds in rows:
        table.add_row(name, f"{seconds * 1e3:.2f}", f"{1 / seconds:,.0f}", f"{baseline / seconds:.1f}")
    console = Console()
    console.print(table)
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
