"""The simulated Discord, and tiny networks that are trained on text made here."""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

import pytest
import torch
from hypothesis import HealthCheck, settings
from simcord import Env, MemberActor
from simcord.builders import ChannelHandle, GuildHandle

from bot.app import PoetBot, create_bot
from bot.config import Config, load_config
from bot.sandbox.patience import PatientEnv
from model import checkpoint
from model.addition.folded import AdderConfiguration
from model.addition.network import AdderNetwork
from model.addition.operations import OPERATIONS
from model.batches import PoemTable, in_order
from model.configuration import NetworkConfiguration
from model.header import Header
from model.network import PoemNetwork
from model.poem_task import poem_loss
from model.recipes import Cell, OperationName, PoemRecipe
from model.vocabulary import Vocabulary

# How long an example takes says nothing here: the machines of tests are shared.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")

CHARACTERS = "月山风花春秋江水云天日夜人心来归何处不知青白红长清明时节雨纷光"
CPU = torch.device("cpu")
SETTLE_SECONDS = 60.0


@pytest.fixture(scope="session")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a network that writes (badly) and some that add and subtract."""
    folder = tmp_path_factory.mktemp("weights")
    _train_poet(folder / "gru.safetensors")
    for cell in get_args(Cell):
        _train_poet(folder / f"compare-{cell}.safetensors", cell, f"compare-{cell}", epochs=1)
    write_adder(folder / "adder.safetensors")
    write_adder(folder / "subtractor.safetensors", "subtract")
    write_adder(folder / "adder-3.safetensors", "add-3")
    return folder


def write_adder(path: Path, operation: OperationName = "add", *, carries: bool = True) -> None:
    """An adder whose weights are written by hand: unit k says whether digits and carry make k or more.

    Without `carries` it forgets what it carries, and so is wrong wherever a column overflows. In a subtraction all
    totals stand ten higher, so that none is below zero.
    """
    done = OPERATIONS[operation]
    units, sign = 10 * done.carries, done.carry_sign
    network = AdderNetwork(AdderConfiguration(operation=operation, embedding=1, hidden=units))
    steep, unit, tens = 100.0, torch.arange(float(units)), range(10, units, 10)
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.zero_()
        network.embedding.weight[:, 0] = torch.arange(10.0)
        network.input.weight[:] = steep * torch.tensor(done.signs)
        # A carry counts 0.9, half of it from the bias. Before the first column the units say that there is none.
        network.input.bias[:] = steep * (0.5 - unit + (10 if done.subtracts else 0))
        for place, ten in enumerate(tens):
            if carries:
                network.recurrent.weight[:, ten] = steep * 0.45
                network.input.bias.add_(steep * 0.45 * sign)
            network.first[ten] = -sign
            network.probe.weight[place, ten] = sign
        for total in range(units):
            network.output.weight[total % 10, total] += 5
            if total < units - 1:
                network.output.weight[total % 10, total + 1] -= 5
    header = Header(
        kind="adder",
        configuration=network.configuration.model_dump(),
        recipe="by hand",
        corpus="none",
        seed=0,
        step=0,
    )
    checkpoint.save(path, checkpoint.parameters_of(network), header)


def _train_poet(path: Path, cell: Cell = "gru", name: str = "tiny", epochs: int = 5) -> None:
    chance = random.Random(0)
    lines = ["".join(chance.choices(CHARACTERS, k=5)) for _ in range(800)]
    poems = [f"{a}，{b}。{c}，{d}。" for a, b, c, d in zip(*[iter(lines)] * 4, strict=True)]
    vocabulary = Vocabulary.build(poems)
    recipe = PoemRecipe(cell=cell, embedding=16, hidden=32, learning_rate=1e-2, batch=50, epochs=epochs)
    torch.manual_seed(0)
    network = PoemNetwork(NetworkConfiguration.of(recipe, len(vocabulary)))
    optimizer = torch.optim.Adam(network.parameters(), recipe.learning_rate)
    table = PoemTable(poems, vocabulary)
    for _ in range(recipe.epochs):
        for rows in in_order(table.lengths, recipe.batch):
            loss, _ = poem_loss(network, table.batch(rows), "float32", per_poem=False)
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()
    header = Header(
        kind="poem",
        configuration=network.configuration.model_dump(),
        characters="".join(vocabulary.characters),
        script="hans",
        recipe=name,
        settings=recipe.model_dump(mode="json"),
        corpus="made up",
        seed=0,
        step=recipe.epochs * 4,
        figures={"loss": loss.item()},
    )
    checkpoint.save(path, checkpoint.parameters_of(network), header, half=True)


@pytest.fixture
def config(tmp_path: Path, weights: Path) -> Config:
    """The project's settings, with the tiny networks and an own data folder; nothing of the machine's comes in."""
    overrides: dict[str, object] = {
        "storage.dir": str(tmp_path / "run"),
        "model.dir": str(weights),
        "model.device": "cpu",
    }
    # The tiny network knows no form.
    overrides |= {"poem.form": "free", "poem.candidates": 1}
    # The clock stands still in the simulation, and a test may ask more often than a person.
    overrides |= {"limits.person_per_minute": 600}
    # Most tests of sums are about something else, and a picture takes a moment.
    overrides |= {"picture.sums": False}
    return load_config(overrides=overrides, folder=tmp_path)


def simulation(bot: PoetBot, **options: Any) -> Env:
    """A Discord for this bot alone, patient with a machine that is at work on something else."""
    return PatientEnv(bot, shard_count=1, settle_timeout=SETTLE_SECONDS, **options)


@pytest.fixture
async def env(config: Config) -> AsyncIterator[Env]:
    """A running bot in an empty Discord. Errors that a test provokes have to be looked at (`env.errors`)."""
    env = simulation(create_bot(config))
    await env.start()
    try:
        yield env
    finally:
        await env.bot.close()
        await env.shutdown()
    # Reading the property says that all errors so far were looked at; the count before that says whether they were.
    seen = env._errors_acknowledged
    assert not env.errors[seen:]


@dataclass
class World:
    """A server with a channel and two people in it, and the bot."""

    env: Env
    guild: GuildHandle
    channel: ChannelHandle
    alice: MemberActor
    bob: MemberActor

    @property
    def bot(self) -> PoetBot:
        assert isinstance(self.env.bot, PoetBot)
        return self.env.bot


@pytest.fixture
def world(env: Env) -> World:
    guild = env.create_guild()
    alice, bob = (guild.add_member(env.create_user(name)) for name in ("alice", "bob"))
    return World(env, guild, guild.create_text_channel("poems"), alice, bob)
