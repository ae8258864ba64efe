"""Where the states of a sum lie."""

from pathlib import Path

import numpy as np
import pytest

from model.addition import Adder
from model.addition.adder import CHUNK_COLUMNS
from model.addition.state_map import MOST_POINTS, Directions, sample
from model.shipped import SHIPPED
from tests.conftest import write_adder


@pytest.fixture(scope="module")
def adder() -> Adder:
    return Adder.load(SHIPPED / "adder.safetensors")


def directions_of(adder: Adder) -> Directions:
    return Directions.of(adder._network)


def test_directions_are_orthonormal_and_the_strongest(adder: Adder) -> None:
    found = directions_of(adder)
    centred = found.others.plane

    assert found.plane.T @ found.plane == pytest.approx(np.eye(2), abs=1e-12)
    assert centred.mean(axis=0) == pytest.approx(0, abs=1e-9)
    first, second = centred.var(axis=0)
    assert first >= second
    assert centred[:, 0] @ centred[:, 1] == pytest.approx(0, abs=1e-6)
    rest = np.random.default_rng(0).normal(size=(20, len(found.middle)))
    rest /= np.linalg.norm(rest, axis=1)[:, None]
    states = found.others.plane @ found.plane.T  # no direction within the plane is stronger than the first
    assert ((states @ rest.T).var(axis=0) <= first + 1e-9).all()
    assert 0 < found.plane_share < 1


def test_what_is_handed_on_tells_the_carry_and_points_to_it(adder: Adder) -> None:
    found = directions_of(adder)
    carried = found.others.carries == 1

    assert found.handed_share > 0.99
    assert found.others.handed[carried].min() > found.others.handed[~carried].max()
    assert found.others.plane[carried, 0].mean() > found.others.plane[~carried, 0].mean()


def test_a_sum_has_a_point_for_each_column_that_one_writes(adder: Adder) -> None:
    addition = adder.add("0999", "2")
    states = adder.state_map(addition)

    assert states.total == len(states.own.columns) == 4
    assert states.own.digits.tolist() == [1, 0, 0, 1]
    assert states.own.carries.tolist() == list(addition.carries[:4]) == [1, 1, 1, 0]
    assert len(adder.state_map(adder.add("999", "2")).own.columns) == 4


@pytest.mark.parametrize("length", [1, MOST_POINTS, MOST_POINTS + 1, CHUNK_COLUMNS, CHUNK_COLUMNS * 2 + 5])
def test_of_long_sums_some_columns_are_shown_the_first_and_the_last_among_them(adder: Adder, length: int) -> None:
    addition = adder.add("1" * length, "2")
    states = adder.state_map(addition)

    assert states.total == length
    assert len(states.own.columns) == min(length, MOST_POINTS)
    assert (states.own.columns[0], states.own.columns[-1]) == (0, length - 1)
    assert states.own.digits.tolist() == [addition.digits[column] for column in states.own.columns]
    assert states.own.carries.tolist() == [addition.carries[column] for column in states.own.columns]


def test_samples_are_spread_evenly() -> None:
    steps = np.diff(sample(10 * MOST_POINTS))

    assert steps.min() >= 9
    assert steps.max() <= 11


def test_without_recurrence_nothing_is_handed_on(tmp_path: Path) -> None:
    write_adder(tmp_path / "flat.safetensors", carries=False)
    found = directions_of(Adder.load(tmp_path / "flat.safetensors"))

    assert found.handed_share == 0
    assert not found.others.handed.any()
