"""An hour of mixed requests, while a network is retrained in the middle. SOAK_SECONDS=60 makes it a minute."""

import asyncio
import os
import random
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, closing
from typing import Any

import pytest

from bot.config import Config
from bot.store.database import DATABASE
from loopback.crowd import Crowd, Said, Wait
from loopback.people import Person
from loopback.running import Process, address_of, kept, python, token_in
from loopback.server import StandIn
from tests.bot.training import CORPUS, RECIPE, write_corpus

HOUR = 3_600.0
SECONDS = float(os.environ.get("SOAK_SECONDS") or HOUR)
PER_SECOND = 4.0
PEOPLE, SERVERS = 400, 20
PATIENCE_SECONDS = 300.0
MOST_GROWTH = 1.05
PRESSED = 0.25  # of what is asked
REQUESTS: Sequence[tuple[str, dict[str, Any]]] = (
    ("poem", {}),
    ("poem", {"start": "月"}),
    ("poem", {"start": "moon"}),
    ("add", {"a": "123", "b": "456"}),
    ("subtract", {"a": "1000", "b": "1"}),
    ("check", {"text": "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"}),
    ("rhyme", {"character": "月"}),
    ("favorites list", {}),
    ("favorites random", {}),
    ("history", {}),
    ("top", {}),
    ("settings", {}),
    ("privacy show", {}),
    ("help", {}),
    ("about", {}),
    ("stats", {}),
)


class Public:
    """What people ask for, and press."""

    def __init__(self, crowd: Crowd) -> None:
        self._crowd = crowd
        self._chance = random.Random(1)
        self._poems: list[Wait] = []

    async def ask(self) -> Wait:
        cards = [wait for wait in self._poems[-50:] if wait.said is Said.ANSWER]
        if cards and self._chance.random() < PRESSED:
            ending = self._chance.choice(["keep", "another", "craft"])
            return await self._crowd.press(self._chance.choice(cards).asked, ending)
        command, options = self._chance.choice(REQUESTS)
        wait = await self._crowd.ask(command, **options)
        if command == "poem":
            self._poems.append(wait)
        return wait


@asynccontextmanager
async def soaked(config: Config, stand_in: StandIn, owner: Person) -> AsyncIterator[Process]:
    folder = config.storage.dir.parent
    variables = {
        "OMP_NUM_THREADS": "1",
        "TANGPOET_STORAGE__DIR": str(config.storage.dir),
        "TANGPOET_MODEL__DIR": str(config.model.dir),
        "TANGPOET_POEM__FORM": "free",
        "TANGPOET_POEM__CANDIDATES": "1",
        "TANGPOET_OWNER__USERS": f"[{owner.id}]",
        "TANGPOET_LOG__LEVEL": "warning",
        **address_of(stand_in),
        **token_in(folder),
    }
    async with python("-m", "bot", "run", log=folder / "log", **variables) as process:
        await stand_in.until(lambda: stand_in.gateway.ready)
        yield process
        process.send(signal.SIGTERM)
        assert await process.end() == 0


def jobs_of(config: Config) -> list[str]:
    """How the trainings stand, read beside the bot."""
    with closing(sqlite3.connect(f"file:{config.storage.dir / DATABASE}?mode=ro", uri=True)) as database:
        return [state for (state,) in database.execute("SELECT state FROM jobs")]


@pytest.mark.soak
async def test_an_hour_of_everything(config: Config, stand_in: StandIn, alice: Person) -> None:
    channels = [stand_in.server(f"server {number}").channel("poems") for number in range(SERVERS)]
    people = [stand_in.person(f"person {number}") for number in range(PEOPLE)]
    write_corpus(config.storage.dir)
    crowd = Crowd(stand_in, channels, people)
    public = Public(crowd)
    async with soaked(config, stand_in, alice) as process:
        await crowd.steadily(min(60.0, SECONDS / 6), PER_SECOND, public.ask)
        at_first, began = process.memory, time.perf_counter()
        waits = await crowd.steadily(SECONDS / 2, PER_SECOND, public.ask)
        order = await stand_in.types(alice, channels[0], "admin retrain", recipe=RECIPE, corpus=CORPUS, epochs=3)
        assert (await stand_in.answer(order)).text
        waits += await crowd.steadily(SECONDS / 2, PER_SECOND, public.ask)
        assert await crowd.answered(PATIENCE_SECONDS)
        seconds, growth = time.perf_counter() - began, process.memory / max(at_first, 1.0)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while jobs_of(config) != ["done"]:  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(1)

    slowest = sorted(wait.answered or 0.0 for wait in waits)
    outcomes = await kept(config, "SELECT outcome, count(*) FROM requests GROUP BY outcome")
    print(
        f"{len(waits)} requests in {seconds:.0f} s, answered at p50 {slowest[len(slowest) // 2]:.2f} s, at p99"
        f" {slowest[len(slowest) * 99 // 100]:.2f} s; memory {growth:.3f} times the first minute's; {outcomes}"
    )
    assert not any("unexpected" in str(outcome) or outcome is None for outcome, _ in outcomes)
    assert await kept(config, "SELECT count(*) FROM faults") == [(0,)]
    assert Counter(wait.said for wait in waits)[Said.NOTHING] == 0
    assert SECONDS < HOUR or growth <= MOST_GROWTH
