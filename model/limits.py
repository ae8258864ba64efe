"""Bounds that a process sets itself before it reads what somebody else made."""

from __future__ import annotations

import os
import resource
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import argparse

_MIB: Final = 2**20


def add_limits(parser: argparse.ArgumentParser) -> None:
    """Add the options that `confine` reads; they stand before the command."""
    limits = parser.add_argument_group("limits, for what others made")
    limits.add_argument("--limit-memory", type=int, metavar="MIB", help="memory that may be used at the most")
    limits.add_argument("--limit-seconds", type=int, metavar="S", help="processor time that may be used at the most")
    limits.add_argument("--limit-file", type=int, metavar="MIB", help="size that a written file may have at the most")
    limits.add_argument("--nice", type=int, default=0, metavar="N", help="give way to other programs, 0 to 19")


def confine(options: argparse.Namespace) -> None:
    """Set the bounds of this process and all that it starts; beyond them memory and files are refused, and it ends."""
    bounds = (
        (resource.RLIMIT_AS, options.limit_memory, _MIB),
        (resource.RLIMIT_CPU, options.limit_seconds, 1),
        (resource.RLIMIT_FSIZE, options.limit_file, _MIB),
    )
    for kind, wanted, unit in bounds:
        if wanted is not None:
            _, hard = resource.getrlimit(kind)
            most = wanted * unit if hard == resource.RLIM_INFINITY else min(wanted * unit, hard)
            resource.setrlimit(kind, (most, hard))
    if options.nice:
        os.nice(options.nice)
