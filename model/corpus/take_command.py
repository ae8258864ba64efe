"""python -m model corpus [take | listed | mix]: what the bot has done with corpora. Each answers with a JSON object."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from model.corpus.mixing import mix_corpora
from model.corpus.taking import look_at, take, take_listed
from model.errors import CorpusError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001 - argparse has no other name for it


def add_taking(commands: Subparsers) -> None:
    parser = commands.add_parser("take", help="clean a corpus into a folder of its own")
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder, a .tar.* archive or a file")
    parser.add_argument("--out", type=Path, metavar="DIR", help="where to; if left out, the corpus is only looked at")
    parser.set_defaults(handler=_answering(_take))

    parser = commands.add_parser("listed", help="the poems of a corpus that are held out for testing")
    parser.add_argument("path", type=Path, metavar="PATH", help="a folder, a .tar.* archive or a file")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="where to")
    parser.set_defaults(handler=_answering(_listed))

    parser = commands.add_parser("mix", help="mix poems that people love with old ones")
    parser.add_argument("path", type=Path, metavar="PATH", help="the loved ones")
    parser.add_argument("--base", type=Path, required=True, metavar="PATH", help="the corpus of the old ones")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where to")
    parser.set_defaults(handler=_answering(_mix))


def _answering(work: Callable[[argparse.Namespace], dict[str, Any]]) -> Callable[[argparse.Namespace], None]:
    """A fault is answered, too, by its kind, and then told as ever."""

    def handle(arguments: argparse.Namespace) -> None:
        try:
            answer = work(arguments)
        except CorpusError as error:
            print(json.dumps({"fault": error.fault}))
            raise
        print(json.dumps(answer, ensure_ascii=False))

    return handle


def _take(arguments: argparse.Namespace) -> dict[str, Any]:
    if arguments.out is None:
        return look_at(arguments.path)[0].as_json()
    return take(arguments.path, arguments.out).as_json()


def _listed(arguments: argparse.Namespace) -> dict[str, Any]:
    return {"poems": take_listed(arguments.path, arguments.out)}


def _mix(arguments: argparse.Namespace) -> dict[str, Any]:
    return asdict(mix_corpora(arguments.path, arguments.base, arguments.out))
