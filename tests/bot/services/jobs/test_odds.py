"""Jobs where something around them goes wrong: another process, the database, the drawing, a person who is gone."""

import os
import signal
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import discord
import pytest

from bot.config import Config
from bot.services.jobs import Jobs
from bot.services.refusals import Busy
from bot.store.jobs import Asker, Order, State
from bot.words import Language, say
from model.errors import CheckpointError
from model.run_lock import holder_of
from tests.bot.owner import heard, message, owned_by_alice, press, said
from tests.bot.pupils import TRAINING, pupils
from tests.bot.services.jobs.conftest import Shelf
from tests.bot.support import interact, rows, text
from tests.bot.training import end_all, give_corpus, job_of, live_message, retrain, until, until_state, until_steps
from tests.conftest import World

ENGLISH = Language.ENGLISH
ORDER = Order("adder", "adder-live", "", 1)


@pytest.fixture
def config(config: Config) -> Config:
    return config.model_copy(update={"training": TRAINING})


@pytest.fixture
def how() -> Iterator[dict[str, str]]:
    behaviour = {"how": "wait"}
    with pupils(behaviour):
        yield behaviour


@pytest.fixture
def owned(world: World, how: dict[str, str]) -> Iterator[World]:
    owned_by_alice(world)
    give_corpus(world)
    world.bot.jobs._versions = Shelf()
    yield world
    end_all(world.bot.config.storage.dir, world.bot.jobs)


async def test_another_process_of_the_bot_sees_to_jobs(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nobody(*_: object) -> None:
        return None

    monkeypatch.setattr(owned.bot.leases, "hold", nobody)
    await retrain(owned)
    await owned.env.advance_time(3)
    assert (await job_of(owned)).state is State.QUEUED
    monkeypatch.undo()
    await until_steps(owned)


async def test_nothing_begins_while_the_bot_is_being_stopped(owned: World) -> None:
    owned.bot.requests.refusing = True
    await owned.bot.jobs.add(ORDER, Asker(owned.alice.id, "en"), discord.utils.utcnow())
    await owned.env.advance_time(5)
    owned.bot.requests.refusing = False
    assert (await job_of(owned)).state is State.QUEUED


async def test_a_look_that_fails_is_not_the_last(
    owned: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    look, failures = Jobs.look, iter([sqlite3.OperationalError("disk I/O error")])

    async def failing(jobs: Jobs, now: Any) -> bool:
        for failure in failures:
            raise failure
        return await look(jobs, now)

    monkeypatch.setattr(Jobs, "look", failing)
    await retrain(owned)
    await until_steps(owned)
    assert "Jobs could not be looked after" in caplog.text


async def test_where_the_verdict_fails_the_job_can_go_on(
    owned: World, how: dict[str, str], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    consider, failures = Shelf.consider, iter([CheckpointError("cannot be written")])

    async def failing(shelf: Shelf, weights: Path, **about: Any) -> Any:
        for failure in failures:
            raise failure
        return await consider(shelf, weights, **about)

    monkeypatch.setattr(Shelf, "consider", failing)
    how["how"] = "finish"
    await retrain(owned)
    assert (await until_state(owned, State.FAILED)).reason == "judging"
    assert "could not be judged" in caplog.text
    await owned.bot.jobs.resume(1, discord.utils.utcnow())
    assert (await until_state(owned, State.DONE)).result["promoted"]


async def test_a_message_that_fails_is_not_the_last(
    owned: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def failing(*_: object) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with monkeypatch.context() as patch:
        patch.setattr(owned.bot.jobs, "progress", failing)
        await retrain(owned)
        assert "could not be brought up to date" in caplog.text

    async def shown() -> bool:
        return "Is training" in text(live_message(owned)) if _posted(owned) else False

    await until(owned, shown)


def _posted(world: World) -> bool:
    assert world.bot.user is not None
    messages = world.env.backend.messages[world.channel.id].values()
    return any(one.author_id == world.bot.user.id and not one.flags & 64 for one in messages)


async def test_without_a_table_to_draw_at_there_is_no_curve(owned: World, monkeypatch: pytest.MonkeyPatch) -> None:
    async def busy(*_: object) -> bytes:
        raise Busy

    monkeypatch.setattr(owned.bot.studio, "picture", busy)
    await retrain(owned)

    async def holds() -> bool:
        return "> 月" in text(live_message(owned))

    await until(owned, holds)
    assert not live_message(owned).attachments


async def test_whoever_takes_no_direct_messages_is_not_told(
    owned: World, how: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    direct = owned.alice.user.dm_channel
    owned.env.inject_error("POST", f"/channels/{direct.id}/messages", status=403, code=50007, times=None)
    how["how"] = "finish"
    await retrain(owned, tell=True)
    await until_state(owned, State.DONE)

    async def told() -> bool:
        return await rows(owned.bot, "SELECT told FROM job_messages") == [(1,)]

    await until(owned, told)
    assert "Nobody could be told of the end of job 1" in caplog.text


async def test_a_job_outlives_what_is_known_of_its_asker(owned: World) -> None:
    """They have all about them deleted: the message stands still, the job goes on, and can be stopped."""
    await retrain(owned)
    await until_steps(owned)
    shown = text(live_message(owned))
    now = discord.utils.utcnow()
    await owned.bot.privacy.delete(owned.alice.id, now, now)
    owned.bot.jobs.folder(1).log.record(event="tick", step=4)
    await owned.env.advance_time(10)
    assert text(live_message(owned)) == shown
    direct = await interact(owned, press("admin:job:1:direct"), kind=3, message=message(owned, "admin:job:1:direct"))
    assert heard(owned, direct) == say(ENGLISH, "error.jobs.not_now", job=1)
    assert await said(owned, "jobs cancel", job=1) == say(ENGLISH, "jobs.now.stopped", job=1)


async def test_a_process_that_hangs_is_told_and_can_be_stopped(owned: World) -> None:
    await retrain(owned)
    await until_steps(owned)
    folder = owned.bot.jobs.folder(1).folder
    holder = holder_of(folder)
    assert holder is not None
    os.kill(holder.pid, signal.SIGSTOP)

    async def told() -> bool:
        os.utime(folder / "lock", (0, 0))  # as if that were long ago
        return "no sign of life since <t:0:R>" in text(live_message(owned))

    await until(owned, told)
    assert await said(owned, "jobs cancel", job=1) == say(ENGLISH, "jobs.now.stopped", job=1)
