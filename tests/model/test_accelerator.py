"""Whether there may be a graphics processor, without asking torch."""

import ctypes
import subprocess
import sys

import pytest

from model import accelerator
from model.accelerator import device_name, may_have_accelerator
from model.errors import ModelError


def no_library(_: str) -> None:
    raise OSError("no such file")


def test_without_a_driver_the_processor_is_taken_and_torch_is_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", no_library)
    monkeypatch.setattr("model.device.choose_device", lambda _: pytest.fail("torch was asked"))
    assert device_name() == device_name("auto") == "cpu"


def test_with_a_driver_torch_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accelerator, "may_have_accelerator", lambda: True)
    monkeypatch.setattr("model.device.choose_device", lambda wanted: f"{wanted}:0")
    assert device_name("auto") == "auto:0"
    assert device_name("cpu") == "cpu"


def test_a_device_that_is_named_must_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(ModelError, match="'cuda' is not available here"):
        device_name("cuda")


@pytest.mark.parametrize(("platform", "machine", "found"), [("darwin", "arm64", True), ("darwin", "x86_64", False)])
def test_apples_own_processors_have_one(
    monkeypatch: pytest.MonkeyPatch, platform: str, machine: str, *, found: bool
) -> None:
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr("platform.machine", lambda: machine)
    assert may_have_accelerator() is found


def test_a_driver_is_one_that_can_be_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())
    assert may_have_accelerator()


TORCHLESS = """
import sys
import model

poet = model.Poet.load("data/models/poet.safetensors", device="cpu")
first, second = poet.compose("月", form="七绝", theme="秋夜", candidates=10, count=2, seed=7)
poet.compose("月", candidates=2, seed=1)
poet.compose_all([model.PoemRequest(form=first.form, held=("", *first.lines[1:]), seed=8, candidates=9)])
poet.suggest(first.lines, first.form, 1, 2)
assert model.check(first.text).strict
assert model.Adder.load("data/models/adder.safetensors").add("123", "456").text == "579"
print("torch" in sys.modules)
"""


def test_a_processor_writes_and_adds_without_torch() -> None:
    done = subprocess.run([sys.executable, "-c", TORCHLESS], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
