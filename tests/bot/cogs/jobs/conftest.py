"""What the tests of trainings from Discord share."""

from collections.abc import Iterator

import pytest

from bot.config import Config
from bot.store.jobs import State
from bot.words import Language
from tests.bot.owner import owned_by_alice
from tests.bot.pupils import pupils
from tests.bot.services.jobs.conftest import Shelf
from tests.bot.support import text
from tests.bot.training import end_all, give_corpus, job_of, live_message, until
from tests.conftest import World

ENGLISH = Language.ENGLISH


@pytest.fixture
def config(config: Config) -> Config:
    training = config.training.model_copy(update={"precision": "float32", "checkpoint_every": 5, "niceness": 1})
    return config.model_copy(update={"training": training})


@pytest.fixture
def owned(world: World) -> Iterator[World]:
    """Alice owns the bot; there is a corpus, and every verdict is good."""
    owned_by_alice(world)
    give_corpus(world)
    world.bot.jobs._versions = Shelf()
    yield world
    end_all(world.bot.config.storage.dir, world.bot.jobs)


@pytest.fixture
def how(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Processes that learn nothing; what is set here says how they behave."""
    behaviour = {"how": "wait"}
    with pupils(behaviour):
        yield behaviour


async def until_closed(world: World, job_id: int = 1) -> None:
    """Until the process has told of its epoch, and the message of it."""

    async def holds() -> bool:
        return "> 月" in text(live_message(world)) and (await job_of(world, job_id)).state is State.RUNNING

    await until(world, holds)
