import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import model.addition
from model import checkpoint
from model.addition import Adder, Addition
from model.addition import adder as adder_module
from model.addition.folded import AdderConfiguration
from model.addition.network import AdderNetwork, folded_of
from model.addition.numbers import digit_columns, true_result, written
from model.addition.operations import OPERATIONS
from model.addition.pairs import true_columns
from model.errors import BadNumber, CheckpointError
from model.header import Header, fingerprint

NUMBERS = st.from_regex("[0-9]{1,12}", fullmatch=True)


def untrained(seed: int) -> Adder:
    torch.manual_seed(seed)
    return Adder(folded_of(AdderNetwork(AdderConfiguration(embedding=4, hidden=8))))


def test_a_trained_network_adds(adder: Adder, run: Path) -> None:
    addition = adder.add("123", "458")
    assert addition.operands == ("123", "458")
    assert addition.text == addition.expected == "581"
    assert addition.correct
    assert addition.digits == (1, 8, 5, 0)
    assert addition.carries == (1, 0, 0, 0)
    assert addition.weights == adder.weights == fingerprint(run / "weights.safetensors")


@given(NUMBERS, NUMBERS)
@settings(deadline=None)
def test_all_parts_of_an_addition_fit_together(adder: Adder, a: str, b: str) -> None:
    addition = adder.add(a, b)
    width = max(len(a), len(b)) + 1
    assert addition.operands == (a, b)
    assert len(addition.digits) == len(addition.carries) == len(addition.margins) == len(addition.confidences) == width
    assert addition.text == written(addition.digits)
    assert addition.expected == str(int(a) + int(b))
    assert addition.correct == (addition.text == addition.expected)
    assert all(margin >= 0 for margin in addition.margins)
    assert all(0.1 <= confidence <= 1 for confidence in addition.confidences)
    assert set(addition.carries) <= {0, 1}


@given(st.integers(0, 2**31), NUMBERS, NUMBERS)
@settings(deadline=None, max_examples=30)
def test_untrained_weights_are_no_help_from_python(seed: int, a: str, b: str) -> None:
    """The answer is the network's: without training it is right in a column by chance alone."""
    addition = untrained(seed).add(a, b)
    right, _ = true_columns(OPERATIONS["add"], digit_columns(a, b)[:, None])
    assert addition.correct == (list(addition.digits) == right[:, 0].tolist())


def test_untrained_weights_add_wrongly() -> None:
    additions = [untrained(seed).add("123456", "654321") for seed in range(20)]
    assert not any(addition.correct for addition in additions)
    assert {addition.expected for addition in additions} == {"777777"}


def test_the_true_sum_never_reaches_the_answer(adder: Adder, monkeypatch: pytest.MonkeyPatch) -> None:
    before = adder.add("123", "458")
    monkeypatch.setattr(adder_module, "true_result", lambda *_: "0")
    after = adder.add("123", "458")
    assert after.digits == before.digits
    assert after.margins == before.margins
    assert after.expected == "0"
    assert not after.correct


def test_leading_zeros_and_different_lengths(adder: Adder) -> None:
    addition = adder.add("007", "１２")
    assert addition.operands == ("007", "12")
    assert addition.text == "19"
    assert adder.add("0", "000").text == "0"


@given(st.integers(1, 400), st.integers(1, 40), st.integers(0, 2**31))
@settings(deadline=None, max_examples=20)
def test_pieces_make_no_difference(length: int, chunk: int, seed: int) -> None:
    network = untrained(seed % 10)
    a, b = str(seed) * length, str(seed + 7) * length
    whole = network.add(a, b)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adder_module, "CHUNK_COLUMNS", chunk)
        pieces = network.add(a, b)
    assert pieces.digits == whole.digits
    assert pieces.carries == whole.carries
    assert pieces.margins == pytest.approx(whole.margins, abs=1e-9)


def test_thousands_of_digits(adder: Adder) -> None:
    addition = adder.add("12" * 6_000, "3" * 9_000)
    assert len(addition.digits) == 12_001
    assert addition.expected == true_result((1, 1), "12" * 6_000, "3" * 9_000)


@pytest.mark.parametrize(
    ("numbers", "reason"),
    [
        ((), "too_few"),
        (("1",), "too_few"),
        (("1", "2", "3"), "too_many"),
        (("1", "-2"), "negative"),
        (("1.5", "2"), "decimal"),
        (("", "2"), "empty"),
        (("1", "1 2"), "spaces"),
        (("1", "two"), "not_a_number"),
        (("1", "2" * 1_000_001), "too_long"),
    ],
)
def test_bad_numbers_are_refused(adder: Adder, numbers: tuple[str, ...], reason: str) -> None:
    with pytest.raises(BadNumber) as caught:
        adder.add(*numbers)
    assert caught.value.reason == reason


def test_threads_may_share_an_adder(adder: Adder) -> None:
    pairs = [(str(a), str(b)) for a in range(0, 500, 7) for b in (3, 99, 455)]
    alone = [adder.add(a, b) for a, b in pairs]
    with ThreadPoolExecutor(4) as pool:
        together: list[Addition] = list(pool.map(lambda pair: adder.add(*pair), pairs))
    assert together == alone


def test_weights_with_a_damaged_configuration_are_refused(tmp_path: Path) -> None:
    network = AdderNetwork(AdderConfiguration(embedding=4, hidden=8))
    header = Header(
        kind="adder", configuration={"embedding": 4, "hidden": 10**9}, recipe="adder", corpus="none", seed=0, step=0
    )
    path = tmp_path / "adder.safetensors"
    checkpoint.save(path, checkpoint.parameters_of(network), header)
    with pytest.raises(CheckpointError, match=r"adder\.safetensors.*configuration.*hidden"):
        Adder.load(path)


def test_weights_of_another_shape_are_refused(tmp_path: Path) -> None:
    network = AdderNetwork(AdderConfiguration(embedding=4, hidden=8))
    header = Header(
        kind="adder", configuration={"embedding": 4, "hidden": 9}, recipe="adder", corpus="none", seed=0, step=0
    )
    path = tmp_path / "adder.safetensors"
    checkpoint.save(path, checkpoint.parameters_of(network), header)
    with pytest.raises(CheckpointError, match=r"adder\.safetensors"):
        Adder.load(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match=r"nowhere\.safetensors"):
        Adder.load(tmp_path / "nowhere.safetensors")


def test_names_are_imported_when_first_used() -> None:
    code = (
        "import sys, model.addition as m; assert 'numpy' not in sys.modules; m.Adder; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    with pytest.raises(AttributeError, match="Subtracter"):
        _ = model.addition.Subtracter


def test_an_adder_adds_and_a_subtractor_subtracts(adder: Adder) -> None:
    subtractor = Adder(folded_of(AdderNetwork(AdderConfiguration(operation="subtract", embedding=4, hidden=8))))
    with pytest.raises(ValueError, match=r"call add"):
        adder.subtract("2", "1")
    with pytest.raises(ValueError, match=r"call subtract"):
        subtractor.add("2", "1")
    assert subtractor.subtract("20", "1").expected == "19"
    with pytest.raises(BadNumber) as caught:
        subtractor.subtract("1", "20")
    assert caught.value.reason == "below_zero"
