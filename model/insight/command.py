"""`python -m model influence`: measure how far the influence of a character reaches back in each cell."""

import argparse
from pathlib import Path
from typing import get_args

from model.errors import CheckpointError, ModelError
from model.recipes import Cell
from model.shipped import COMPARED, SHIPPED


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    about = "Measure how far the influence of a character reaches back in the networks that are compared; prints TOML."
    parser = commands.add_parser("influence", help="how far a character's influence reaches back", description=about)
    parser.add_argument("--poems", type=Path, required=True, help="a corpus; its held-out Tang poems are read")
    parser.add_argument("--folder", type=Path, default=SHIPPED, help="where compare-rnn.safetensors and the others are")
    parser.add_argument("--count", type=int, default=500, help="poems that the influence is a mean over")
    parser.set_defaults(handler=_influence)


def _influence(options: argparse.Namespace) -> int:
    from model.corpus import load_corpus, split_corpus  # noqa: PLC0415 - torch takes a second, --help does not wait
    from model.generation import Poet  # noqa: PLC0415
    from model.insight.measuring import as_toml, measure  # noqa: PLC0415

    if options.count < 1:
        raise ModelError("a mean needs one poem at least; give a larger --count")
    poets: dict[Cell, Poet] = {}
    for cell in get_args(Cell):
        path = options.folder / f"{COMPARED}{cell}.safetensors"
        poets[cell] = Poet.load(path, "cpu")
        configuration = poets[cell].configuration
        if configuration.cell != cell or configuration.told:
            raise CheckpointError(f"{path}: these are no weights of a plain {cell.upper()}")
    held_out = split_corpus(load_corpus(options.poems, ["tang"]).poems).test
    poems = [poem for poem in held_out if poem.form]
    if not poems:
        raise ModelError(f"{options.poems} holds no poem of the test split; give the corpus of the networks")
    print(as_toml(measure(poets, poems, options.count)))
    return 0
