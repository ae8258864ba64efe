"""Work is shared out among threads, whole and in order, and never twice."""

import threading
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model import threads
from model.threads import in_parts, share_among, work_alone


@pytest.fixture(autouse=True)
def _other_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_thread", threading.local())


@given(st.integers(0, 60), st.integers(1, 20), st.integers(1, 20), st.integers(1, 4))
def test_parts_make_up_the_whole(count: int, fewest: int, more: int, allowed: int) -> None:
    most = fewest + more
    parts = in_parts(lambda part: range(count)[part], count, fewest=fewest, most=most, threads=allowed)
    assert [number for part in parts for number in part] == list(range(count))
    assert all(0 < len(part) <= most for part in parts)
    assert len(parts) <= max(1, allowed, -(-count // most))
    assert len(parts) <= 1 or count >= fewest


def test_parts_are_done_side_by_side_and_share_out_no_more() -> None:
    share_among(2)
    meeting = threading.Barrier(2)

    def work(part: slice) -> tuple[slice, list[str]]:
        meeting.wait(10)
        names = in_parts(lambda _: threading.current_thread().name, 9, fewest=1, most=9)
        return part, [threading.current_thread().name, *names]

    threads._helpers.cache_clear()
    try:
        found = in_parts(work, 8, fewest=4, most=8, threads=2) if threads.THREADS > 1 else []
    finally:
        threads._helpers.cache_clear()
    assert [part for part, _ in found] in ([], [slice(0, 4), slice(4, 8)])
    for _, (outer, *inner) in found:
        assert inner == [outer]


def test_a_thread_among_others_shares_nothing_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "_helpers", lambda: pytest.fail("another thread was called"))
    work_alone()
    assert in_parts(lambda part: part, 8, fewest=1, most=4) == [slice(0, 4), slice(4, 8)]


def test_errors_reach_the_caller() -> None:
    def fail(part: slice) -> None:
        time.sleep(0.001)
        raise ValueError(part.start)

    with pytest.raises(ValueError, match="0"):
        in_parts(fail, 4, fewest=1, most=1)
