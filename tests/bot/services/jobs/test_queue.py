"""The queue of jobs with real processes that learn nothing: every state, and every way to end."""

import os
import signal

import pytest

from bot.services.jobs import process as processes
from bot.services.jobs.jobs import MOST_STARTS, NoSuchJob, NotNow
from bot.services.refusals import Forgotten
from bot.store.jobs import ENDED, FOLLOWS, Order, State
from model import checkpoint
from tests.bot.services.jobs.conftest import ME, NOW, Place, order
from tests.model.learning import header_of, poet


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


async def test_the_next_waits_until_the_last_is_judged(place: Place) -> None:
    """Both take all of a small machine."""
    jobs = place.bot()
    first, second = [await jobs.add(order(how), ME, NOW) for how in ("finish", "wait")]
    await place.until_state(jobs, State.JUDGING, job_id=first)
    for _ in range(2):
        assert await jobs.look(NOW)
    assert (await place.job(second)).state is State.QUEUED
    assert await place.store.before(second) == 1
    await jobs.judge(NOW)
    await place.until_waiting(jobs, second)
    assert (await place.job(first)).state is State.DONE


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


async def test_what_is_done_keeps_no_checkpoint(place: Place) -> None:
    jobs = place.bot()
    await jobs.add(order(), ME, NOW)
    job = await place.until_state(jobs, State.JUDGING)
    checkpoint_file = jobs.folder(job.id).checkpoint
    checkpoint_file.touch()
    await jobs.judge(NOW)
    assert not checkpoint_file.exists()
    assert jobs.folder(job.id).log.path.exists()


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
