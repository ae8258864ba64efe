"""Whether there may be a graphics processor, without asking torch."""

import ctypes
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
