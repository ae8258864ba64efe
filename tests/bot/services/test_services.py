"""The services alone: the worker's thread, batches, admission, weights, notes."""

import asyncio
import logging
import sqlite3
import sys
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest

from bot.config import ROOT
from bot.services.adder import AdderService
from bot.services.journal import Journal
from bot.services.limits import Limits
from bot.services.queue import Room
from bot.services.refusals import Busy, OneAtATime, ServerBusy, ShuttingDown
from bot.services.weights import named_weights, poem_weights
from bot.services.worker import Worker
from bot.store.requests import Outcome, Request
from model.errors import BadNumber, CheckpointError
from tests.bot.support import settled

NOW = datetime(2026, 1, 1, tzinfo=UTC)


async def test_the_worker_works_in_one_other_thread(worker: Worker) -> None:
    threads = {await worker.run(threading.get_ident) for _ in range(3)}

    assert len(threads) == 1
    assert threading.get_ident() not in threads


async def test_the_worker_passes_errors_on_and_goes_on(worker: Worker) -> None:
    with pytest.raises(ZeroDivisionError):
        await worker.run(lambda: 1 // 0)
    assert await worker.run(lambda: 3) == 3


async def test_a_job_nobody_waits_for_any_more_is_left_out(worker: Worker) -> None:
    gate = threading.Event()
    done: list[str] = []
    first = asyncio.ensure_future(worker.run(gate.wait))
    second = asyncio.ensure_future(worker.run(lambda: done.append("second")))
    await asyncio.sleep(0.05)
    first.cancel()
    second.cancel()
    gate.set()

    assert await worker.run(lambda: "third") == "third"
    assert not done


async def test_a_closed_worker_takes_no_more() -> None:
    worker = Worker("test")
    slow = asyncio.ensure_future(worker.run(lambda: threading.Event().wait(0.1)))
    await asyncio.sleep(0)
    await worker.close()

    assert slow.done()
    with pytest.raises(ShuttingDown):
        await worker.run(lambda: 1)


async def test_who_asks_comes_before_what_is_loaded_ahead(worker: Worker, gate: threading.Event) -> None:
    done: list[str] = []
    worker.prepare(lambda: done.append("ahead"))
    asked = [asyncio.create_task(worker.run(partial(done.append, name))) for name in ("first", "second")]
    ended = asyncio.create_task(settled(worker))
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*asked, ended)
    assert done == ["first", "second", "ahead"]


def test_an_answer_after_the_loop_has_ended_is_dropped() -> None:
    gate, ended = threading.Event(), threading.Event()

    async def leave() -> Worker:
        worker = Worker("test")
        worker.start(gate.wait)
        return worker

    worker = asyncio.run(leave())
    gate.set()

    async def close() -> None:
        await worker.close()
        ended.set()

    asyncio.run(close())
    assert ended.is_set()


async def test_the_adder_adds_and_is_bounded(worker: Worker, weights: Path, gate: threading.Event) -> None:
    adder = AdderService(worker, adder="adder", folder=weights, room=Room(2, 1))
    first = adder.enter(["99", "1"], 1)
    await asyncio.sleep(0)
    second = adder.enter(["1", "1"], 1)
    with pytest.raises(ServerBusy):
        adder.admit(1)
    third = adder.enter(["x", "1"], 2)
    with pytest.raises(Busy):
        adder.enter(["2", "2"], 3)
    gate.set()

    assert (await first.answer).addition.text == "100"
    assert (await second.answer).addition.text == "2"
    with pytest.raises(BadNumber):
        await third.answer


async def test_an_adder_that_closes_tells_who_waits(worker: Worker, weights: Path) -> None:
    adder = AdderService(worker, adder="adder", folder=weights, room=Room(2, 1))
    waiting = adder.enter(["99", "1"], 1)
    await adder.close()

    with pytest.raises(ShuttingDown):
        await waiting.answer
    with pytest.raises(ShuttingDown):
        adder.admit(1)


def test_weights_are_found_by_name_path_or_loss(weights: Path, tmp_path: Path) -> None:
    assert poem_weights("auto", weights)[0] == weights / "gru.safetensors"
    assert poem_weights("lstm", weights) == [weights / "lstm.safetensors"]
    assert named_weights("lstm", weights) == weights / "lstm.safetensors"
    assert named_weights("else/where.safetensors", weights) == ROOT / "else/where.safetensors"
    assert named_weights(str(tmp_path / "x.safetensors"), weights) == tmp_path / "x.safetensors"
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        poem_weights("auto", tmp_path)


async def test_a_person_asks_for_one_thing_at_a_time() -> None:
    limits = Limits(person_per_minute=1, server_per_minute=1)
    async with limits.one_at_a_time(1, NOW):
        async with limits.one_at_a_time(2, NOW):
            pass
        with pytest.raises(OneAtATime):
            async with limits.one_at_a_time(1, NOW):
                pass
    with pytest.raises(ZeroDivisionError):
        async with limits.one_at_a_time(1, NOW):
            raise ZeroDivisionError
    async with limits.one_at_a_time(1, NOW):
        pass


class Notes:
    """What the journal would have stored."""

    def __init__(self, fault: Exception | None = None) -> None:
        self.fault = fault
        self.written: list[tuple[int, int]] = []

    async def write(self, requests: Sequence[Request], outcomes: Sequence[Outcome]) -> None:
        await asyncio.sleep(0.01)
        if self.fault is not None:
            raise self.fault
        self.written.append((len(requests), len(outcomes)))


def request(number: int) -> Request:
    return Request(number, 1, None, None, "poem", {}, "en-US", NOW)


async def test_notes_of_many_requests_go_together() -> None:
    notes = Notes()
    journal = Journal(notes)  # type: ignore[arg-type]
    journal.begin(request(1))
    await asyncio.sleep(0.001)
    for number in range(2, 10):
        journal.begin(request(number))
    for number in range(1, 10):
        journal.finish(Outcome(number, "done", NOW))
    journal.finish(Outcome(1, "again", NOW))
    journal.finish(Outcome(99, "unknown", NOW))
    await journal.idle()
    await journal.close()
    await journal.close()

    assert notes.written == [(1, 0), (8, 9)]


async def test_notes_that_cannot_be_written_hold_nobody_up(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    notes = Notes(sqlite3.IntegrityError("never to be stored"))
    journal = Journal(notes)  # type: ignore[arg-type]
    journal.begin(request(1))
    journal.finish(Outcome(1, "done", NOW))
    await asyncio.wait_for(journal.idle(), 1)
    await journal.close()
    assert "Could not note" in caplog.text

    notes.fault = None
    await journal.close()
    assert not notes.written


async def test_notes_wait_for_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.services.journal.MOST_KEPT", 3)
    notes = Notes(sqlite3.OperationalError("database or disk is full"))
    journal = Journal(notes)  # type: ignore[arg-type]
    for number in range(5):
        journal.begin(request(number))
        journal.finish(Outcome(number, "done", NOW))
    await asyncio.wait_for(journal.close(), 1)
    assert not notes.written

    notes.fault = None
    journal.begin(request(5))
    await journal.close()
    assert notes.written == [(4, 3)]


async def test_what_reads_chinese_numerals_is_loaded_at_the_start(
    worker: Worker, weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "cn2an", raising=False)
    AdderService(worker, adder="none", folder=weights, room=Room(1, 1)).warm_up()
    await settled(worker)

    assert "cn2an" in sys.modules


async def test_an_adder_that_is_missing_or_faulty_is_logged_at_the_start(
    worker: Worker, weights: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = AdderService(worker, adder="none", folder=weights, room=Room(1, 1))
    missing.warm_up()
    await settled(worker)
    assert "No sums until this is mended" in caplog.text

    def fail(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("model.addition.Adder.load", fail)
    faulty = AdderService(worker, adder="adder", folder=weights, room=Room(1, 1))
    faulty.warm_up()
    await settled(worker)
    assert "could not be loaded" in caplog.text
    assert (missing.in_use, faulty.in_use) == (None, None)
