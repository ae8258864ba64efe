"""The command line of the adder: python -m model add A B."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from model.addition.numbers import digit_columns
from model.shipped import SHIPPED

if TYPE_CHECKING:
    import argparse

    from model.addition.adder import Addition

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it

SHOWN_COLUMNS = 60


def add_parser(subparsers: Subparsers) -> None:
    """Add `add`; it sets `handler`, a function of the parsed arguments."""
    parser = subparsers.add_parser(
        "add", help="let a network add two numbers", description="Let a network add two numbers, column by column."
    )
    parser.add_argument("numbers", nargs="*", metavar="NUMBER", help="two whole numbers of zero or more")
    parser.add_argument(
        "--weights",
        type=Path,
        default=SHIPPED / "adder.safetensors",
        help="an adder's weights (default: the shipped ones)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.set_defaults(handler=_add)


def _add(arguments: argparse.Namespace) -> None:
    from model.addition.adder import Adder  # noqa: PLC0415 - torch takes a second, and help needs none

    addition = Adder.load(arguments.weights).add(*arguments.numbers)
    if arguments.json:
        print(json.dumps(asdict(addition), ensure_ascii=False))
        return
    console = Console()
    console.print(columns_table(addition))
    sum_line = f"{' + '.join(addition.operands)} = {addition.text}"
    console.print(sum_line, highlight=False, soft_wrap=True)
    if addition.correct:
        console.print("right: it is the true sum", style="green")
    else:
        console.print(f"wrong: the true sum is {addition.expected}", style="red", highlight=False, soft_wrap=True)


def columns_table(addition: Addition) -> Table:
    """The columns as the network read them, least significant first; of long numbers only the first ones."""
    table = Table("place", "digits", "says", "hands on", "margin", "confidence")
    for column in table.columns:
        column.justify = "right"
    rows = zip(
        digit_columns(*addition.operands).tolist(),
        addition.digits,
        addition.carries,
        addition.margins,
        addition.confidences,
        strict=True,
    )
    for place, (digits, said, carry, margin, confidence) in enumerate(islice(rows, SHOWN_COLUMNS)):
        given = " + ".join(map(str, digits))
        table.add_row(f"10^{place}", given, str(said), str(carry), f"{margin:.2f}", f"{confidence:.2%}")
    hidden = len(addition.digits) - SHOWN_COLUMNS
    if hidden > 0:
        table.caption = f"{hidden:,} more columns; --json gives them all"
    return table
