"""Where a network computes, and in which precision."""

import pytest
import torch

from model import device
from model.device import Precision, autocast, choose_device, choose_precision
from model.errors import ModelError
from tests.model.learning import CPU


def pretend(patch: pytest.MonkeyPatch, *, cuda: bool = False, mps: bool = False) -> None:
    patch.setattr(torch.cuda, "is_available", lambda: cuda)
    patch.setattr(torch.cuda, "device_count", lambda: int(cuda))
    patch.setattr(torch.backends.mps, "is_available", lambda: mps)


def test_auto_takes_the_fastest_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=True, mps=True)
    assert choose_device().type == "cuda"
    pretend(monkeypatch, mps=True)
    assert choose_device("auto").type == "mps"
    pretend(monkeypatch)
    assert choose_device() == CPU


def test_a_device_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=True)
    assert choose_device("cpu") == CPU
    assert choose_device("cuda") == torch.device("cuda")
    assert choose_device("cuda:0") == torch.device("cuda", 0)


@pytest.mark.parametrize("name", ["cuda", "cuda:1", "mps", "tpu", "", "cpu:first", "cpu:1", "cuda:", "cpu:1:2", "月"])
def test_a_device_that_is_not_there_is_refused_with_the_others(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    pretend(monkeypatch)
    with pytest.raises(ModelError, match=r"is not available here; choose auto or one of: cpu$"):
        choose_device(name)


def test_a_graphics_processor_beyond_the_last_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    pretend(monkeypatch, cuda=True)
    with pytest.raises(ModelError, match="'cuda:1' is not available here; choose auto or one of: cuda, cpu"):
        choose_device("cuda:1")


@pytest.mark.parametrize(
    ("seconds", "chosen"),
    [
        ({"float32": 1.0, "bfloat16": 0.5}, "bfloat16"),
        ({"float32": 1.0, "bfloat16": 0.95}, "float32"),
        ({"float32": 1.0, "bfloat16": None}, "float32"),
    ],
)
def test_the_precision_that_is_clearly_faster_and_works(
    monkeypatch: pytest.MonkeyPatch, seconds: dict[Precision, float | None], chosen: Precision
) -> None:
    def probe(_: torch.device, precision: Precision) -> float:
        found = seconds[precision]
        if found is None:
            raise RuntimeError("not implemented")
        return found

    monkeypatch.setattr(device, "_probe", probe)
    assert choose_precision(CPU) == chosen


def test_half_precision_is_tried_on_graphics_processors_only(monkeypatch: pytest.MonkeyPatch) -> None:
    times = {"float32": 1.0, "bfloat16": 0.5, "float16": 0.25}
    monkeypatch.setattr(device, "_probe", lambda _, precision: times[precision])
    assert choose_precision(torch.device("cuda")) == "float16"
    assert choose_precision(CPU) == "bfloat16"


def test_the_probe_measures_and_changes_no_random_number() -> None:
    torch.manual_seed(1)
    before = torch.get_rng_state()
    assert 0 < device._probe(CPU, "float32") < 60
    assert choose_precision(CPU) in {"float32", "bfloat16"}
    assert torch.equal(torch.get_rng_state(), before)


def test_a_result_that_is_not_finite_is_no_precision_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "isfinite", lambda tensor: torch.zeros_like(tensor, dtype=torch.bool))
    with pytest.raises(RuntimeError, match="bfloat16 gives no finite result on cpu"):
        device._probe(CPU, "bfloat16")


def test_autocast_is_on_for_shorter_numbers_only() -> None:
    rows = torch.ones(2, 2)
    with autocast(CPU, "bfloat16"):
        assert (rows @ rows).dtype is torch.bfloat16
    with autocast(CPU, "float32"):
        assert (rows @ rows).dtype is torch.float32
