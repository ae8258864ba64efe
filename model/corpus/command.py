"""The command line of corpora: python -m model corpus [stats | download | take | mix | hold-out | lines | …]."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from model import novelty, usage
from model.corpus.cleaning import LONGEST_POEM
from model.corpus.download import FOLDER, download, take_copy
from model.corpus.held_out import SHIPPED, HeldOut
from model.corpus.json_layout import DYNASTIES
from model.corpus.loading import load_corpus
from model.corpus.splits import split_corpus
from model.corpus.statistics import Statistics
from model.corpus.take_command import add_taking
from model.novelty import LineFilter, NearFilter
from model.usage import count_usage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from model.corpus.loading import Corpus

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it


def add_parser(subparsers: Subparsers) -> None:
    """Add `corpus` and its commands; each sets `handler`, a function of the parsed arguments."""
    corpus = subparsers.add_parser("corpus", help="look at a corpus, or fetch one")
    commands = corpus.add_subparsers(required=True, metavar="COMMAND")

    stats = commands.add_parser("stats", help="what a corpus holds, and what cleaning took away")
    _add_corpus(stats)
    stats.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    stats.set_defaults(handler=_stats)

    fetch = commands.add_parser("download", help="fetch the Tang and Song poems of chinese-poetry")
    fetch.add_argument("--to", type=Path, default=FOLDER, metavar="DIR", help=f"where they go (default: {FOLDER})")
    fetch.add_argument("--from", type=Path, dest="copy", metavar="PATH", help="take a folder or archive that is there")
    fetch.add_argument("--json", action="store_true", help="print one JSON object instead of a sentence")
    _add_dynasty(fetch)
    fetch.set_defaults(handler=_download)

    add_taking(commands)

    hold_out = commands.add_parser("hold-out", help="draw the list of poems that no training sees")
    _add_corpus(hold_out)
    _add_out(hold_out, "the list", SHIPPED)
    hold_out.set_defaults(handler=_hold_out)

    lines = commands.add_parser("lines", help="make the set of lines that no poem may repeat")
    _add_path(lines)
    _add_out(lines, "the set", novelty.SHIPPED)
    lines.set_defaults(handler=_lines)

    near = commands.add_parser("near-lines", help="make the set of lines that no poem may nearly repeat")
    _add_path(near)
    _add_out(near, "the set", novelty.SHIPPED_NEAR)
    near.set_defaults(handler=_near_lines)

    counts = commands.add_parser("usage", help="count how poets use characters, but for the held-out poems")
    _add_corpus(counts)
    _add_out(counts, "the counts", usage.SHIPPED)
    counts.set_defaults(handler=_usage)


def _add_out(parser: argparse.ArgumentParser, what: str, shipped: Path) -> None:
    parser.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help=f"{what}; what is in use is data/{shipped.name}"
    )


def _add_path(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder, a .tar.* archive or a file")
    _add_dynasty(parser)


def _add_corpus(parser: argparse.ArgumentParser) -> None:
    _add_path(parser)
    parser.add_argument(
        "--longest",
        type=int,
        default=LONGEST_POEM,
        metavar="N",
        help=f"drop poems of more characters, punctuation counted (default: {LONGEST_POEM})",
    )


def _add_dynasty(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--dynasty", choices=DYNASTIES, action="append", default=[], help="only these poems; may be repeated"
    )


def _stats(arguments: argparse.Namespace) -> None:
    statistics = Statistics.of(load_corpus(arguments.path, arguments.dynasty, longest=arguments.longest))
    if arguments.json:
        print(json.dumps(statistics.as_json(), ensure_ascii=False))
    else:
        Console().print(statistics.as_table(str(arguments.path)))


def _download(arguments: argparse.Namespace) -> None:
    console = Console(stderr=True)
    if arguments.copy is None:
        count, done = download(arguments.to, console, arguments.dynasty), "fetched and checked"
    else:
        count, done = take_copy(arguments.to, arguments.copy, console, arguments.dynasty), "copied"
    if arguments.json:
        print(json.dumps({"files": count}))
    else:
        print(f"{count} files {done}; the poems are in {arguments.to}")


def _hold_out(arguments: argparse.Namespace) -> None:
    corpus = load_corpus(arguments.path, arguments.dynasty, longest=arguments.longest)
    splits = split_corpus(corpus.poems, HeldOut.empty())
    held_out = HeldOut.of(splits.test, splits.valid)
    held_out.save(arguments.out, corpus.fingerprint)
    print(f"{len(splits.test):,} poems for testing and {len(splits.valid):,} for validation listed in {arguments.out}")


def _lines(arguments: argparse.Namespace) -> None:
    corpus = load_corpus(arguments.path, arguments.dynasty, longest=sys.maxsize)
    known = LineFilter.of(_every_line(corpus))
    known.save(arguments.out, corpus.fingerprint)
    print(f"{len(known.numbers):,} lines kept in {arguments.out}")


def _near_lines(arguments: argparse.Namespace) -> None:
    corpus = load_corpus(arguments.path, arguments.dynasty, longest=sys.maxsize)
    known = NearFilter.of(_every_line(corpus))
    known.save(arguments.out, corpus.fingerprint)
    print(f"{len(known.gapped.numbers):,} lines with a gap kept in {arguments.out}")


def _every_line(corpus: Corpus) -> Iterator[str]:
    """Those of long poems, and of poems that repeat another, too."""
    return (line for poem in (*corpus.poems, *corpus.set_aside) for line in poem.lines)


def _usage(arguments: argparse.Namespace) -> None:
    corpus = load_corpus(arguments.path, arguments.dynasty, longest=arguments.longest)
    splits = split_corpus(corpus.poems)
    counts = count_usage(splits.train)
    counts.save(arguments.out, corpus.fingerprint)
    print(f"{len(counts.characters):,} characters counted in {len(splits.train):,} poems, kept in {arguments.out}")
