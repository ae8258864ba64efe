"""The benchmarks of load and growth: what they count, and what they say of it."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.growth import exponent, in_databases, in_the_queue, plotted, under_limits
from benchmarks.load import ECHO, POET, TRAINING, Run, shown, training, verdicts
from loopback.crowd import Said, Wait
from loopback.people import Asked, Channel, Context, Person

SOMEBODY, SOMEWHERE = Person("somebody"), Channel("", Context.WITH_THE_BOT)


def waits(count: int, seconds: float, said: Said = Said.ANSWER) -> list[Wait]:
    told = None if said is Said.THINKING else seconds
    return [Wait(Asked(SOMEBODY, SOMEWHERE, 2, {}), 0.0, seconds, told, told, said) for _ in range(count)]


def run(*groups: list[Wait]) -> Run:
    return Run("", [wait for group in groups for wait in group], 10.0, 0.1, 100.0)


def test_a_percentile_is_that_of_the_people() -> None:
    some = run(waits(90, 1.0), waits(10, 5.0))

    assert [some.at("deferred", share) for share in (0.5, 0.89, 0.95, 1.0)] == [1.0, 1.0, 5.0, 5.0]


def test_whoever_hears_nothing_is_lost_and_makes_the_wait_endless() -> None:
    some = run(waits(99, 1.0), waits(1, 1.0, Said.THINKING))

    assert (some.lost, some.refused) == (1, 0)
    assert some.at("told", 1.0) == float("inf")
    assert run(waits(3, 1.0, Said.PRIVATELY)).refused == 3
    assert shown(some)[-3:] == ["0 · 0 · 1", "0.10", "100"]


@pytest.mark.parametrize(
    ("poet", "as_asked"),
    [
        (run(waits(200, 0.29)), [True, True, True]),
        (run(waits(200, 0.31)), [False, True, True]),
        (run(waits(199, 0.2), waits(1, 3.5)), [True, False, False]),
        (run(waits(199, 0.2), waits(1, 0.2, Said.THINKING)), [True, False, False]),
    ],
)
def test_the_verdicts_are_those_of_the_figures(poet: Run, as_asked: list[bool]) -> None:
    runs = {ECHO: [run(waits(200, 0.1))], POET: [poet], TRAINING: [run(waits(200, 2.9))]}

    assert [good for _, _, good in verdicts(runs)] == as_asked


@given(st.floats(-2, 3), st.floats(0.001, 1e3))
def test_the_exponent_of_a_power_is_found(power: float, cost: float) -> None:
    curve = {size: cost * size**power for size in (10, 100, 1_000)}

    assert exponent(curve) == pytest.approx(power, abs=1e-9)


async def test_every_curve_is_measured_and_drawn(tmp_path: Path) -> None:
    stored = await in_databases((100, 200), 4, tmp_path)
    people = {"queue": {count: in_the_queue(count) for count in (1, 2)}}
    people["limits"] = {count: await under_limits(count) for count in (1, 2)}
    plotted({"poems": stored, "people": people}, tmp_path / "growth.png")

    assert all(list(curve) == [100, 200] and min(curve.values()) > 0 for curve in stored.values())
    assert (tmp_path / "growth.png").read_bytes().startswith(b"\x89PNG")


async def test_a_network_trains_beside_the_crowd() -> None:
    async with asyncio.timeout(120), training():
        pass
