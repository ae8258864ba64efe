"""The command line of the adders: python -m model [add A B | subtract A B | verify]."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from model.addition.certificate import verify
from model.addition.numbers import digit_columns
from model.addition.operations import OPERATIONS
from model.errors import CertificateError, CheckpointError
from model.shipped import SHIPPED

if TYPE_CHECKING:
    import argparse

    from model.addition.adder import Addition

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it

SHOWN_COLUMNS = 60

ADDERS = {"add": "adder", "subtract": "subtractor", "add-3": "adder-3"}
"""The shipped weights of each operation."""

PROVEN = ("adder", "subtractor", "adder-3")
"""Those that come with a certificate."""


def add_parser(subparsers: Subparsers) -> None:
    """Add `add`, `subtract` and `verify`; each sets `handler`, a function of the parsed arguments."""
    for name, numbers, told in (
        ("add", "two or three whole numbers of zero or more", "add two numbers, or three"),
        ("subtract", "two whole numbers, the larger one first", "take a number from another"),
    ):
        parser = subparsers.add_parser(
            name, help=f"let a network {told}", description=f"Let a network {told}, column by column."
        )
        parser.add_argument("numbers", nargs="*", metavar="NUMBER", help=numbers)
        parser.add_argument("--weights", type=Path, help="an adder's weights (default: the shipped ones)")
        parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
        parser.set_defaults(handler=_compute, operation=name)
    parser = subparsers.add_parser(
        "verify",
        help="check the proof that an adder is exact",
        description="Check the certificates that lie beside weights: proofs that they are exact at any length.",
    )
    parser.add_argument(
        "weights", nargs="*", type=Path, metavar="FILE", help="weights (default: the shipped ones with a proof)"
    )
    parser.set_defaults(handler=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    """Returns 1 if any of the weights are not proven exact."""
    refused = 0
    for weights in arguments.weights or [SHIPPED / f"{name}.safetensors" for name in PROVEN]:
        try:
            print(verify(weights).statement)
        except (CertificateError, CheckpointError) as error:
            refused = 1
            print(f"NOT PROVEN: {error}", file=sys.stderr)
    return refused


def shipped_for(operation: str, operands: int) -> Path:
    """The shipped weights that do this with so many numbers; those for two where there are none."""
    name = "add-3" if operation == "add" and operands == OPERATIONS["add-3"].operands else operation
    return SHIPPED / f"{ADDERS[name]}.safetensors"


def _compute(arguments: argparse.Namespace) -> None:
    from model.addition.adder import Adder  # noqa: PLC0415 - torch takes a second, and help needs none

    path = arguments.weights or shipped_for(arguments.operation, len(arguments.numbers))
    adder = Adder.load(path)
    if adder.operation.subtracts != (arguments.operation == "subtract"):
        raise CheckpointError(f"{path}: these weights {'subtract' if adder.operation.subtracts else 'add'}")
    addition = adder.compute(*arguments.numbers)
    if arguments.json:
        print(json.dumps(asdict(addition), ensure_ascii=False))
        return
    console = Console()
    console.print(columns_table(addition))
    console.print(addition.line, highlight=False, soft_wrap=True)
    name = "difference" if adder.operation.subtracts else "sum"
    if addition.correct:
        console.print(f"right: it is the true {name}", style="green")
    else:
        console.print(f"wrong: the true {name} is {addition.expected}", style="red", highlight=False, soft_wrap=True)
    if adder.proof:
        console.print(f"proven: a right digit leads by {adder.proof.margin:.2f} at least, at any length", style="dim")
    elif adder.refused:
        console.print(f"NOT PROVEN: {adder.refused}", style="red", soft_wrap=True)
    else:
        console.print("not proven: these weights have no certificate of exactness", style="dim")


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
        given = f" {OPERATIONS[addition.operation].symbol} ".join(map(str, digits))
        table.add_row(f"10^{place}", given, str(said), str(carry), f"{margin:.2f}", f"{confidence:.2%}")
    hidden = len(addition.digits) - SHOWN_COLUMNS
    if hidden > 0:
        table.caption = f"{hidden:,} more columns; --json gives them all"
    return table
