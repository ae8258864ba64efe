"""Jobs and the bots that come and go beside them: what is taken over, and what is not done twice."""

import asyncio
import os
import signal

from bot.store.jobs import ENDED, State
from tests.bot.services.jobs.conftest import ME, NOW, Place, order


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
