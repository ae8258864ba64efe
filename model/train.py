"""What the command line does for train."""

import argparse
import shlex
import sys

import torch
from rich.console import Console

from model.addition.training import train_adder
from model.corpus import load_corpus
from model.device import choose_device
from model.errors import TrainingError
from model.poem_task import train_poet
from model.recipes import PoemRecipe, load_recipe
from model.run import RunFolder, RunOptions
from model.run_log import RunLog
from model.session import STOPPED
from model.team import Team


def train(options: argparse.Namespace, log: RunLog, team: Team) -> int:
    """Train by a recipe, alone or as one of a team. Returns 0 at the end, 130 when stopped before."""
    recipe = load_recipe(options.recipe, options.changes)
    console = Console(stderr=True, quiet=not team.leads)
    device = _device(options.device, team)
    if options.threads or device.type == "cuda":
        # Beside a graphics processor this one only hands out work, and threads that wait for each other delay that.
        torch.set_num_threads(options.threads or 1)
    run = RunOptions(
        options.out,
        options.seed,
        device,
        options.resume,
        options.checkpoint_every,
        options.origin,
        options.precision,
        team,
    )
    if isinstance(recipe, PoemRecipe):
        if options.corpus is None:
            raise TrainingError(
                "this recipe needs poems; add --corpus PATH (python -m model corpus download fetches them)"
            )
        log.record(event="stage", stage="reading")
        with console.status("reading the corpus"):
            corpus = load_corpus(options.corpus, dynasties=recipe.dynasties)
        with team.meeting(device):
            finished = train_poet(options.recipe, recipe, corpus, run, console)
    elif not team.is_alone:
        raise TrainingError("an adder learns in one process; start it without torchrun")
    elif options.origin is not None:
        raise TrainingError("an adder learns from nothing; leave out --from")
    else:
        finished = train_adder(options.recipe, recipe, run, console)
    if not finished and team.leads:
        again = [argument for argument in sys.argv[1:] if argument != "--resume"]
        print("stopped and saved; go on with:", file=sys.stderr)
        print(f"python -m model {shlex.join([*again, '--resume'])}", file=sys.stderr)
    if not finished:
        return STOPPED
    console.print(f"weights: {RunFolder(options.out).weights}", highlight=False, soft_wrap=True)
    return 0


def _device(name: str, team: Team) -> torch.device:
    """Where this process of the team learns: each has a graphics processor of its own, where there are any."""
    device = choose_device(name)
    if device.type != "cuda" or team.is_alone:
        return device
    device = choose_device(f"cuda:{team.local_rank}")
    torch.cuda.set_device(device)
    return device
