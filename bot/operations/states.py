"""What is looked up when somebody asks: how it stands with the bot at this moment."""

import time
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, cast

from prometheus_client.core import GaugeMetricFamily, InfoMetricFamily
from prometheus_client.registry import Collector

from bot.operations.backups import Reason, all_backups, database_files
from bot.operations.measures import PREFIX
from bot.operations.stamps import Stamps

if TYPE_CHECKING:
    from bot.app import PoetBot


def gateway_ages(bot: "PoetBot") -> Mapping[int, float]:
    """Seconds since Discord last said something on each connection, by shard. discord.py tells its latency only."""
    now, ages = time.perf_counter(), {}
    for number, shard in bot.shards.items():
        # It is there as soon as Discord has said hello; a simulated connection never has one.
        keeper = getattr(cast("Any", shard)._parent.ws, "_keep_alive", None)  # noqa: SLF001
        if keeper is not None:
            ages[number] = now - keeper._last_recv  # noqa: SLF001
    return ages


def gateway_age(bot: "PoetBot") -> float | None:
    """Of the connection that is silent for longest; None where one is missing."""
    ages = gateway_ages(bot)
    return max(ages.values()) if ages and len(ages) == len(bot.shards) else None


class States(Collector):
    """Reads the bot when Prometheus asks. What the database has to tell is given to it before."""

    def __init__(self, bot: "PoetBot", stamps: Stamps, version: str) -> None:
        self._bot = bot
        self._stamps = stamps
        self._storage = bot.config.storage.dir
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
        files = database_files(self._storage)
        database = sum(path.stat().st_size for path in files)
        yield _gauge("database_bytes", "The database, with what is not yet written back into it.", database)
        if (age := self._backup_age()) is not None:
            yield _gauge("backup_age_seconds", "Since the newest backup, those of a restoration left out.", age)

    def _depths(self) -> Mapping[str, int]:
        bot = self._bot
        desks = (*bot.poet.desks, *bot.adder.desks, *bot.contest.desks, *bot.explain.desks)
        return {desk.name: len(desk.queue) for desk in desks}

    def _backup_age(self) -> float | None:
        made = [backup.made_at for backup in all_backups(self._storage) if backup.reason is not Reason.REPLACED]
        return time.time() - made[0].timestamp() if made else None


def _gauge(name: str, about: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"{PREFIX}_{name}", about, value)


def _gauges(name: str, about: str, label: str, values: Mapping[Any, float]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"{PREFIX}_{name}", about, labels=[label])
    for key, value in values.items():
        family.add_metric([str(key)], value)
    return family
