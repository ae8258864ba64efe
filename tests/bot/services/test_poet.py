"""The poem service alone: batches, admission, cancellation, weights that are not there."""

import asyncio
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bot.services.poet import Gap, PoetService
from bot.services.queue import Room
from bot.services.refusals import Busy, GivenUp, NoNetwork, ServerBusy, ShuttingDown
from bot.services.worker import Worker
from model.errors import BadStart
from model.forms import Form
from model.generation import Poet
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from tests.bot.support import settled


def service(worker: Worker, folder: Path, *, queue: int = 100, server_queue: int = 100, batch: int = 8) -> PoetService:
    return PoetService(worker, network="auto", folder=folder, device="cpu", room=Room(queue, server_queue), batch=batch)


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


async def test_waiting_requests_are_written_in_one_batch(worker: Worker, weights: Path, batches: list[int]) -> None:
    poet = service(worker, weights)
    await poet.compose(PoemRequest())
    poems = await asyncio.gather(*(poet.compose(PoemRequest(start="月", seed=seed)) for seed in range(13)))

    assert batches == [1, 8, 5]
    assert [poem.seed for poem in poems] == list(range(13))


async def test_candidates_are_fewer_the_more_requests_wait(worker: Worker, weights: Path) -> None:
    poet = PoetService(
        worker,
        network="auto",
        folder=weights,
        device="cpu",
        room=Room(100, 100),
        batch=4,
        tiers=[(1, 8), (3, 4), (6, 2)],
    )
    wish = PoemRequest(candidates=16)
    alone = await poet.compose(wish)
    poems = await asyncio.gather(*(poet.compose(wish) for _ in range(7)), poet.compose(PoemRequest(candidates=1)))

    assert alone.request.candidates == 16
    # Eight wait, then four.
    assert [poem.request.candidates for poem in poems] == [2, 2, 2, 2, 4, 4, 4, 1]


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


async def test_one_bad_poem_to_be_mended_spoils_no_other(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    lines = ["山月风花春", "江水云天日"] * 2
    bad, good = await asyncio.gather(
        poet.suggest(lines, Form.WUJUE, [Gap(99, 0)]),
        poet.suggest(lines, Form.WUJUE, [Gap(0, 0)]),
        return_exceptions=True,
    )

    assert isinstance(bad, IndexError)
    assert isinstance(good, list)


async def test_seeds_that_are_drawn_can_be_typed_again(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    poems = await asyncio.gather(*(poet.compose(PoemRequest()) for _ in range(20)))

    assert len({poem.seed for poem in poems}) == 20
    assert all(0 <= poem.seed < DRAWN_SEEDS for poem in poems)


async def test_the_queue_is_bounded_and_cancelled_requests_leave_it(
    worker: Worker, weights: Path, batches: list[int], gate: threading.Event
) -> None:
    poet = service(worker, weights, queue=2)
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


async def test_a_busy_server_holds_up_no_quiet_one(worker: Worker, weights: Path, gate: threading.Event) -> None:
    poet = service(worker, weights, server_queue=3, batch=1)
    order: list[int] = []

    async def compose(seed: int, server: int) -> None:
        order.append((await poet.compose(PoemRequest(seed=seed), server)).seed)

    busy = [asyncio.ensure_future(compose(0, 1))]
    await asyncio.sleep(0.05)  # it is with the worker now
    busy += [asyncio.ensure_future(compose(seed, 1)) for seed in (1, 2, 3)]
    await asyncio.sleep(0.05)
    with pytest.raises(ServerBusy):
        poet.admit(1)
    quiet = asyncio.ensure_future(compose(100, 2))
    await asyncio.sleep(0.05)
    gate.set()
    await asyncio.gather(*busy, quiet)

    assert order == [0, 1, 100, 2, 3]


async def test_a_request_that_is_given_up_is_never_written(
    worker: Worker, weights: Path, wishes: list[PoemRequest], gate: threading.Event
) -> None:
    poet = service(worker, weights, queue=2, batch=1)
    first = poet.enter(PoemRequest(seed=1))
    await asyncio.sleep(0.05)
    second, third = poet.enter(PoemRequest(seed=2)), poet.enter(PoemRequest(seed=3))
    assert (second.place, third.place) == (0, 1)

    assert second.give_up()
    assert not second.give_up()
    assert third.place == 0
    poet.admit()
    assert not first.give_up()
    gate.set()

    with pytest.raises(GivenUp):
        await second.answer
    assert (await first.answer).seed == 1
    assert (await third.answer).seed == 3
    assert [wish.seed for wish in wishes] == [1, 3]
    assert not third.give_up()


async def test_a_batch_of_cancelled_requests_is_none(
    worker: Worker, weights: Path, batches: list[int], gate: threading.Event
) -> None:
    poet = service(worker, weights)
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


async def test_a_request_cancelled_in_the_worker_does_no_harm(
    worker: Worker, weights: Path, gate: threading.Event
) -> None:
    poet = service(worker, weights)
    cancelled = asyncio.ensure_future(poet.compose(PoemRequest()))
    await asyncio.sleep(0.05)
    cancelled.cancel()
    gate.set()

    assert isinstance(await poet.compose(PoemRequest()), Poem)


async def test_closing_finishes_the_batch_and_tells_who_waits(
    worker: Worker, weights: Path, gate: threading.Event
) -> None:
    poet = service(worker, weights, batch=1)
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
    await poet.ready()  # whoever asks need not wait for what is opened beside it
    assert "No poems until this is mended" in caplog.text
    assert str(tmp_path) in str(refused.value.values["reason"])

    (tmp_path / "gru.safetensors").write_bytes((weights / "gru.safetensors").read_bytes())
    poem = await poet.compose(PoemRequest())

    assert poet.in_use is not None
    assert (poet.in_use.name, poet.in_use.weights) == ("gru", poem.weights)


async def test_the_next_best_writes_where_the_best_is_damaged(
    worker: Worker, weights: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    whole = (weights / "gru.safetensors").read_bytes()
    (tmp_path / "second.safetensors").write_bytes(whole)
    # Equal by its header; the tensors are what is wrong with it.
    (tmp_path / "best.safetensors").write_bytes(whole[:-64] + bytes(byte ^ 0xFF for byte in whole[-64:]))
    poet = service(worker, tmp_path)
    await poet.compose(PoemRequest())
    await poet.compose(PoemRequest())

    assert poet.in_use is not None
    assert poet.in_use.name == "second"
    [warning] = [record for record in caplog.records if record.levelname == "WARNING"]
    assert "passed over: " in warning.message
    assert "best.safetensors" in warning.message


async def test_damaged_weights_are_told(worker: Worker, tmp_path: Path) -> None:
    (tmp_path / "gru.safetensors").write_bytes(b"not weights")
    poet = PoetService(worker, network="gru", folder=tmp_path, device="cpu", room=Room(1, 1), batch=1)

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
    await settled(worker)

    assert "could not be loaded" in caplog.text


async def test_what_is_loaded_is_known_at_once_however_many_wait_for_poems(worker: Worker, weights: Path) -> None:
    poet = service(worker, weights)
    poet.warm_up()
    await poet.ready()
    assert poet.in_use is not None
    gate = threading.Event()
    worker.start(gate.wait)
    try:
        async with asyncio.timeout(5):
            await poet.ready()
    finally:
        gate.set()


async def test_whoever_no_longer_waits_for_the_network_does_not_keep_it_from_the_others(
    worker: Worker, weights: Path, gate: threading.Event
) -> None:
    poet = service(worker, weights)
    poet.warm_up()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await poet.ready()
    gate.set()
    await poet.ready()
    assert poet.in_use is not None
