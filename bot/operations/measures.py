"""What is counted while the bot runs, as Prometheus wants it; docs/operations.md says what each of them means."""

from collections.abc import Mapping
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

from bot.services.queue import Served
from model.requests import Poem

PREFIX: Final = "tangpoet"
DONE: Final = "done"
"""The outcome of a request that was answered as it wished; every other one is the kind of an error."""
_LAG_BUCKETS: Final = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_ANSWER_BUCKETS: Final = (0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 3.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0)
_SIZE_BUCKETS: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512)


class Measures:
    """The counters of one bot, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(namespace=PREFIX, registry=self.registry)
        self._answers = Histogram(
            f"{PREFIX}_request_seconds",
            "From a command or press to the end of its answer.",
            ["command"],
            buckets=_ANSWER_BUCKETS,
            registry=self.registry,
        )
        self._errors = Counter(
            f"{PREFIX}_errors", "Requests that ended otherwise than wished.", ["kind"], registry=self.registry
        )
        self._lag = Histogram(
            f"{PREFIX}_loop_lag_seconds",
            "How long the event loop took to listen, asked once a second.",
            buckets=_LAG_BUCKETS,
            registry=self.registry,
        )
        self._sizes = Histogram(
            f"{PREFIX}_batch_size",
            "Requests that went to the networks together.",
            ["desk"],
            buckets=_SIZE_BUCKETS,
            registry=self.registry,
        )
        self._batches = Histogram(
            f"{PREFIX}_batch_seconds",
            "How long the networks took for a batch.",
            ["desk"],
            buckets=_ANSWER_BUCKETS,
            registry=self.registry,
        )
        self._characters = Counter(
            f"{PREFIX}_characters", "Characters of the poems that were written.", registry=self.registry
        )
        self._rate = Gauge(
            f"{PREFIX}_characters_per_second", "The same in the last batch, by the second.", registry=self.registry
        )
        self._jobs = Gauge(f"{PREFIX}_jobs", "Trainings that were asked for.", ["state"], registry=self.registry)

    def counted_jobs(self, counts: Mapping[str, int]) -> None:
        """So many trainings are in each state; of states that are not named, nothing is known."""
        self._jobs.clear()
        for state, count in counts.items():
            self._jobs.labels(state).set(count)

    def answered(self, command: str, outcome: str, seconds: float) -> None:
        """A request ended."""
        self._answers.labels(command).observe(seconds)
        if outcome != DONE:
            self._errors.labels(outcome).inc()

    def listened(self, seconds: float) -> None:
        """The event loop took so long."""
        self._lag.observe(seconds)

    def served(self, served: Served) -> None:
        """The networks answered a batch."""
        self._sizes.labels(served.desk).observe(len(served.results))
        self._batches.labels(served.desk).observe(served.seconds)
        characters = sum(len(poem.text) for poem in served.results if isinstance(poem, Poem))
        if characters:
            self._characters.inc(characters)
            self._rate.set(characters / served.seconds)
