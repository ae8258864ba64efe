"""A certificate proves what it says, and anything else is refused."""

import json
import shutil
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from model.__main__ import main
from model.addition import Adder
from model.addition.certificate import METADATA, Claim, _centred, _product, certificate_of, check, verify
from model.addition.certify import certify, worst_margin
from model.addition.command import PROVEN
from model.addition.pairs import draw_lengths, random_columns, true_columns
from model.errors import CertificateError, CheckpointError
from model.recipes import OperationName
from model.shipped import SHIPPED
from tests.conftest import write_adder

ADDER = SHIPPED / "adder.safetensors"
REAL_STATES = 100_000


class Parts:
    """Weights and certificate in memory, to be spoilt."""

    def __init__(self, weights: Path) -> None:
        self.tensors: dict[str, Any] = {k: v.astype(np.float64) for k, v in load_file(weights).items()}
        with safe_open(certificate_of(weights), framework="numpy") as file:
            self.claim = Claim.model_validate(json.loads(file.metadata()[METADATA]))
            self.low, self.high = file.get_tensor("low"), file.get_tensor("high")

    def check(self) -> float:
        return check(self.tensors, self.claim, self.low, self.high)


@pytest.fixture
def parts() -> Parts:
    return Parts(ADDER)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copy of the shipped weights, with their certificate."""
    for path in (ADDER, certificate_of(ADDER)):
        shutil.copy(path, tmp_path)
    return tmp_path / ADDER.name


@pytest.mark.parametrize("name", PROVEN)
def test_the_shipped_certificates_hold(name: str) -> None:
    weights = SHIPPED / f"{name}.safetensors"
    proof = verify(weights)
    assert Parts(weights).check() >= proof.margin >= 3
    assert proof.statement.startswith(f"{name}: proven exact")


def spoil_weight(tensor: str, place: tuple[int, ...], by: float = 1e-2) -> Callable[[Parts], None]:
    def spoil(parts: Parts) -> None:
        parts.tensors[tensor][place] += by

    return spoil


def flip(tensor: str, place: tuple[int, ...]) -> Callable[[Parts], None]:
    def spoil(parts: Parts) -> None:
        parts.tensors[tensor][place] *= -1

    return spoil


def shrink(parts: Parts) -> None:
    centre, radius = (parts.low[120] + parts.high[120]) / 2, (parts.high[120] - parts.low[120]) / 2
    parts.low[120], parts.high[120] = centre - 0.5 * radius, centre + 0.5 * radius


def drop(rows: slice) -> Callable[[Parts], None]:
    def spoil(parts: Parts) -> None:
        parts.low, parts.high = (np.delete(ends, rows, axis=0) for ends in (parts.low, parts.high))

    return spoil


def put(place: tuple[int, ...], value: float) -> Callable[[Parts], None]:
    def spoil(parts: Parts) -> None:
        parts.high[place] = value

    return spoil


def say(**values: Any) -> Callable[[Parts], None]:
    def spoil(parts: Parts) -> None:
        parts.claim = parts.claim.model_copy(update=values)

    return spoil


def swap(parts: Parts) -> None:
    parts.low, parts.high = parts.high, parts.low


def strongest(parts: Parts) -> tuple[int, ...]:
    weights = np.abs(parts.tensors["recurrent.weight"])
    return tuple(int(axis) for axis in np.unravel_index(weights.argmax(), weights.shape))


def spoil_recurrence(parts: Parts) -> None:
    parts.tensors["recurrent.weight"][strongest(parts)] += 1e-2


def flip_recurrence(parts: Parts) -> None:
    parts.tensors["recurrent.weight"][strongest(parts)] *= -1


def half_precision(parts: Parts) -> None:
    parts.low = parts.low.astype(np.float16)


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (spoil_recurrence, "leave the boxes"),
        (spoil_weight("input.weight", (3, 5)), "leave the boxes"),
        (spoil_weight("input.bias", (7,)), "leave the boxes"),
        (spoil_weight("embedding.weight", (4, 2)), "leave the boxes"),
        (spoil_weight("first", (0,), 0.5), "leave the boxes"),
        (spoil_weight("output.bias", (0,), -10.0), "leads by"),
        (flip_recurrence, "leave the boxes"),
        (flip("input.weight", (0, 0)), "leave the boxes"),
        (shrink, "leave the boxes"),
        (drop(slice(299, 300)), "missing"),
        (drop(slice(200, 300)), "missing"),
        (drop(slice(100, 200)), "missing"),
        (drop(slice(0, 30)), "missing"),
        (put((5, 5), np.nan), "no number"),
        (put((5, 5), np.inf), "no number"),
        (put((5, 5), 3.0), "larger than any state"),
        (swap, "empty"),
        (half_precision, "wrong size"),
        (say(margin=50.0), "leads by"),
        (say(error=1e-16), "less than float64's"),
        (say(error=1e-3), "leave the boxes"),
        (say(operation="subtract"), "leave the boxes|leads by"),
    ],
)
def test_what_proves_nothing_is_refused(parts: Parts, spoil: Callable[[Parts], None], reason: str) -> None:
    parts.check()
    spoil(parts)
    with pytest.raises(CertificateError, match=reason):
        parts.check()


def test_no_weight_can_be_moved_unnoticed(copied: Path) -> None:
    content = bytearray(copied.read_bytes())
    content[-5] ^= 1
    copied.write_bytes(content)
    with pytest.raises(CertificateError, match="belongs to other weights"):
        verify(copied)


def rewrite(weights: Path, /, **changes: Any) -> None:
    parts = Parts(weights)
    claim = parts.claim.model_dump() | changes
    save_file({"low": parts.low, "high": parts.high}, certificate_of(weights), {METADATA: json.dumps(claim)})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": "0" * 64}, "belongs to other weights"),
        ({"weights": "none"}, "damaged"),
        ({"operation": "subtract"}, "another operation"),
        ({"operation": "multiply"}, "damaged"),
        ({"cell": "gru"}, "damaged"),
        ({"precision": "float32"}, "damaged"),
        ({"order": "another"}, "damaged"),
        ({"format_version": 2}, "damaged"),
        ({"margin": float("nan")}, "damaged"),
        ({"margin": float("inf")}, "damaged"),
        ({"margin": -1.0}, "damaged"),
        ({"margin": 30.0}, "refused: a right digit leads by"),
    ],
)
def test_false_claims_are_refused(copied: Path, changes: dict[str, Any], reason: str) -> None:
    rewrite(copied)
    verify(copied)
    rewrite(copied, **changes)
    with pytest.raises(CertificateError, match=reason):
        verify(copied)


@pytest.mark.parametrize("content", [b"", b"x" * 1000, b"\x08\0\0\0\0\0\0\0{}      "])
def test_a_file_that_is_no_certificate_is_refused(copied: Path, content: bytes) -> None:
    certificate_of(copied).write_bytes(content)
    with pytest.raises(CertificateError, match="no certificate"):
        verify(copied)


def test_weights_are_no_certificate(copied: Path) -> None:
    shutil.copy(copied, certificate_of(copied))
    with pytest.raises(CertificateError, match="no certificate"):
        verify(copied)


def test_a_foreign_certificate_is_told_and_the_weights_still_work(
    copied: Path, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.copy(certificate_of(SHIPPED / "subtractor.safetensors"), certificate_of(copied))
    adder = Adder.load(copied)
    assert adder.proof is None
    assert "other weights" in str(adder.refused)
    assert "A certificate is refused" in caplog.text
    assert adder.add("99", "1").text == "100"


def test_weights_without_a_certificate_work_and_are_not_proven(copied: Path) -> None:
    certificate_of(copied).unlink()
    adder = Adder.load(copied)
    assert adder.proof is None
    assert adder.refused is None
    assert adder.add("99", "1").text == "100"
    with pytest.raises(CertificateError, match="no certificate"):
        verify(copied)


@pytest.mark.parametrize("name", PROVEN)
def test_real_states_lie_in_their_boxes(name: str) -> None:
    assert states_in_their_boxes(name, seed=3) >= REAL_STATES


@pytest.mark.soak
@pytest.mark.parametrize("name", PROVEN)
def test_a_million_real_states_lie_in_their_boxes(name: str) -> None:
    assert sum(states_in_their_boxes(name, seed) for seed in range(10)) >= 1_000_000


def states_in_their_boxes(name: str, seed: int) -> int:
    """How many states of random numbers were looked at; every one of them is in its box."""
    weights = SHIPPED / f"{name}.safetensors"
    network, parts, random = Adder.load(weights)._network, Parts(weights), np.random.default_rng(seed)
    operation = network.operation
    powers = 10 ** np.arange(operation.operands - 1, -1, -1)
    seen = 0
    for columns in (
        draw_lengths(random, operation, REAL_STATES // 100, 49),
        random_columns(random, operation, REAL_STATES // 100, 49),
    ):
        _, handed_on = true_columns(operation, columns)
        states = network.read(columns, network.begin(columns.shape[1]))
        incoming = np.vstack([np.full((1, columns.shape[1]), operation.carries), handed_on[:-1]])
        rows = columns @ powers + incoming * 10**operation.operands
        assert (states >= parts.low[rows]).all()
        assert (states <= parts.high[rows]).all()
        seen += rows.size
    return seen


def test_weights_that_may_err_are_not_certified(tmp_path: Path) -> None:
    path = tmp_path / "forgetful.safetensors"
    write_adder(path, carries=False)
    with pytest.raises(CertificateError, match="wrong digit may lead"):
        certify(path)
    assert not certificate_of(path).exists()
    assert worst_margin(Adder.load(path)._network) < 0


def test_weights_written_by_hand_are_proven(tmp_path: Path) -> None:
    path = tmp_path / "adder.safetensors"
    write_adder(path)
    proof = certify(path)
    assert proof.margin > 4
    assert Adder.load(path).proof == verify(path) == proof


@pytest.mark.parametrize(("operation", "boxes"), [("subtract", 300), ("add-3", 4000)])
def test_every_operation_can_be_proven(tmp_path: Path, operation: OperationName, boxes: int) -> None:
    path = tmp_path / "adder.safetensors"
    write_adder(path, operation)
    proof = certify(path)
    assert proof.boxes == boxes
    assert proof.margin > 4


def test_a_certificate_needs_weights(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError):
        verify(tmp_path / "none.safetensors")


def test_the_command_tells_what_is_proven(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == list(PROVEN)


def test_the_command_is_loud_where_nothing_is_proven(copied: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rewrite(copied, margin=30.0)
    assert main(["verify", str(copied), str(ADDER)]) == 1
    captured = capsys.readouterr()
    assert "NOT PROVEN" in captured.err
    assert "adder: proven exact" in captured.out
    assert main(["add", "1", "2", "--weights", str(copied)]) == 0
    assert "NOT PROVEN" in capsys.readouterr().out


UNITS = st.floats(-1, 1)


@given(st.integers(1, 5), st.integers(0, 2**32), st.floats(1e-12, 1), st.floats(1e-3, 1e6))
@settings(deadline=None, max_examples=60)
def test_rounding_goes_outward(hidden: int, seed: int, width: float, scale: float) -> None:
    """Against exact rational arithmetic: the bounds hold what they are bounds of, at every corner."""
    random = np.random.default_rng(seed)
    recurrent = random.normal(size=(hidden, hidden)) * scale ** random.uniform(-1, 1, size=(hidden, hidden))
    low = random.uniform(-1, 1, size=(1, hidden))
    high = low + width * random.random((1, hidden))
    below, above, _ = _product(*_centred(low, high), recurrent)
    for unit in range(hidden):
        ends = [
            sorted(Fraction(float(end[0, row])) * Fraction(float(recurrent[row, unit])) for end in (low, high))
            for row in range(hidden)
        ]
        assert Fraction(float(below[0, unit])) <= sum(least for least, _ in ends)
        assert Fraction(float(above[0, unit])) >= sum(most for _, most in ends)


@given(UNITS, UNITS)
def test_centre_and_radius_reach_both_ends(a: float, b: float) -> None:
    low, high = np.array([min(a, b)]), np.array([max(a, b)])
    centre, radius = (Fraction(float(part[0])) for part in _centred(low, high))
    assert centre - radius <= Fraction(float(low[0]))
    assert centre + radius >= Fraction(float(high[0]))
