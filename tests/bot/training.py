"""Trainings in tests: a small corpus, waiting for real processes, and their end."""

import json
import os
import signal
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from simcord import InteractionResult, ResponseMessage

from bot.services.jobs import Jobs
from bot.store.jobs import Job, State
from model.run_lock import holder_of
from tests.bot.owner import admin
from tests.conftest import World
from tests.model.learning import quatrains

RECIPE = "simple-rnn"
CORPUS = "small"
SECONDS = 120.0


def give_corpus(world: World, count: int = 120) -> Path:
    """A corpus where the bot looks for them."""
    return write_corpus(world.bot.config.storage.dir, count)


def write_corpus(storage: Path, count: int = 120) -> Path:
    """A corpus in a data folder."""
    folder = storage / "corpora" / CORPUS
    folder.mkdir(parents=True)
    poems = [{"title": "", "author": "", "paragraphs": [poem]} for poem in quatrains(count)]
    (folder / "poet.tang.0.json").write_text(json.dumps(poems, ensure_ascii=False), encoding="utf-8")
    return folder


async def retrain(world: World, **options: Any) -> InteractionResult:
    return await admin(world, "retrain", recipe=RECIPE, corpus=CORPUS, **options)


async def job_of(world: World, job_id: int = 1) -> Job:
    job = await world.bot.jobs.store.get(job_id)
    assert job is not None
    return job


async def until(world: World, holds: Callable[[], Awaitable[bool]]) -> None:
    """Let the simulated clock go on, and the real one, until something is so."""
    deadline = time.perf_counter() + SECONDS
    while not await holds():
        assert time.perf_counter() < deadline, await world.bot.jobs.store.latest(3)
        time.sleep(0.05)  # noqa: ASYNC251 - a real process is waited for
        await world.env.advance_time(1)


async def until_state(world: World, *states: State, job_id: int = 1) -> Job:
    async def holds() -> bool:
        return (await job_of(world, job_id)).state in states

    await until(world, holds)
    return await job_of(world, job_id)


async def until_steps(world: World, steps: int = 1, job_id: int = 1) -> None:
    async def holds() -> bool:
        job = await job_of(world, job_id)
        assert job.state in (State.QUEUED, State.RUNNING), job
        return (await world.bot.jobs.progress(job)).step >= steps

    await until(world, holds)


def live_message(world: World, number: int = -1) -> ResponseMessage:
    """The message in which a job is seen: of all messages in the channel, one of the bot's own."""
    backend = world.env.backend
    assert world.bot.user is not None
    own = [
        message
        for message in backend.messages[world.channel.id].values()
        if message.author_id == world.bot.user.id and not message.flags & 64
    ]
    return ResponseMessage(world.env, own[number])


def end_all(folder: Path, *bots: Jobs) -> None:
    """Kill what still trains in the folders of jobs, and bury what these bots have started."""
    for one in folder.glob("jobs/*"):
        holder = holder_of(one)
        if holder is not None and holder.pid:
            with suppress(ProcessLookupError):
                os.killpg(holder.pid, signal.SIGKILL)
    for jobs in bots:
        for process in jobs._processes.values():
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
