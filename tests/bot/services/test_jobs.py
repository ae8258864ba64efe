"""The queue of jobs with real processes that learn nothing: every state, and every way to end."""

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.services.jobs import Jobs
from bot.services.jobs import process as processes
from bot.services.jobs.jobs import MOST_STARTS, NoSuchJob, NotNow
from bot.services.refusals import Forgotten
from bot.services.version_refusals import NoSuchVersion
from bot.store.database import Database
from bot.store.jobs import ENDED, FOLLOWS, Asker, Job, JobRepository, Order, State
from model import checkpoint
from model.run_lock import holder_of
from tests.bot.pupils import TRAINING, pupils
from tests.bot.training import SECONDS, end_all
from tests.model.learning import header_of, poet

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ME = Asker(7, "en")


@dataclass
class Verdict:
    name: str = "gru-1"
    promoted: bool = True
    reason: str = "better"


VERSIONS = {"gru-1"}
"""What is no corpus."""


class Shelf:
    """Corpora and versions: all are there but those that are gone."""

    def __init__(self) -> None:
        self.gone: set[str] = set()
        self.refused: Exception | None = None
        self.considered: list[tuple[Path, int, str, str]] = []

    async def path_of(self, name: str) -> Path:
        if name in self.gone:
            raise NoSuchVersion(name=name) if name in VERSIONS else Forgotten
        return Path("/nowhere") / name

    async def consider(self, weights: Path, *, job_id: int, recipe: str, corpus: str) -> Verdict:
        self.considered.append((weights, job_id, recipe, corpus))
        if self.refused is not None:
            raise self.refused
        return Verdict()


@dataclass
class Place:
    """A data folder in which bots come and go."""

    folder: Path
    store: JobRepository
    shelf: Shelf
    bots: list[Jobs]

    def bot(self, on_lost: str = "resume") -> Jobs:
        """A bot that has just been started."""
        settings = TRAINING.model_copy(update={"on_lost": on_lost})
        self.bots.append(Jobs(self.store, self.folder / "jobs", settings, self.shelf, self.shelf))
        return self.bots[-1]

    async def job(self, job_id: int = 1) -> Job:
        job = await self.store.get(job_id)
        assert job is not None
        return job

    async def until(self, jobs: Jobs, holds: Callable[[], Awaitable[bool]]) -> None:
        deadline = time.perf_counter() + SECONDS
        while not await holds():
            assert time.perf_counter() < deadline, await self.job()
            await jobs.look(NOW)
            await asyncio.sleep(0.01)

    async def until_state(self, jobs: Jobs, *states: State, job_id: int = 1) -> Job:
        async def holds() -> bool:
            return (await self.job(job_id)).state in states

        await self.until(jobs, holds)
        return await self.job(job_id)

    async def until_waiting(self, jobs: Jobs, job_id: int = 1) -> int:
        """Until the process of a job has closed its epoch and waits. Returns its number."""
        folder = self.folder / "jobs" / str(job_id)

        async def holds() -> bool:
            progress = await jobs.progress(await self.job(job_id))
            return bool(progress.closed) and progress.end is None and holder_of(folder) is not None

        await self.until(jobs, holds)
        holder = holder_of(folder)
        assert holder is not None
        return holder.pid


@pytest.fixture(autouse=True)
def playing() -> Iterator[None]:
    with pupils():
        yield


@pytest.fixture
async def place(tmp_path: Path) -> AsyncIterator[Place]:
    database = await Database.open(tmp_path / "jobs.db")
    place = Place(tmp_path, JobRepository(database), Shelf(), [])
    yield place
    await database.close()
    end_all(tmp_path, *place.bots)


def order(how: str = "finish", corpus: str = "tang") -> Order:
    return Order("retrain", how, corpus, 5)


async def test_one_after_another(place: Place) -> None:
    jobs = place.bot()
    assert not await jobs.look(NOW)
    first, second = [await jobs.add(order("wait"), ME, NOW), await jobs.add(order(), ME, NOW)]
    pid = await place.until_waiting(jobs, first)
    assert (await place.job(second)).state is State.QUEUED
    assert (await place.store.before(first), await place.store.before(second)) == (0, 1)
    assert await place.store.learns_from("tang")
    assert pid
    assert await jobs.cancel(first, NOW) is State.STOPPED
    assert (await place.job(first)).ended_at == NOW
    await place.until_state(jobs, State.JUDGING, job_id=second)
    assert await jobs.look(NOW)
    await jobs.judge(NOW)
    done = await place.job(second)
    assert (done.state, done.result) == (State.DONE, {"name": "gru-1", "promoted": True, "reason": "better"})
    assert place.shelf.considered == [(place.folder / "jobs" / "2" / "weights.safetensors", 2, "finish", "tang")]
    assert not await place.store.learns_from("tang")
    await jobs.judge(NOW)
    assert [job.id for job in await place.store.latest(5)] == [2, 1]


async def test_an_adder_is_not_judged(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(Order("adder", "finish", "", 5), ME, NOW)
    assert (await place.until_state(jobs, *ENDED)).state is State.DONE
    assert place.shelf.considered == []


@pytest.mark.parametrize(
    ("fault", "reason", "detail"),
    [
        (Forgotten(), "judging", "error.forgotten"),
        (OSError(28, "No space left"), "disk", "[Errno 28] No space left"),
        (ZeroDivisionError("odd"), "judging", "ZeroDivisionError('odd')"),
    ],
)
async def test_what_cannot_be_judged_can_be_tried_again(
    place: Place, fault: Exception, reason: str, detail: str
) -> None:
    jobs = place.bot()
    await jobs.add(order(), ME, NOW)
    await place.until_state(jobs, State.JUDGING)
    place.shelf.refused = fault
    await jobs.judge(NOW)
    failed = await place.job()
    assert (failed.state, failed.reason, failed.detail) == (State.FAILED, reason, detail)
    place.shelf.refused = None
    await jobs.resume(1, NOW)
    await place.until_state(jobs, State.JUDGING)
    await jobs.judge(NOW)
    assert (await place.job()).state is State.DONE


async def test_a_stop_saves_and_it_goes_on(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(order("wait"), ME, NOW)
    await place.until_waiting(jobs)
    assert await jobs.cancel(1, NOW) is State.STOPPED
    with pytest.raises(NotNow):
        await jobs.cancel(1, NOW)
    await jobs.resume(1, NOW)
    with pytest.raises(NotNow):
        await jobs.resume(1, NOW)
    assert (await place.job()).ended_at is None
    assert await jobs.cancel(1, NOW) is State.STOPPED  # before it began again
    await jobs.resume(1, NOW)
    await place.until_waiting(jobs)
    assert (await place.job()).event_offset > 0
    assert await jobs.cancel(1, NOW) is State.STOPPED


@pytest.mark.parametrize("how", ["deaf", "rude"])
async def test_whoever_does_not_save_is_stopped_all_the_same(
    place: Place, how: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "GRACE_SECONDS", 0.05)
    jobs = place.bot()
    await jobs.add(order(how), ME, NOW)
    await place.until_waiting(jobs)
    assert await jobs.cancel(1, NOW) is State.STOPPED


async def test_one_that_was_stopped_by_somebody_else_goes_on(place: Place) -> None:
    """As by a machine that is shut down: it saved, and nobody here asked it to stop."""
    jobs = place.bot()
    await jobs.add(order("wait"), ME, NOW)
    pid = await place.until_waiting(jobs)
    os.kill(pid, signal.SIGTERM)

    async def another() -> bool:
        return await place.until_waiting(jobs) != pid

    await place.until(jobs, another)
    assert (await place.job()).starts == 2


async def test_a_fault_is_known_by_its_kind(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(order("fail"), ME, NOW)
    failed = await place.until_state(jobs, *ENDED)
    assert (failed.state, failed.reason) == (State.FAILED, "no_number")
    assert failed.detail == "the loss is no number at step 2"


async def test_one_that_ends_before_it_can_tell_anything_has_failed(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(order("mute"), ME, NOW)
    failed = await place.until_state(jobs, *ENDED)
    assert (failed.state, failed.reason) == (State.FAILED, "unexpected")


@pytest.mark.parametrize(("on_lost", "starts"), [("resume", MOST_STARTS), ("mark", 1)])
async def test_one_that_is_killed_again_and_again_is_lost(place: Place, on_lost: str, starts: int) -> None:
    """As where memory runs out: it is started a few times, and not for ever."""
    jobs = place.bot(on_lost)
    await jobs.add(order("die"), ME, NOW)
    lost = await place.until_state(jobs, *ENDED)
    assert (lost.state, lost.starts) == (State.LOST, starts)
    await jobs.resume(1, NOW)
    assert (await place.job()).starts == 0


async def test_one_that_comes_further_is_started_as_often_as_it_takes(place: Place) -> None:
    jobs, writer = place.bot(), poet("gru")
    await jobs.add(order("die"), ME, NOW)
    path = place.folder / "jobs" / "1" / "checkpoint.safetensors"

    async def started(step: int) -> bool:
        header = header_of(writer).model_copy(update={"kind": "run", "step": step})
        checkpoint.save(path, checkpoint.parameters_of(writer.network), header)
        return (await place.job()).step >= MOST_STARTS + 2

    steps = iter(range(1, 10**6))
    await place.until(jobs, lambda: started(next(steps)))
    assert (await place.job()).state is State.RUNNING


async def test_a_new_bot_adopts_a_living_process(place: Place) -> None:
    before, after = place.bot(), place.bot()
    await before.add(order("wait"), ME, NOW)
    pid = await place.until_waiting(before)
    for _ in range(3):
        await after.look(NOW)
    assert await place.until_waiting(after) == pid
    assert (await place.job()).starts == 1
    assert len((await after.progress(await place.job())).losses) == 2
    assert await after.cancel(1, NOW) is State.STOPPED


async def test_a_new_bot_goes_on_with_what_was_killed(place: Place) -> None:
    before, after = place.bot(), place.bot()
    await before.add(order("wait"), ME, NOW)
    pid = await place.until_waiting(before)
    os.kill(pid, signal.SIGKILL)
    before._processes[1].wait()

    async def another() -> bool:
        return await place.until_waiting(after) != pid

    await place.until(after, another)
    assert (await place.job()).starts == 2


async def test_a_bot_that_is_killed_between_row_and_process(place: Place) -> None:
    """It said that the job runs, and started nothing; or it did, and something works there already."""
    await place.bot().add(order("wait"), ME, NOW)
    assert await place.store.move(1, State.RUNNING, NOW)
    after = place.bot()
    pid = await place.until_waiting(after)
    third = place.bot()
    job = await place.job()
    await third._start(job, NOW, starts=2)
    assert await place.until_waiting(third) == pid


async def test_a_stop_that_a_bot_did_not_finish_is_finished_by_the_next(place: Place) -> None:
    before, after = place.bot(), place.bot()
    await before.add(order("wait"), ME, NOW)
    await place.until_waiting(before)
    assert await place.store.move(1, State.STOPPING, NOW)
    assert (await place.until_state(after, *ENDED)).state is State.STOPPED


async def test_two_bots_do_not_do_the_same_job_twice(place: Place) -> None:
    """Were there ever two: the lock of the folder lets one process in."""
    one, other = place.bot(), place.bot()
    await one.add(order("wait"), ME, NOW)
    assert await place.store.move(1, State.RUNNING, NOW)
    job = await place.job()
    await asyncio.gather(one._start(job, NOW, starts=1), other._start(job, NOW, starts=1))
    pid = await place.until_waiting(one)
    assert await place.until_waiting(other) == pid
    for jobs in (one, other):
        process = jobs._processes.get(1)
        assert process is None or process.pid == pid or process.wait() == 1
    assert (await place.job()).state is State.RUNNING


async def test_what_is_to_be_read_has_to_be_there(place: Place) -> None:
    jobs = place.bot()
    place.shelf.gone = {"tang"}
    with pytest.raises(Forgotten):
        await jobs.add(order(), ME, NOW)
    place.shelf.gone = set()
    await jobs.add(order(), ME, NOW)
    place.shelf.gone = {"tang"}
    await jobs.look(NOW)
    failed = await place.job()
    assert (failed.state, failed.reason, failed.detail) == (State.FAILED, "corpus", "error.forgotten")


async def test_weights_that_are_gone_are_not_taken_for_the_corpus(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(Order("retrain", "finish", "tang", 5, origin="gru-1"), ME, NOW)
    assert await place.store.goes_on_from("gru-1")
    assert not await place.store.goes_on_from("tang")
    place.shelf.gone = {"gru-1"}
    await jobs.look(NOW)
    failed = await place.job()
    assert (failed.state, failed.reason, failed.detail) == (State.FAILED, "weights", "error.version.unknown")
    assert not await place.store.goes_on_from("gru-1")


async def test_a_corpus_that_goes_during_the_run_is_missed_at_the_next_start(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(order("wait"), ME, NOW)
    pid = await place.until_waiting(jobs)
    place.shelf.gone = {"tang"}
    await jobs.look(NOW)
    assert (await place.job()).state is State.RUNNING  # it was read at the begin
    os.kill(pid, signal.SIGKILL)
    failed = await place.until_state(jobs, *ENDED)
    assert (failed.state, failed.reason) == (State.FAILED, "corpus")


async def test_a_process_of_a_job_that_another_bot_stopped_ends(place: Place) -> None:
    """It had not come to the lock, so that the other one took it for gone."""
    jobs = place.bot()
    await jobs.add(order("wait"), ME, NOW)
    await place.until_waiting(jobs)
    assert await place.store.move(1, State.STOPPING, NOW)
    assert await place.store.move(1, State.STOPPED, NOW)
    await jobs.look(NOW)
    assert jobs._processes[1].returncode is not None
    assert (await place.job()).state is State.STOPPED


async def test_what_is_done_keeps_no_checkpoint(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(order(), ME, NOW)
    job = await place.until_state(jobs, State.JUDGING)
    checkpoint_file = jobs.folder(job.id).checkpoint
    checkpoint_file.touch()
    await jobs.judge(NOW)
    assert not checkpoint_file.exists()
    assert jobs.folder(job.id).log.path.exists()


async def test_a_disk_without_room_is_told(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    jobs = place.bot()
    await jobs.add(order(), ME, NOW)
    monkeypatch.setattr(Path, "mkdir", full)
    await jobs.look(NOW)
    failed = await place.job()
    assert (failed.state, failed.reason) == (State.FAILED, "disk")
    assert "No space left" in failed.detail


async def test_a_job_that_is_not_there(place: Place) -> None:
    jobs = place.bot()
    for doing in (jobs.get, lambda number: jobs.cancel(number, NOW), lambda number: jobs.resume(number, NOW)):
        with pytest.raises(NoSuchJob):
            await doing(3)


@pytest.mark.parametrize("state", State)
async def test_nothing_follows_that_may_not(place: Place, state: State) -> None:
    """Whatever is asked of the table, it takes what FOLLOWS says and leaves the row alone otherwise."""
    roads: dict[State, list[State]] = {State.QUEUED: []}
    for near in list(State):  # the shortest road to each state
        for known, road in list(roads.items()):
            for further in FOLLOWS[known]:
                roads.setdefault(further, [*road, further])
        assert near in State
    for target in State:
        job_id = await place.store.add(order(), ME, NOW)
        for step in roads[state]:
            assert await place.store.move(job_id, step, NOW)
        assert await place.store.move(job_id, target, NOW) == (target in FOLLOWS[state])
        assert (await place.job(job_id)).state is (target if target in FOLLOWS[state] else state)


async def test_only_so_many_are_remembered(place: Place) -> None:
    jobs = place.bot()
    for _ in range(12):
        await jobs.add(order(), ME, NOW)
    for job in await place.store.latest(12):
        await jobs.progress(job)
    assert len(jobs._progress) == 8
