"""What is looked up when somebody asks: how it stands with the bot at this moment."""

import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from bot.operations.measures import PREFIX
from bot.operations.stamps import Stamps

if TYPE_CHECKING:
    from bot.app import PoetBot

_BESIDE: Final = ("", "-wal", "-shm")
"""Endings of the files that are the database together."""


def gateway_ages(bot: "PoetBot") -> Mapping[int, float]:
    """Seconds since Discord last said something on each connection, by shard. discord.py tells its latency only."""
    now, ages = time.perf_counter(), {}
    for number, shard in bot.shards.items():
        keeper = cast("Any", shard)._parent.ws._keep_alive  # noqa: SLF001
        if keeper is not None:  # it is there as soon as Discord has said hello
            ages[number] = now - keeper._last_recv  # noqa: SLF001
    return ages


def gateway_age(bot: "PoetBot") -> float | None:
    """Of the connection that is silent for longest; None where one is missing."""
    ages = gateway_ages(bot)
    return max(ages.values()) if ages and len(ages) == len(bot.shards) else None


class States(Collector):
    """Reads the bot when Prometheus asks. What the database has to tell is given to it before."""

    def __init__(self, bot: "PoetBot", stamps: Stamps, database: Path, version: str) -> None:
        self._bot = bot
        self._stamps = stamps
        self._database = database
        self._version = version

    def collect(self) -> Iterable[GaugeMetricFamily | InfoMetricFamily]:
        bot = self._bot
        yield InfoMetricFamily(PREFIX, "The program.", {"version": self._version})
        yield _gauge("servers", "Servers that the bot is in.", len(bot.guilds))
        yield _gauges("gateway_age_seconds", "Since Discord last said something.", "shard", gateway_ages(bot))
        yield _gauges("gateway_latency_seconds", "Between a heartbeat and its answer.", "shard", dict(bot.latencies))
        yield _gauges("queue_depth", "Requests that wait for the networks.", "desk", self._depths())
        alive = {part: age for part, age in self._stamps.ages().items() if age is not None}
        yield _gauges("alive_age_seconds", "Since a part of the bot last showed that it is alive.", "part", alive)
        yield _gauge("database_bytes", "The database, with what is not yet written back into it.", self._bytes())

    def _depths(self) -> Mapping[str, int]:
        desks = (*self._bot.poet.desks, *self._bot.adder.desks)
        return {desk.name: len(desk.queue) for desk in desks}

    def _bytes(self) -> int:
        paths = [self._database.with_name(self._database.name + ending) for ending in _BESIDE]
        return sum(path.stat().st_size for path in paths if path.exists())


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value)


def _gauges(name: str, about: str, label: str, values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family
