"""The command line: python -m model [corpus | train | generate | evaluate | influence | add | subtract | verify]."""

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import get_args

from model.addition.command import add_parser as add_addition_parser
from model.corpus.command import add_parser as add_corpus_parser
from model.errors import ModelError
from model.insight.command import add_parser as add_influence_parser
from model.limits import add_limits, confine
from model.recipes import recipe_names
from model.requests import SEED_LIMIT, Rules
from model.run_log import RunLog
from model.session import train_in
from model.team import Team


def main(arguments: list[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, 1 for a fault that is told in one line, 130 for an interruption."""
    options = _parser().parse_args(arguments)
    confine(options)
    try:
        result = options.handler(options)
        print(end="", flush=True)
    except (ModelError, MemoryError) as error:
        told = error if isinstance(error, ModelError) else "there is not enough memory; allow more, or give less to do"
        print(f"error: {told}", file=sys.stderr)
        return 1
    except UnicodeEncodeError as error:
        print(f"error: {error.encoding} has no Chinese characters; set PYTHONUTF8=1", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:  # the reader has seen enough
        sys.stderr.close()
        return 0
    except OSError as error:
        place = error.filename or "the output"
        print(f"error: {place}: {error.strerror}; check its permissions, and free some space", file=sys.stderr)
        # What is left in the buffer would fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return int(result or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m model", description="Train networks, write poems, add numbers.")
    add_limits(parser)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    add_corpus_parser(commands)
    _add_train(commands)
    _add_generate(commands)
    _add_evaluate(commands)
    add_influence_parser(commands)
    add_addition_parser(commands)
    return parser


def _add_train(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("train", help="train a network", description="Train a network by a named recipe.")
    parser.add_argument("--recipe", required=True, help=f"one of: {', '.join(recipe_names())}")
    parser.add_argument("--corpus", type=Path, help="poems to learn from; an adder needs none")
    parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, weights, events and loss curve")
    parser.add_argument("--resume", action="store_true", help="go on with the run in the folder")
    parser.add_argument("--from", type=Path, metavar="WEIGHTS", dest="origin", help="begin from these weights")
    parser.add_argument(
        "--set", action="append", default=[], metavar="KEY=VALUE", dest="changes", help="change the recipe"
    )
    parser.add_argument("--seed", type=_whole(0, SEED_LIMIT - 1), default=0)
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--threads", type=_whole(1, 1024), help="processor threads; all of them if left out")
    parser.add_argument(
        "--precision", choices=["auto", "float32", "bfloat16"], default="auto", help="auto: the fastest here"
    )
    parser.add_argument("--checkpoint-every", type=_whole(1, 10**9), default=500, metavar="BATCHES")
    parser.set_defaults(handler=_train)


def _add_generate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("generate", help="write poems", description="Write poems.")
    parser.add_argument("--weights", type=Path, help="a file of weights; the best shipped ones if left out")
    parser.add_argument("--start", action="append", help="what a poem begins with; give it again for more poems")
    parser.add_argument("--form", help="五绝, 七绝, 五律 or 七律; the network's choice if left out")
    parser.add_argument("--theme", help="what the poem is about, in Chinese characters, such as 思乡")
    parser.add_argument("--heads", help="2 to 8 characters with which the lines of the form begin, one each")
    parser.add_argument(
        "--rules",
        choices=get_args(Rules),
        default="verse",
        help="what of a form is kept: length, tones and rhyme, or the length alone (default: verse)",
    )
    parser.add_argument("--count", type=_whole(1, 100_000), default=1, help="poems for each start")
    parser.add_argument("--seed", type=int, help="of the first poem; the next ones have the numbers after it")
    parser.add_argument(
        "--temperature", type=float, default=0.45, help="0 takes the likeliest character (default: 0.45)"
    )
    parser.add_argument("--top-k", type=int, default=0, help="only so many of the likeliest characters; 0: all")
    parser.add_argument(
        "--top-p", type=float, default=0.9, help="only the likeliest that together have this share (default: 0.9)"
    )
    parser.add_argument("--candidates", type=int, default=1, help="write so many and give the best")
    parser.add_argument("--script", choices=["hans", "hant"], help="that of the start if left out")
    parser.add_argument(
        "--on-unknown", choices=["error", "keep"], default="error", help="refuse characters of the start, or keep them"
    )
    parser.add_argument("--device", default="auto", help="auto, cuda, mps or cpu")
    parser.add_argument("--json", action="store_true", help="an object a line")
    parser.set_defaults(handler=_generate)


def _add_evaluate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = commands.add_parser("evaluate", help="measure weights on poems", description="Measure weights on poems.")
    parser.add_argument("--weights", type=Path, required=True)
    parser.add_argument("--poems", type=Path, required=True, help="one poem a line, or any other format of a corpus")
    parser.add_argument("--dynasty", choices=["tang", "song"], action="append", default=[], help="only these poems")
    parser.add_argument(
        "--held-out", action="store_true", help="only the poems of the file that belong to the test split"
    )
    parser.add_argument(
        "--told", action="store_true", help="also with titles, and with tones, told to a network that can be told them"
    )
    parser.add_argument("--against", type=Path, metavar="WEIGHTS", help="also other weights, on the same texts")
    parser.add_argument(
        "--verse", type=_whole(1, 10_000), metavar="N", help="also have so many poems written, and check their verse"
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--threads", type=_whole(1, 1024), help="processor threads; all of them if left out")
    parser.add_argument("--json", action="store_true")
    parser.set_defaults(handler=_evaluate)


def _whole(least: int, most: int) -> Callable[[str], int]:
    """A type of argument: whole numbers between these."""

    def read(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            number = least - 1
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is no whole number from {least} to {most}")
        return number

    return read


# Torch takes a second to import: the handlers live apart, so that --help and wrong options answer at once.


def _train(options: argparse.Namespace) -> int:
    team = Team.of(os.environ)

    def work(log: RunLog) -> int:
        from model.train import train  # noqa: PLC0415

        return train(options, log, team)

    return train_in(options.out, work, team)


def _generate(options: argparse.Namespace) -> int:
    from model.generate import generate  # noqa: PLC0415

    return generate(options)


def _evaluate(options: argparse.Namespace) -> int:
    from model.evaluate import evaluate  # noqa: PLC0415

    return evaluate(options)


if __name__ == "__main__":
    sys.exit(main())
