"""Trainings: what was asked for, in which state each is, and the message in which it can be seen."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final, Literal

from bot.store.database import Database, milliseconds
from bot.store.poems import moment

Kind = Literal["retrain", "adder"]


class State(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    STOPPING = "stopping"
    JUDGING = "judging"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"
    LOST = "lost"


FOLLOWS: Final[Mapping[State, frozenset[State]]] = {
    State.QUEUED: frozenset({State.RUNNING, State.STOPPED, State.FAILED}),
    State.RUNNING: frozenset({State.STOPPING, State.JUDGING, State.DONE, State.STOPPED, State.FAILED, State.LOST}),
    # It may come to its end before it hears that it should stop.
    State.STOPPING: frozenset({State.STOPPED, State.JUDGING, State.DONE, State.FAILED}),
    State.JUDGING: frozenset({State.DONE, State.FAILED}),
    State.STOPPED: frozenset({State.QUEUED}),
    State.FAILED: frozenset({State.QUEUED}),
    State.LOST: frozenset({State.QUEUED}),
    State.DONE: frozenset(),
}
"""What may become of a job, by what it is."""

ENDED: Final = frozenset({State.DONE, State.STOPPED, State.FAILED, State.LOST})
"""A job that nothing happens to until somebody asks for it."""

COMES_AGAIN: Final = frozenset({"recipe", "weights", "training", "no_number"})
"""Faults that the same files and settings bring about again, however often a job goes on."""

_COLUMNS: Final = (
    "id, kind, recipe, corpus, origin, changes, seed, state, reason, detail, starts, step, event_offset, result,"
    " asked_at, began_at, ended_at"
)
_WATCH_COLUMNS: Final = (
    "job_id, person_id, language, guild_id, channel_id, message_id, posts, posted_at, tell, told, settled"
)


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be trained."""

    kind: Kind
    recipe: str
    corpus: str
    seed: int
    origin: str = ""
    changes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Asker:
    """Who wants a training, and whether they want to be told of its end."""

    person_id: int
    language: str
    tell: bool = False


@dataclass(frozen=True, slots=True)
class Job:
    """A training. Its fields are in the order of the columns that are asked for."""

    id: int
    kind: Kind
    recipe: str
    corpus: str
    origin: str
    changes: tuple[str, ...]
    seed: int
    state: State
    reason: str
    detail: str
    starts: int
    step: int
    event_offset: int
    result: dict[str, Any]
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None

    @property
    def may_go_on(self) -> bool:
        """Whether it ended before its time, and another try may come further."""
        return State.QUEUED in FOLLOWS[self.state] and self.reason not in COMES_AGAIN


@dataclass(frozen=True, slots=True)
class Watch:
    """The message of a job, and who asked for it; in the order of the columns."""

    job_id: int
    person_id: int
    language: str
    guild_id: int | None
    channel_id: int | None
    message_id: int | None = None
    posts: int = 0
    posted_at: datetime | None = None
    tell: bool = False
    told: bool = False
    settled: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """What is noted when a job's process starts."""

    starts: int
    step: int
    event_offset: int


@dataclass(frozen=True, slots=True)
class End:
    """What is noted when a job ends, well or not."""

    reason: str = ""
    detail: str = ""
    result: Mapping[str, Any] = field(default_factory=dict)


class JobRepository:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, order: Order, asker: Asker, now: datetime) -> int:
        """Put a job behind those that wait. Returns its number."""
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                "INSERT INTO jobs (kind, recipe, corpus, origin, changes, seed, state, asked_at)"
                " VALUES (?, ?, ?, ?, ?, ?, 'queued', ?) RETURNING id",
                (
                    order.kind,
                    order.recipe,
                    order.corpus,
                    order.origin,
                    json.dumps(order.changes),
                    order.seed,
                    milliseconds(now),
                ),
            )
            [(job_id,)] = await cursor.fetchall()
            await transaction.execute(
                "INSERT INTO job_messages (job_id, person_id, language, tell) VALUES (?, ?, ?, ?)",
                (job_id, asker.person_id, asker.language, asker.tell),
            )
            return int(job_id)

    async def get(self, job_id: int) -> Job | None:
        row = await self._database.fetch_one(f"SELECT {_COLUMNS} FROM jobs WHERE id = ?", (job_id,))  # noqa: S608
        return _job(row)

    async def first(self, *states: State) -> Job | None:
        """The job in one of these states that was asked for first."""
        marks = ", ".join("?" * len(states))
        sql = f"SELECT {_COLUMNS} FROM jobs WHERE state IN ({marks}) ORDER BY id LIMIT 1"  # noqa: S608 - our own names
        return _job(await self._database.fetch_one(sql, states))

    async def latest(self, most: int) -> list[Job]:
        """The newest first."""
        rows = await self._database.fetch_all(f"SELECT {_COLUMNS} FROM jobs ORDER BY id DESC LIMIT ?", (most,))  # noqa: S608
        return [job for job in map(_job, rows) if job is not None]

    async def counts(self) -> Mapping[State, int]:
        """How many jobs are in each state."""
        rows = await self._database.fetch_all("SELECT state, count(*) FROM jobs GROUP BY state")
        return dict.fromkeys(State, 0) | {State(state): count for state, count in rows}

    async def learns_from(self, corpus: str) -> bool:
        """Whether a job that is not at its end needs a corpus."""
        return await self._is_needed("corpus", corpus)

    async def goes_on_from(self, version: str) -> bool:
        """Whether a job that is not at its end needs a version: its process reads it whenever it starts."""
        return await self._is_needed("origin", version)

    async def _is_needed(self, column: Literal["corpus", "origin"], name: str) -> bool:
        row = await self._database.fetch_one(
            f"SELECT 1 FROM jobs WHERE {column} = ? AND state IN ('queued', 'running', 'stopping', 'judging')",  # noqa: S608 - our own names
            (name,),
        )
        return row is not None

    async def before(self, job_id: int) -> int:
        """How many have to end before this one can begin."""
        row = await self._database.fetch_one(
            "SELECT count(*) FROM jobs WHERE state IN ('queued', 'running', 'stopping', 'judging') AND id < ?",
            (job_id,),
        )
        return int(row[0]) if row is not None else 0

    async def move(self, job_id: int, to: State, now: datetime, end: End | None = None) -> bool:
        """Bring a job into another state. Returns False where that may not follow its present one."""
        before = [state for state, after in FOLLOWS.items() if to in after]
        values: dict[str, Any] = {"state": to}
        if to is State.RUNNING:
            values |= {"began_at": milliseconds(now)}
        if to is State.QUEUED:
            values |= {"ended_at": None, "reason": "", "detail": "", "starts": 0}
        if to in ENDED:
            end = end or End()
            result = json.dumps(dict(end.result))
            values |= {"ended_at": milliseconds(now), "reason": end.reason, "detail": end.detail, "result": result}
        assignments = ", ".join(f"{name} = ?" for name in values)
        marks = ", ".join("?" * len(before))
        async with self._database.transaction() as transaction:
            cursor = await transaction.execute(
                f"UPDATE jobs SET {assignments} WHERE id = ? AND state IN ({marks})",  # noqa: S608 - our own names
                (*values.values(), job_id, *before),
            )
            moved = cursor.rowcount > 0
            if moved and to is State.QUEUED:
                await transaction.execute("UPDATE job_messages SET told = 0, settled = 0 WHERE job_id = ?", (job_id,))
        return moved

    async def start(self, job_id: int, start: Start) -> None:
        """Note that its process is about to start."""
        async with self._database.transaction() as transaction:
            await transaction.execute(
                "UPDATE jobs SET starts = ?, step = ?, event_offset = ? WHERE id = ?",
                (start.starts, start.step, start.event_offset, job_id),
            )

    # The message.

    async def watch(self, job_id: int) -> Watch | None:
        sql = f"SELECT {_WATCH_COLUMNS} FROM job_messages WHERE job_id = ?"  # noqa: S608 - our own names
        return _watch(await self._database.fetch_one(sql, (job_id,)))

    async def live(self) -> list[Watch]:
        """Messages that do not show the end yet, and people who are to be told of it."""
        rows = await self._database.fetch_all(
            f"SELECT {_WATCH_COLUMNS} FROM job_messages WHERE settled = 0 OR told < tell ORDER BY job_id"  # noqa: S608
        )
        return [watch for watch in map(_watch, rows) if watch is not None]

    async def place(self, job_id: int, guild_id: int | None, channel_id: int | None) -> None:
        """The message is to be there from now on; without a channel, nowhere."""
        await self._note(job_id, guild_id=guild_id, channel_id=channel_id, message_id=None)

    async def posted(self, watch: Watch, message_id: int, now: datetime) -> None:
        await self._note(watch.job_id, message_id=message_id, posts=watch.posts + 1, posted_at=milliseconds(now))

    async def gone(self, job_id: int) -> None:
        """The message is there no longer; another one has to be posted."""
        await self._note(job_id, message_id=None)

    async def settle(self, job_id: int) -> None:
        """The message shows the end of the job."""
        await self._note(job_id, settled=1)

    async def tell(self, job_id: int) -> None:
        """The person was told of the end."""
        await self._note(job_id, told=1)

    async def _note(self, job_id: int, **values: int | None) -> None:
        assignments = ", ".join(f"{name} = ?" for name in values)
        async with self._database.transaction() as transaction:
            await transaction.execute(
                f"UPDATE job_messages SET {assignments} WHERE job_id = ?",  # noqa: S608 - our own names
                (*values.values(), job_id),
            )


def _job(row: Sequence[Any] | None) -> Job | None:
    if row is None:
        return None
    values = dict(zip(Job.__dataclass_fields__, row, strict=True))
    values |= {"changes": tuple(json.loads(values["changes"])), "result": json.loads(values["result"])}
    values |= {name: _moment(values[name]) for name in ("asked_at", "began_at", "ended_at")}
    return Job(**values | {"state": State(values["state"])})


def _watch(row: Sequence[Any] | None) -> Watch | None:
    if row is None:
        return None
    values = dict(zip(Watch.__dataclass_fields__, row, strict=True))
    flags = {name: bool(values[name]) for name in ("tell", "told", "settled")}
    return Watch(**values | flags | {"posted_at": _moment(values["posted_at"])})


def _moment(value: int | None) -> datetime | None:
    return moment(value) if value is not None else None
