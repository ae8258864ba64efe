"""How fast poems are written: against the classic loop, and against what the machine could do at best.

python -m benchmarks.generation [--quick]

A quatrain is 24 symbols and the end. The limit of one poem is the time in which its network's weights are read from
memory once for every symbol; that of a batch is the time that its products of matrices take alone, all cores at work.
(The weights of small networks stay in a cache, which is faster than memory: one poem may well take less.) Poems by all
rules are written on a GPU too, where there is one.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

import torch
from rich.console import Console
from rich.table import Table

from benchmarks.classic import generate
from benchmarks.limits import bandwidth, product_seconds, product_shapes
from benchmarks.machine import machine
from benchmarks.timing import fastest
from model.decoding import Draft, write
from model.forms import Form
from model.generation import Poet
from model.given import Given
from model.punctuation import Punctuation, form_slots
from model.requests import PoemRequest
from model.shipped import SHIPPED, ranked_weights
from model.vocabulary import BEGIN

SYMBOLS = len(form_slots(Form.WUJUE))
NO_END = -1
BATCHES = (1, 8, 64, 512)
PLAIN = PoemRequest(form=Form.WUJUE, temperature=1.0, top_p=1.0, rules="length")


def classic_seconds(poet: Poet, repeats: int) -> float:
    """Seconds of one quatrain by the classic loop, with the very network."""
    network = poet.network

    def logits(ids: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = network(ids)[0]
        return found

    return fastest(lambda: generate(logits, BEGIN, NO_END, SYMBOLS), repeats)


def our_seconds(poet: Poet, count: int, repeats: int) -> float:
    """Seconds of a batch of so many quatrains, written without rules."""
    head, punctuation = poet.stepper.head(), Punctuation(poet.vocabulary)
    return fastest(
        lambda: write(poet.stepper, head, punctuation, [Draft(PLAIN, seed, 0, Given()) for seed in range(count)]),
        repeats,
    )


def plain_table(paths: list[Path], repeats: int) -> Table:
    """All networks and batches."""
    table = Table("network", "at once", "ms a poem", "a second", "× classic loop", "limit, ms", "× limit")
    speed = bandwidth()
    for path in paths:
        poet = Poet.load(path, "cpu")
        classic = classic_seconds(poet, max(3, repeats // 3))
        table.add_row(path.stem, "classic loop", f"{classic * 1e3:.2f}", f"{1 / classic:,.0f}", "1.0", "", "")
        shapes = product_shapes(poet.configuration)
        for count in BATCHES:
            times = repeats if count < 64 else max(3, repeats // 4)
            seconds = our_seconds(poet, count, times) / count
            limit = (
                SYMBOLS * 4 * sum(depth * width for depth, width in shapes) / speed
                if count == 1
                else product_seconds(shapes, count, SYMBOLS, times) / count
            )
            own = (f"{seconds * 1e3:.2f}", f"{1 / seconds:,.0f}", f"{classic / seconds:.1f}")
            table.add_row("", f"{count}", *own, f"{limit * 1e3:.2f}", f"{seconds / limit:.2f}")
    table.caption = f"memory is read at {speed / 1e9:.1f} GB/s"
    return table


def search_table(path: Path, repeats: int, device: str) -> Table:
    """Poems as they are asked for, with all rules kept and the best of many given."""
    poet = Poet.load(path, device)
    poet.open_tables()

    def asked(form: Form, count: int, candidates: int) -> Callable[[], object]:
        requests = [PoemRequest("月", form, seed=seed, candidates=candidates) for seed in range(count)]
        return lambda: poet.compose_all(requests)

    table = Table(f"by all rules, {path.stem}, {device}", "seconds", "at most")
    for form in Form:
        seconds = fastest(asked(form, 1, 48), max(3, repeats // 6))
        table.add_row(f"one {form}, the best of 48", f"{seconds:.2f}", "1.5")
    seconds = fastest(asked(Form.QIJUE, 32, 6), max(3, repeats // 6))
    table.add_row(f"32 {Form.QIJUE} at once, the best of 6 each", f"{seconds:.2f}", "4.0")
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--weights", type=Path, default=SHIPPED, help="a folder of networks")
    options = parser.parse_args()
    repeats = 5 if options.quick else 25
    paths = ranked_weights(options.weights)
    console = Console()
    console.print(plain_table(sorted(paths), repeats))
    for device in ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",):
        console.print(search_table(paths[0], repeats, device))
    console.print(machine(), highlight=False)


if __name__ == "__main__":
    main()
