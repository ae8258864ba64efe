"""Work is shared out among threads, whole and in order, and never twice."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import threads
from model.threads import Shares, share_among, work_alone


@pytest.fixture(autouse=True)
def _other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_thread", threading.local())


@given(st.integers(0, 60), st.integers(1, 20), st.integers(1, 20), st.integers(1, 4))
def test_shares_make_up_the_whole(count: int, fewest: int, more: int, allowed: int) -> None:
    most = fewest + more
    done = Shares(fewest, most, allowed).do(lambda share: range(count)[share], count)
    assert [number for share in done for number in share] == list(range(count))
    assert all(0 < len(share) <= most for share in done)
    assert len(done) <= max(1, allowed, -(-count // most))
    assert len(done) <= 1 or count >= fewest


def test_shares_are_worked_on_side_by_side_and_share_out_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    share_among(2)
    monkeypatch.setattr(threads, "_helpers", cache(lambda: ThreadPoolExecutor(2, initializer=work_alone)))
    meeting = threading.Barrier(2)

    def work(share: slice) -> tuple[slice, list[str]]:
        meeting.wait(10)
        inner = Shares(1, 9, 2).do(lambda _: threading.current_thread().name, 9)
        return share, [threading.current_thread().name, *inner]

    found = Shares(4, 8, 2).do(work, 8)
    assert [share for share, _ in found] == [slice(0, 4), slice(4, 8)]
    assert all(inner == [outer] for _, (outer, *inner) in found)
    assert len({outer for _, (outer, *_) in found}) == 2


def test_a_thread_among_others_shares_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_helpers", lambda: pytest.fail("another thread was called"))
    work_alone()
    assert Shares(1, 4).do(lambda share: share, 8) == [slice(0, 4), slice(4, 8)]


def test_errors_reach_the_caller() -> None:
    def fail(share: slice) -> None:
        raise ValueError(share.start)

    with pytest.raises(ValueError, match="0"):
        Shares(1, 1).do(fail, 4)
