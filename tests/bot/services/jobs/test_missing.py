"""Jobs for which something is missing: a corpus, weights, room on the disk."""

import os
import signal
from pathlib import Path

import pytest

from bot.services.refusals import Forgotten
from bot.store.jobs import ENDED, Order, State
from tests.bot.services.jobs.conftest import ME, NOW, Place, order


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
