"""The services alone: the worker's thread, batches, admission, weights, notes."""

import asyncio
import logging
import sqlite3
import threading
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot.config import ROOT
from bot.services.adder import AdderService
from bot.services.journal import Journal
from bot.services.limits import Limits
from bot.services.poet import SEED_LIMIT, PoetService
from bot.services.refusals import Busy, NoNetwork, OneAtATime, ShuttingDown
from bot.services.weights import find_weights
from bot.services.worker import Worker
from bot.store.requests import Outcome, Request
from model.errors import BadStart, CheckpointError
from model.generation import Poet
from model.requests import Poem, PoemRequest

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
async def worker() -> AsyncIterator[Worker]:
    worker = Worker("test")
    yield worker
    await worker.close()


def service(worker: Worker, folder: Path, *, queue: int = 100, batch: int = 8) -> PoetService:
    return PoetService(worker, network="auto", folder=folder, device="cpu", queue=queue, batch=batch)


@pytest.fixture
def batches(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """The size of each batch that reaches the network."""
    sizes: list[int] = []
    compose_all = Poet.compose_all

    def count(poet: Poet, requests: Sequence[PoemRequest]) -> list[Poem]:
        sizes.append(len(requests))
        return compose_all(poet, requests)

    monkeypatch.setattr(Poet, "compose_all", count)
    return sizes


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


async def test_waiting_requests_are_written_in_one_batch(worker: Worker, weights: Path, batches: list[int]) -> None:
    poet = service(worker, weights)
    await poet.compose(PoemRequest())
    poems = await asyncio.gather(*(poet.compose(PoemRequest(start="月", seed=seed)) for seed in range(13)))

    assert batches == [1, 8, 5]
    assert [poem.seed for poem in poems] == list(range(13))


async def test_a_poem_is_the_same_alone_and_in_a_batch(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    wish = PoemRequest(start="春", seed=4)
    alone = await poet.compose(wish)
    others = [poet.compose(PoemRequest(start=start)) for start in "月山风花"]
    [*_, together] = await asyncio.gather(*others, poet.compose(wish))

    assert together == alone


async def test_one_bad_request_spoils_no_other(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    wishes = [PoemRequest(start="月"), PoemRequest(start="龘", on_unknown="error"), PoemRequest(start="山")]
    first, bad, last = await asyncio.gather(*(poet.compose(wish) for wish in wishes), return_exceptions=True)

    assert isinstance(first, Poem)
    assert isinstance(bad, BadStart)
    assert isinstance(last, Poem)
    assert (first.text[0], last.text[0]) == ("月", "山")


async def test_seeds_that_are_drawn_can_be_typed_again(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    poems = await asyncio.gather(*(poet.compose(PoemRequest()) for _ in range(20)))

    assert len({poem.seed for poem in poems}) == 20
    assert all(0 <= poem.seed < SEED_LIMIT for poem in poems)


async def test_the_queue_is_bounded_and_cancelled_requests_leave_it(
    worker: Worker, weights: Path, batches: list[int]
) -> None:
    poet = service(worker, weights, queue=2)
    gate = threading.Event()
    worker.start(gate.wait)
    waiting = [asyncio.ensure_future(poet.compose(PoemRequest()))]
    await asyncio.sleep(0.05)  # it is with the worker now
    waiting += [asyncio.ensure_future(poet.compose(PoemRequest())) for _ in range(2)]
    await asyncio.sleep(0.05)
    with pytest.raises(Busy):
        await poet.compose(PoemRequest())
    waiting[1].cancel()
    gate.set()
    done = await asyncio.gather(*waiting, return_exceptions=True)

    assert [isinstance(poem, Poem) for poem in done] == [True, False, True]
    assert batches == [1, 1]


async def test_a_batch_of_cancelled_requests_is_none(worker: Worker, weights: Path, batches: list[int]) -> None:
    poet = service(worker, weights)
    gate = threading.Event()
    worker.start(gate.wait)
    first = asyncio.ensure_future(poet.compose(PoemRequest()))
    await asyncio.sleep(0.05)
    later = [asyncio.ensure_future(poet.compose(PoemRequest())) for _ in range(3)]
    await asyncio.sleep(0.05)
    for request in later:
        request.cancel()
    gate.set()

    assert isinstance(await first, Poem)
    await asyncio.gather(*later, return_exceptions=True)
    assert batches == [1]


async def test_a_request_cancelled_in_the_worker_does_no_harm(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    gate = threading.Event()
    worker.start(gate.wait)
    cancelled = asyncio.ensure_future(poet.compose(PoemRequest()))
    await asyncio.sleep(0.05)
    cancelled.cancel()
    gate.set()

    assert isinstance(await poet.compose(PoemRequest()), Poem)


async def test_closing_finishes_the_batch_and_tells_who_waits(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights, batch=1)
    gate = threading.Event()
    worker.start(gate.wait)
    first, second, third = (asyncio.ensure_future(poet.compose(PoemRequest())) for _ in range(3))
    await asyncio.sleep(0.05)
    third.cancel()
    closing = asyncio.ensure_future(poet.close())
    await asyncio.sleep(0.05)
    gate.set()
    await closing

    assert isinstance(await first, Poem)
    with pytest.raises(ShuttingDown):
        await second
    with pytest.raises(ShuttingDown):
        await poet.compose(PoemRequest())


async def test_a_worker_that_is_gone_is_told_to_all(worker: Worker, weights: Path) -> None:
    other = Worker("other")
    await other.close()
    poet = service(other, weights)

    with pytest.raises(ShuttingDown):
        await poet.compose(PoemRequest())


async def test_missing_weights_are_looked_for_again(
    worker: Worker, weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    poet = service(worker, tmp_path)
    poet.warm_up()
    with pytest.raises(NoNetwork) as refused:
        await poet.compose(PoemRequest())
    assert "No poems until this is mended" in caplog.text
    assert str(tmp_path) in str(refused.value.values["reason"])

    (tmp_path / "gru.safetensors").write_bytes((weights / "gru.safetensors").read_bytes())
    poem = await poet.compose(PoemRequest())

    assert poet.in_use is not None
    assert (poet.in_use.name, poet.in_use.weights) == ("gru", poem.weights)


async def test_damaged_weights_are_told(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "gru.safetensors").write_bytes(b"not weights")
    poet = PoetService(worker, network="gru", folder=tmp_path, device="cpu", queue=1, batch=1)

    with pytest.raises(NoNetwork):
        await poet.compose(PoemRequest())


async def test_an_unforeseen_fault_while_warming_up_is_logged(
    worker: Worker, weights: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any, **__: Any) -> Poet:
        raise MemoryError

    monkeypatch.setattr(Poet, "load", fail)
    poet = service(worker, weights)
    poet.warm_up()
    await worker.run(lambda: None)

    assert "could not be loaded" in caplog.text


async def test_the_adder_adds_and_is_bounded(worker: Worker, weights: Path) -> None:
    adder = AdderService(worker, adder="adder", folder=weights, queue=1)
    first = asyncio.ensure_future(adder.add(["99", "1"]))
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await adder.add(["1", "1"])

    assert (await first).text == "100"
    assert (await adder.add(["1", "1"])).text == "2"


def test_weights_are_found_by_name_path_or_loss(weights: Path, tmp_path: Path) -> None:
    assert find_weights("auto", weights) == weights / "gru.safetensors"
    assert find_weights("lstm", weights) == weights / "lstm.safetensors"
    assert find_weights("else/where.safetensors", weights) == ROOT / "else/where.safetensors"
    assert find_weights(str(tmp_path / "x.safetensors"), weights) == tmp_path / "x.safetensors"
    with pytest.raises(CheckpointError, match=str(tmp_path)):
        find_weights("auto", tmp_path)


def test_a_person_asks_for_one_thing_at_a_time() -> None:
    limits = Limits()
    with limits.one_at_a_time(1):
        with limits.one_at_a_time(2):
            pass
        with pytest.raises(OneAtATime), limits.one_at_a_time(1):
            pass
    with pytest.raises(ZeroDivisionError), limits.one_at_a_time(1):
        raise ZeroDivisionError
    with limits.one_at_a_time(1):
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
    journal = Journal(Notes(sqlite3.OperationalError("disk full")))  # type: ignore[arg-type]
    journal.begin(request(1))
    journal.finish(Outcome(1, "done", NOW))
    await asyncio.wait_for(journal.idle(), 1)
    await journal.close()

    assert "Could not note" in caplog.text
