"""Training from Discord, from the command to the end, with a real process that trains."""

from collections.abc import Iterator

import pytest

from bot.config import Config
from bot.store.jobs import State
from bot.words import Language, say
from tests.bot.owner import owned_by_alice
from tests.bot.support import buttons, text
from tests.bot.training import end_all, give_corpus, live_message, retrain, until_state
from tests.conftest import World


@pytest.fixture
def config(config: Config) -> Iterator[Config]:
    training = config.training.model_copy(update={"precision": "float32", "checkpoint_every": 5, "niceness": 1})
    yield config.model_copy(update={"training": training})
    end_all(config.storage.dir)


@pytest.fixture
def owned(world: World) -> World:
    return owned_by_alice(world)


async def test_a_training_is_seen_from_its_begin_to_its_end(owned: World) -> None:
    give_corpus(owned)
    result = await retrain(owned, epochs=3)
    assert text(result.response) == say(Language.ENGLISH, "jobs.queued", job=1)
    assert "Job 1: simple-rnn on small" in text(live_message(owned))
    assert set(buttons(live_message(owned))) == {"admin:job:1:cancel"}
    job = await until_state(owned, State.DONE, State.FAILED)
    print(text(live_message(owned)))
    print(job)
    assert job.state is State.DONE
