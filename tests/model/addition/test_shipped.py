"""What the weights that come with the project can do, and what their cards say."""

import hashlib
from itertools import permutations

import numpy as np
import pytest

from model.addition import Adder
from model.addition.command import ADDERS, PROVEN
from model.addition.evaluation import judge
from model.addition.pairs import draw_numbers, repeated_columns
from model.shipped import SHIPPED, ranked_weights


@pytest.fixture(scope="module", params=PROVEN)
def shipped(request: pytest.FixtureRequest) -> Adder:
    return Adder.load(SHIPPED / f"{request.param}.safetensors")


def test_the_first_sum_anyone_types() -> None:
    addition = Adder.load(SHIPPED / "adder.safetensors").add("123", "456")
    assert addition.text == "579"
    assert addition.correct
    assert addition.carries == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("a", "b"),
    [("0", "0"), ("9", "9"), ("999999999", "1"), ("999999999", "999999999"), ("7", "000"), ("9" * 1000, "1")],
)
def test_hard_numbers(shipped: Adder, a: str, b: str) -> None:
    addition = shipped.compute(*(a, b, b)[: shipped.operation.operands])
    assert addition.correct
    assert addition.text == addition.expected


def test_every_pair_of_columns(shipped: Adder) -> None:
    tuples = shipped.operation.tuples()
    random = np.random.default_rng(0)
    first = np.repeat(np.arange(len(tuples)), 100 if len(tuples) == 100 else 20)
    second = np.tile(np.arange(100), 100) if len(tuples) == 100 else random.integers(0, 1000, len(first))
    columns = np.zeros((3, len(first), tuples.shape[1]), dtype=np.uint8)
    columns[0], columns[1] = tuples[first], tuples[second]
    verdict = judge(shipped._network, columns)
    assert verdict.exact == verdict.sums
    assert verdict.carries == 1.0


def test_ten_thousand_numbers_of_the_exercises_test_range(shipped: Adder) -> None:
    random = np.random.Generator(np.random.Philox(7))
    verdict = judge(shipped._network, draw_numbers(random, shipped.operation, 10_000, 555_555_555, 10**9))
    assert verdict.exact == 10_000
    assert verdict.carries == 1.0


def test_one_column_over_and_over(shipped: Adder) -> None:
    verdict = judge(shipped._network, repeated_columns(shipped.operation, 50))
    assert verdict.exact == verdict.sums


def test_three_numbers_are_added_in_any_order() -> None:
    adder = Adder.load(SHIPPED / "adder-3.safetensors")
    assert adder.add("5", "7", "9").text == "21"
    for order in permutations(("999", "27", "80000")):
        addition = adder.add(*order)
        assert addition.text == "81026"
        assert addition.margins == pytest.approx(adder.add("999", "27", "80000").margins)


@pytest.mark.parametrize("name", PROVEN)
def test_what_is_proven_has_room_to_spare(name: str) -> None:
    adder = Adder.load(SHIPPED / f"{name}.safetensors")
    assert adder.refused is None
    assert adder.proof is not None
    assert adder.proof.margin >= 3


def test_certificates_are_not_taken_for_weights(caplog: pytest.LogCaptureFixture) -> None:
    assert ranked_weights()
    assert not caplog.records


@pytest.mark.parametrize("name", ADDERS.values())
def test_the_card_belongs_to_the_weights(name: str) -> None:
    path = SHIPPED / f"{name}.safetensors"
    card = (SHIPPED / f"{name}.md").read_text(encoding="utf-8")
    adder = Adder.load(path)
    assert hashlib.sha256(path.read_bytes()).hexdigest() in card
    assert adder.weights in card
    assert adder.header is not None
    assert f"--recipe {name} --seed {adder.header.seed}" in card
    assert (adder.proof is not None) == (name in PROVEN)
    assert f"**{adder.proof.margin:.2f}**" in card if adder.proof else "not proven" in card
    assert path.stat().st_size < 4_000_000
