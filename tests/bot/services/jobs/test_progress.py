"""How far a training is, by its events."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.services.jobs import Progress
from bot.services.jobs.progress import RECENT_SECONDS
from model.run_log import counting

BEGIN = {"event": "begin", "step": 0, "epoch": 0, "steps": 100, "epochs": 4, "unit": "characters", "at": 0.0}


def told(*events: dict[str, Any]) -> Progress:
    progress = Progress()
    for number, event in enumerate(events):
        progress.take({"at": float(number), **event})
    return progress


def step(number: int, **values: Any) -> dict[str, Any]:
    return {"event": "progress", "step": number, "loss": 1.0, "characters_per_second": 7} | values


def test_nothing_is_known_before_the_first_event() -> None:
    progress = told()
    assert (progress.share, progress.left, progress.sample, progress.best, progress.found_at) == (
        0,
        None,
        "",
        None,
        None,
    )
    assert progress.latest("loss") is None


def test_a_training_is_followed() -> None:
    epoch = {"event": "epoch", "step": 20, "epoch": 1, "loss": 2.5, "sample": "月\n山"}
    progress = told(
        {"event": "stage", "stage": "loading"},
        {"event": "stage", "stage": "reading"},
        BEGIN | {"at": 2.0},
        step(10),
        step(20),
        epoch,
        epoch | {"step": 40, "epoch": 2, "loss": 3.0, "sample": "风"},
        {"event": "tick", "step": 50},
        {"event": "odd"},
    )
    assert (progress.stage, progress.step, progress.epoch, progress.epochs) == ("training", 50, 2, 4)
    assert progress.share == 0.5
    assert progress.speed == 7
    assert (progress.best, progress.latest("loss"), progress.sample) == (2.5, 3.0, "风")
    # 50 steps from second 2 to second 7.
    assert progress.left == timedelta(seconds=5)


def test_the_time_left_follows_the_last_minutes() -> None:
    slow = [step(number, at=number * 1000.0) for number in range(1, 5)]
    quick = [step(4 + number, at=4000.0 + number) for number in range(1, 7)]
    assert told(BEGIN, *slow).left is None
    progress = told(BEGIN, *slow, *quick)
    assert RECENT_SECONDS < 1000
    assert progress.left == timedelta(seconds=90)


def test_a_process_that_comes_later_has_an_end_of_its_own() -> None:
    end = {"event": "end", "outcome": "stopped"}
    assert told(BEGIN, end).end is not None
    progress = told(BEGIN, step(10), end, {"event": "stage", "stage": "loading"})
    assert progress.end is None
    assert progress.left is None


@pytest.mark.parametrize(("handed", "found"), [((0.1, 0.94), None), ((0.1, 0.95, 1.0), 2), ((1.0,), 1)])
def test_the_moment_of_the_carry(handed: tuple[float, ...], found: int | None) -> None:
    epochs = [
        {"event": "epoch", "step": number, "epoch": number, "loss": 1.0, "sample": "", "handed": share}
        for number, share in enumerate(handed, 1)
    ]
    assert told(BEGIN, *epochs).found_at == found


events = st.one_of(
    st.builds(step, st.integers(1, 9)),
    st.builds(
        lambda number, epoch: {"event": "epoch", "step": number, "epoch": epoch, "loss": 1.0, "sample": ""},
        st.integers(1, 9),
        st.integers(1, 3),
    ),
    st.builds(lambda number, epoch: BEGIN | {"step": number, "epoch": epoch}, st.integers(0, 9), st.integers(0, 3)),
)


@given(st.lists(events, max_size=12))
def test_event_by_event_is_as_all_at_once(some: list[dict[str, Any]]) -> None:
    progress, kept = told(*some), counting([{"at": float(number), **event} for number, event in enumerate(some)])

    assert progress.losses == [event for event in kept if event["event"] == "progress"]
    assert progress.closed == [event for event in kept if event["event"] == "epoch"]
