"""What the tests of /admin models share: the owner, and versions that jobs have made."""

from typing import Any

import pytest

from bot.services.versions import Verdict
from tests.bot.owner import owned_by_alice
from tests.bot.versions import WORSE, FakeChildren, measured, other_weights
from tests.conftest import World


@pytest.fixture
def owned(world: World) -> World:
    """Evaluation is answered at once: what a network is worth is for other tests."""
    children = FakeChildren(evaluate=measured(WORSE))
    world.bot.versions._judge._children = children
    corpus = world.bot.config.storage.dir / "corpora" / "chinese-poetry"
    corpus.mkdir(parents=True)
    (corpus / "poet.tang.0.json").write_text("[]")
    return owned_by_alice(world)


async def trained(world: World, job_id: int, answer: dict[str, Any] | None = None, *, factor: float = 1.1) -> Verdict:
    """A version that a job has made."""
    if answer is not None:
        world.bot.versions._judge._children.answers["evaluate"] = answer  # type: ignore[attr-defined]
    source = world.bot.config.model.dir / "gru.safetensors"
    path = other_weights(source, world.bot.config.storage.dir / f"{job_id}.safetensors", factor=factor)
    return await world.bot.versions.consider(path, job_id=job_id, recipe="gru", corpus="tang")
