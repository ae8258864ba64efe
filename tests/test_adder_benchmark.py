"""The benchmark of adders: what it trains, and what it prints of it."""

import io
from collections.abc import Sequence

import pytest
from rich.console import Console

from benchmarks import adder as benchmark
from model.addition import Adder
from model.addition.operations import OPERATIONS
from model.addition.pairs import repeated_columns, true_columns
from model.recipes import AdderRecipe, Cell, OperationName
from model.shipped import SHIPPED


def printed(table: object) -> str:
    out = io.StringIO()
    Console(file=out, width=160).print(table)
    return out.getvalue()


@pytest.mark.parametrize("cell", benchmark.CELLS)
def test_networks_of_each_cell_are_trained_and_judged(cell: Cell, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def short(name: str, changes: Sequence[str] = ()) -> AdderRecipe:
        asked.append(name)
        return AdderRecipe(cell=cell, embedding=4, hidden=6, learning_rate=1e-2, batch=10, steps=2, below=555)

    hard = [("hard", repeated_columns(OPERATIONS["add"], 5))]
    monkeypatch.setattr(benchmark, "_sets", lambda *_: iter(hard))
    monkeypatch.setattr(benchmark, "load_recipe", short)
    shown = printed(benchmark._seeds(cell, 1, share=1))

    assert asked == [benchmark.CELLS[cell]]
    assert f"cell {cell.upper()}" in shown
    assert ("not proven: a wrong digit may lead" if cell == "rnn" else "bounds hold up to 1 columns") in shown
    assert "200" in shown


def test_the_sets_of_the_whole_benchmark_are_those_that_are_asked_for() -> None:
    names: dict[str, int] = {}
    for name, columns in benchmark._sets(OPERATIONS["add"], 100):
        names[name] = names.get(name, 0) + columns.shape[1]

    assert names["20 digits"] == names["100 digits"] == names["1,000 digits"] == 10_000 // 100
    assert names["10,000 digits"] == 1_000 // 100
    assert names["up to 9 digits, all numbers alike"] == 1_000_000 // 100
    assert names["worst cases, 20 digits"] == names["worst cases, 10,000 digits"] == 6
    assert names["one column repeated, 8 digits"] == 200


@pytest.mark.parametrize(("name", "count"), [("add", 6), ("subtract", 3), ("add-3", 6)])
def test_the_worst_cases_are_chains_of_carries_and_their_opposites(name: OperationName, count: int) -> None:
    operation = OPERATIONS[name]
    columns = benchmark._worst(operation, 8)
    sums = ["".join(map(str, numbers[::-1])) for numbers in true_columns(operation, columns)[0].T.tolist()]

    assert columns.shape == (9, count, operation.operands)
    wanted = {
        "add": ["199999998", "010000001", "000000000", "100000000", "100000000", "101010100"],
        "subtract": ["000000000", "009999999", "000000000"],
    }
    assert sums == wanted["subtract" if name == "subtract" else "add"]


def test_what_is_known_of_proven_networks_is_their_margin() -> None:
    adder = Adder.load(SHIPPED / "adder.safetensors")

    assert benchmark._known(adder._network, adder.proof) == "proven, margin 5.56"
